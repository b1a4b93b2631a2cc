"""Field selectors: parsed and matched by the fields that each kind supports.

https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.requests.statuses import bad_request_error
from simulator.schemas.resources import Object, Resource

Reader = Callable[[Object], str]
NAMES = ("metadata.name", "metadata.namespace")


@dataclass(frozen=True)
class Term:
    """`read` is the field's value as text; a text that is not there is ""."""

    field: str
    value: str
    is_equal: bool
    read: Reader

    def holds(self, thing: Object) -> bool:
        return (self.read(thing) == self.value) is self.is_equal


def _path_reader(*path: str, default: str = "") -> Reader:
    def read(thing: Object) -> str:
        value: Any = thing
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return default
        return {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else str(value)

    return read


def _same(*paths: str, **defaults: str) -> dict[str, Reader]:
    """Fields that are called by their path."""
    return {
        path: _path_reader(*path.split("."), default=defaults.get(path.rpartition(".")[2], ""))
        for path in paths
    }


def _event_source(thing: Object) -> str:
    return (thing.get("source") or {}).get("component") or thing.get("reportingComponent") or ""


def _read_nothing(thing: Object) -> str:
    return ""


_ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_POD = _same(
    "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
    "status.phase", "status.podIP", "status.nominatedNodeName", hostNetwork="false",
) | {"status.podIPs": _read_nothing}  # fmt: skip
_EVENT = {f"involvedObject.{name}": _path_reader("involvedObject", name) for name in _ABOUT} | {
    "reason": _path_reader("reason"), "reportingComponent": _path_reader("reportingComponent"), "source": _event_source,
    "type": _path_reader("type"),
}  # fmt: skip
_REGARDING = {f"regarding.{name}": _path_reader("involvedObject", name) for name in _ABOUT} | {
    "reason": _path_reader("reason"), "reportingController": _path_reader("reportingComponent"),
    "type": _path_reader("type"),
}  # fmt: skip
FIELDS: dict[tuple[str, str], dict[str, Reader]] = {
    ("", "pods"): _POD,
    ("", "events"): _EVENT,
    ("events.k8s.io", "events"): _REGARDING,
    ("", "secrets"): _same("type"),
    ("", "namespaces"): _same("status.phase") | {"name": _path_reader("metadata", "name")},
    ("", "nodes"): _same("spec.unschedulable", unschedulable="false"),
    ("", "replicationcontrollers"): _same("status.replicas", replicas="0"),
    ("", "services"): _same("spec.clusterIP", "spec.type"),
    ("batch", "jobs"): _same("status.successful")
    | {"status.successful": _path_reader("status", "succeeded", default="0")},
    ("certificates.k8s.io", "certificatesigningrequests"): _same("spec.signerName"),
    ("resource.k8s.io", "resourceslices"): _same("spec.nodeName", "spec.driver"),
}
# Kinds whose complaint about an unknown field is `field label not supported: x`.
_OWN_COMPLAINT = {*FIELDS}


def parse(text: str, resource: Resource) -> list[Term]:
    """Raises the 400 of the API server."""
    return [_term(part, text, resource) for part in _split(text) if part]


def _split(text: str) -> list[str]:
    """At commas that no backslash stands before."""
    parts, current, position = [], "", 0
    while position < len(text):
        letter = text[position]
        if letter == "\\" and position + 1 < len(text):
            current += text[position : position + 2]
            position += 2
            continue
        if letter == ",":
            parts.append(current)
            current = ""
        else:
            current += letter
        position += 1
    return [*parts, current]


def _term(part: str, whole: str, resource: Resource) -> Term:
    for sign in ("!=", "==", "="):
        field, found, value = part.partition(sign)
        if found and (sign != "=" or "!" not in field[-1:]):
            return Term(field, _unescape(value), sign != "!=", _reader(field, resource))
    raise bad_request_error(f"invalid selector: '{whole}'; can't understand '{part}'")


def _unescape(value: str) -> str:
    found, letters = "", iter(value)
    for letter in letters:
        if letter == "\\":
            letter = next(letters, "")  # noqa: PLW2901 - the escaped one
            if letter not in ("\\", ",", "="):
                raise bad_request_error(f"invalid field selector: invalid escape sequence: \\{letter}")
        elif letter in ",=":
            raise bad_request_error(f"invalid field selector: unescaped character in value: {ord(letter)}")
        found += letter
    return found


def _reader(field: str, resource: Resource) -> Reader:
    own = _selectable(resource) if resource.definition else FIELDS.get((resource.group, resource.plural), {})
    if field in own:
        return own[field]
    if field == "metadata.name" or (field == "metadata.namespace" and resource.is_namespaced):
        return _path_reader(*field.split("."))
    if (resource.group, resource.plural) == ("batch", "jobs"):
        raise bad_request_error(f'field label "{field}" not supported for Job')
    if field in NAMES or resource.definition or (resource.group, resource.plural) in _OWN_COMPLAINT:
        raise bad_request_error(f"field label not supported: {field}")
    raise bad_request_error(
        f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


def _selectable(resource: Resource) -> dict[str, Reader]:
    """A CRD's selectableFields: simple paths. https://kep.k8s.io/4358"""
    paths = [
        one["jsonPath"].removeprefix(".") for one in resource.custom_version.get("selectableFields") or ()
    ]
    return _same(*paths)
