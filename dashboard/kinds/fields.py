"""Field accessors: reads paths of raw objects, tolerant of missing and wrongly typed parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KubernetesObject = Mapping[str, Any]  # as the API server sends it, or masked

NOTHING: Mapping[str, Any] = {}


def dig(value: Any, *path: str) -> Any:
    """What is at the path; None where a part is missing or is no mapping."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at the path; an empty one where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, Mapping) else NOTHING


def mappings(value: Any, *path: str) -> Sequence[Mapping[str, Any]]:
    """The mappings in the list at the path."""
    found = dig(value, *path)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def text(value: Any, *path: str) -> str:
    """The string at the path, numbers and booleans as JSON spells them; empty for anything else."""
    found = dig(value, *path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else ""


def texts(value: Any, *path: str) -> Sequence[str]:
    """The strings in the list at the path."""
    found = dig(value, *path)
    return [entry for entry in found if isinstance(entry, str)] if isinstance(found, list) else []


def number(value: Any, *path: str) -> int | None:
    """The whole number at the path; None where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def name_of(found: KubernetesObject) -> str:
    """`metadata.name`."""
    return text(found, "metadata", "name")


def namespace_of(found: KubernetesObject) -> str:
    """`metadata.namespace`; empty for cluster-scoped objects."""
    return text(found, "metadata", "namespace")


def group_of(api_version: str) -> str:
    """The API group in an `apiVersion`; empty for the core group."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""
