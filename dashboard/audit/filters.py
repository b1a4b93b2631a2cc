"""Filters of the audit trail: the query of the page's URL, parsed and validated field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.utils.translation import gettext as _

from clusters.api.paths import is_dns_label
from people.audit.models import Result
from people.audit.sanitizing import sanitize_text
from people.audit.time_range import InvalidTime, format_utc, parse_time_range

LONGEST = 300  # characters of a field
ONE_MICROSECOND = timedelta(microseconds=1)

_VERB = re.compile(r"[a-z]{1,20}(-[a-z]{1,20}){0,3}")
_KIND = re.compile(r"([a-z0-9-]{1,63})((?:\.[a-z0-9-]{1,63}){0,20})(?:/([a-z]{1,63}))?")
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


class InvalidValue(ValueError):
    """A field's value that nothing can have; its words are for the person."""


@dataclass(frozen=True)
class AuditFilter:
    """What has to match; an empty field matches everything. `until` is exclusive."""

    person: str = ""
    cluster: str = ""
    verb: str = ""
    resource: str = ""
    group: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, *, own: bool) -> Q:
        """The conditions that a request and its result share: all but result and time.

        Of `own` rows alone no condition may be answered by an index that holds everybody's rows: how long that takes
        would tell how much others did there.
        """
        equal = ("person", "cluster", "verb", "resource", "group", "subresource", "namespace")
        found = Q()
        for name in equal:
            if getattr(self, name):
                found &= equals(name, getattr(self, name), own=own)
        if not self.name:
            return found
        named = equals("name", self.name, own=own)
        # what is ours has a kind before its name, "team shop"
        return found & (named | Q(target=self.name) if " " in self.name else named)

    def covers(self, when: datetime) -> bool:
        """Whether an action at this time matches."""
        return (self.since is None or when >= self.since) and (self.until is None or when < self.until)


def equals(name: str, value: str, *, own: bool) -> Q:
    """A field's value; where `own`, in words that no index answers."""
    return Q(Exact(Coalesce(F(name), Value("")), Value(value))) if own else Q(**{name: value})


@dataclass(frozen=True)
class AuditQuery:
    """A query as it was typed, what it means, and by field what is wrong with it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    filter: AuditFilter = field(default_factory=AuditFilter)
    errors: Mapping[str, str] = field(default_factory=dict)

    def query(self, **others: str) -> str:
        """The URL's query: everything that was typed, and `others`, without what is empty."""
        pairs = {**self.typed, **others}
        return urlencode([(name, value) for name, value in pairs.items() if value])

    def fix_times(self, now: datetime) -> AuditQuery:
        """The same up to `now` and in exact times, so that files fetched one after the other belong together."""
        until = min(self.filter.until or now, now)
        exact = {"to": format_utc(until - ONE_MICROSECOND)}
        if self.filter.since is not None:
            exact["from"] = format_utc(self.filter.since)
        return replace(self, typed={**self.typed, **exact}, filter=replace(self.filter, until=until))


def parse_query(query: QueryDict, now: datetime) -> AuditQuery:
    """Read the query. A value that cannot be is an error of its field; it stays as it was typed."""
    typed: dict[str, str] = {}
    errors: dict[str, str] = {}
    found: dict[str, object] = {}
    for name, read in _PARSERS.items():
        text = query.get(name, "").strip()[: LONGEST + 1]
        if not text:
            continue
        typed[name] = text
        try:
            found.update(read(text, now))
        except InvalidValue as error:
            errors[name] = str(error)
    entry_filter = AuditFilter(**found)  # type: ignore[arg-type]
    if not errors and entry_filter.since and entry_filter.until and entry_filter.since >= entry_filter.until:
        errors["to"] = _("“To” is before “From”, so nothing can match.")
    return AuditQuery(typed, entry_filter, errors)


def _parse_person(text: str, _now: datetime) -> dict[str, object]:
    return {"person": _limit_length(text, 150)}


def _parse_cluster(text: str, _now: datetime) -> dict[str, object]:
    if not is_dns_label(text):
        raise InvalidValue(_("Enter a cluster ID as in its URLs, e.g. prod-eu."))
    return {"cluster": text}


def _parse_verb(text: str, _now: datetime) -> dict[str, object]:
    if not _VERB.fullmatch(text):
        raise InvalidValue(_("Enter one verb in lowercase, e.g. patch, delete or sign-in."))
    return {"verb": text}


def _parse_kind(text: str, _now: datetime) -> dict[str, object]:
    """`deployments`, `deployments.apps`, `pods/exec`, or the kind's own name: `Deployment`."""
    if _CAMEL.fullmatch(text):
        return {"resource": plural(text)}
    found = _KIND.fullmatch(text)
    if not found:
        raise InvalidValue(
            _("Enter a resource, e.g. deployments, deployments.apps, pods/exec or Deployment.")
        )
    resource, group, subresource = found.groups()
    return {"resource": resource, "group": group.removeprefix("."), "subresource": subresource or ""}


def _parse_namespace(text: str, _now: datetime) -> dict[str, object]:
    if not is_dns_label(text):
        raise InvalidValue(_("A namespace name has lowercase letters, digits and hyphens, at most 63."))
    return {"namespace": text}


def _parse_name(text: str, _now: datetime) -> dict[str, object]:
    return {"name": _limit_length(text, 253)}


def _parse_result(text: str, _now: datetime) -> dict[str, object]:
    if text not in Result.values:
        raise InvalidValue(_("The result must be ok, denied, failed or unknown."))
    return {"result": text}


def _parse_from(text: str, now: datetime) -> dict[str, object]:
    return {"since": _parse_time(text, now)[0]}


def _parse_to(text: str, now: datetime) -> dict[str, object]:
    """Up to the end of what is named: `to` a day means all of that day."""
    return {"until": _parse_time(text, now)[1]}


_PARSERS: dict[str, Callable[[str, datetime], dict[str, object]]] = {
    "person": _parse_person,
    "cluster": _parse_cluster,
    "verb": _parse_verb,
    "kind": _parse_kind,
    "namespace": _parse_namespace,
    "name": _parse_name,
    "result": _parse_result,
    "from": _parse_from,
    "to": _parse_to,
}
FIELDS = tuple(_PARSERS)


def plural(kind: str) -> str:
    """The resource of a kind by apimachinery's own guess (meta.UnsafeGuessKindToResource)."""
    word = kind.lower()
    if word.endswith("endpoints"):
        return word
    if word.endswith("s"):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def _limit_length(text: str, limit: int) -> str:
    """As the audit trail stores text: invisible characters escaped."""
    if len(text) > limit:
        raise InvalidValue(_("Too long: at most {limit} characters.").format(limit=limit))
    return sanitize_text(text, LONGEST * 10)


def _parse_time(text: str, now: datetime) -> tuple[datetime, datetime]:
    try:
        found = parse_time_range(text, now)
    except InvalidTime:
        raise InvalidValue(
            _(
                "Enter a UTC time such as 2026-07-01 10:00, 2026-07-01 or 2026-07, or a relative time such as "
                "2h or 3d."
            )
        ) from None
    return found.start, found.end
