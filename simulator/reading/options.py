"""Query options of list and watch: parsed and validated as the API server does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.reading import fields, labels
from simulator.requests.info import Query
from simulator.requests.statuses import Cause, StatusError, bad_request_error, invalid_error, status_error
from simulator.schemas.resources import Object, Resource

_OPTIONS = Resource("meta.k8s.io", "v1", "listoptions", "listoptions", "ListOptions", False, ())
MATCHES = ("Exact", "NotOlderThan", "")


@dataclass(frozen=True)
class Selection:
    """Selection of objects by labels and fields."""

    labels: list[labels.Requirement]
    fields: list[fields.Term]

    def holds(self, thing: Object) -> bool:
        return labels.matches(self.labels, thing["metadata"].get("labels")) and all(
            one.holds(thing) for one in self.fields
        )

    @property
    def is_all(self) -> bool:
        return not self.labels and not self.fields


@dataclass(frozen=True)
class ListOptions:
    selection: Selection
    limit: int = 0
    token: str = ""  # `continue`
    revision: str = ""
    match: str = ""
    is_watch: bool = False
    sends_initial: bool | None = None
    bookmarks: bool = False
    seconds: int | None = None  # timeoutSeconds

    @property
    def number(self) -> int:
        """The resourceVersion as a number; 0 where there is none."""
        return int(self.revision or 0)


def read_options(query: Query, resource: Resource, *, is_watch: bool = False) -> ListOptions:
    """Raises the 400 or 422 of the API server."""
    options = ListOptions(
        selection(query, resource),
        _number(query, "limit"),
        query.get("continue"),
        query.get("resourceVersion"),
        query.get("resourceVersionMatch"),
        is_watch,
        query.flag("sendInitialEvents") if query.get("sendInitialEvents") else None,
        query.flag("allowWatchBookmarks"),
        _number(query, "timeoutSeconds") if query.get("timeoutSeconds") else None,
    )
    cause = _complaint(options)
    if cause is not None and is_watch and options.match == "Exact":
        message = 'Unsupported value: "Exact": supported values: "NotOlderThan"'
        raise invalid_error(
            _OPTIONS, "", [cause, Cause("FieldValueNotSupported", message, "resourceVersionMatch")]
        )
    if cause is not None:
        raise invalid_error(_OPTIONS, "", [cause])
    if options.revision and not re.fullmatch(r"\d+", options.revision):
        raise _no_number(options)
    return options


def selection(query: Query, resource: Resource) -> Selection:
    return Selection(
        labels.parse(query.get("labelSelector")), fields.parse(query.get("fieldSelector"), resource)
    )


def _number(query: Query, name: str) -> int:
    text = query.get(name)
    if not re.fullmatch(r"[+-]?\d+|", text):
        raise bad_request_error(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text or 0)


def _complaint(one: ListOptions) -> Cause | None:  # noqa: PLR0911 - a list of rules
    if one.is_watch and one.sends_initial is not None:
        if one.match != "NotOlderThan":
            return _not(
                "resourceVersionMatch",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            )
        return None
    if one.is_watch:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        return _not("resourceVersionMatch", why) if one.match else None
    if one.sends_initial is not None:
        return _not("sendInitialEvents", "sendInitialEvents is forbidden for list")
    if not one.match:
        return None
    if not one.revision:
        return _not(
            "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
    if one.token:
        return _not("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
    if one.match not in MATCHES:
        known = ", ".join(f'"{name}"' for name in MATCHES)
        message = f'Unsupported value: "{one.match}": supported values: {known}'
        return Cause("FieldValueNotSupported", message, "resourceVersionMatch")
    if one.match == "Exact" and one.revision == "0":
        return _not(
            "resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        )
    return None


def _not(field: str, why: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _no_number(one: ListOptions) -> StatusError:
    parsing = f'strconv.ParseUint: parsing "{one.revision}": invalid syntax'
    message = f'resourceVersion: Invalid value: "{one.revision}": {parsing}'
    if one.is_watch:
        return StatusError(500, message)
    return status_error(400, f"invalid resource version: {message}")
