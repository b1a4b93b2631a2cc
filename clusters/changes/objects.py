"""Objects as they are edited: without what only the server sets, and what identifies the version that was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.discovery import Resource

KubernetesObject = Mapping[str, Any]
MISSING: Any = type("Missing", (), {"__repr__": lambda _self: "MISSING"})()  # where there is no value

# What an update cannot change, or the server sets anew: https://kubernetes.io/docs/reference/kubernetes-api/
# common-definitions/object-meta/. An update that leaves it out keeps it; resourceVersion and uid are sent beside it.
SERVER_METADATA = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


@dataclass(frozen=True)
class Version:
    """The object and the version of it that somebody looked at."""

    resource_version: str
    uid: str


def version_of(found: KubernetesObject) -> Version:
    """The version of an object that came from the API server."""
    metadata = metadata_of(found)
    return Version(str(metadata.get("resourceVersion") or ""), str(metadata.get("uid") or ""))


def metadata_of(found: KubernetesObject) -> Mapping[str, Any]:
    """Its metadata; empty where it has none, or what is none."""
    metadata = found.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def strip_server_fields(found: KubernetesObject, resource: Resource) -> dict[str, Any]:
    """The object as it is edited. Its status is left out where an update ignores it: it is a subresource there."""
    stripped = dict(found)
    if "status" in resource.subresources:
        stripped.pop("status", None)
    if isinstance(found.get("metadata"), Mapping):
        stripped["metadata"] = {
            key: value for key, value in metadata_of(found).items() if key not in SERVER_METADATA
        }
    return stripped


def is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(is_same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other)


def value_at(found: Any, path: Sequence[str]) -> Any:
    """The value at the path; MISSING where there is none."""
    for step in path:
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return MISSING
    return found
