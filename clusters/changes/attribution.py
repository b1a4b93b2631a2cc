"""Attribution: whose each changed path is, and which field managers own it already.

An update's managedFields are computed before admission mutates the object and after the server set its defaults. So
of a path that was not typed, what the dry run's own manager owns is a default, and what nobody new owns was changed by
an admission webhook or a mutating policy
(https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/endpoints/handlers/update.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clusters.changes.managed_fields import Manager, Ownership, find_owners
from clusters.changes.objects import MISSING, is_same, value_at
from clusters.changes.updates import FIELD_MANAGER
from clusters.changes.yaml_values import Path

Author = Literal["typed", "default", "admission", "typed or default", "unowned"]
Operation = Literal["Apply", "Update"]


@dataclass(frozen=True)
class Attribution:
    """Who wrote the new value of one path, and the other managers that own it in the object as it is."""

    author: Author
    managers: tuple[Manager, ...] = ()


def attribute(
    paths: Iterable[Path], *, live: Mapping[str, Any], typed: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[Path, Attribution]:
    """Each path of the stored object that differs from the live one; `live` and `stored` with their managedFields."""
    ours = [owned for manager, owned in find_owners(stored) if manager.name == FIELD_MANAGER]
    managers = _find_managers(paths, live)
    return {path: Attribution(_find_author(path, typed, stored, ours), managers[path]) for path in managers}


def attribute_by_owner(
    paths: Iterable[Path], operation: Operation, *, live: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[Path, Attribution]:
    """The same where the typed value of a path is not known, as in a strategic merge patch.

    An apply owns what it says and nothing else; an update owns its defaults too, but not what admission changed.
    """
    wanted = (FIELD_MANAGER, operation)
    ours = [owned for manager, owned in find_owners(stored) if (manager.name, manager.operation) == wanted]
    written: Author = "typed" if operation == "Apply" else "typed or default"
    other: Author = "unowned" if operation == "Apply" else "admission"
    managers = _find_managers(paths, live)
    return {
        path: Attribution(written if any(owned.covers(path) for owned in ours) else other, managers[path])
        for path in managers
    }


def _find_managers(paths: Iterable[Path], live: Mapping[str, Any]) -> dict[Path, tuple[Manager, ...]]:
    """Of each path, the other managers that own it now."""
    others = [(manager, owned) for manager, owned in find_owners(live) if manager.name != FIELD_MANAGER]
    return {
        path: tuple(manager for manager, owned in others if owned.covers(path))
        for path in dict.fromkeys(paths)
    }


def _find_author(path: Path, typed: Any, stored: Any, ours: Sequence[Ownership]) -> Author:
    value = value_at(typed, path)
    if value is not MISSING and (
        is_same(value, value_at(stored, path)) or _is_collection(value, value_at(stored, path))
    ):
        return "typed"
    if value is not MISSING:
        return "admission"
    return "default" if any(owned.covers(path) for owned in ours) else "admission"


def _is_collection(one: Any, other: Any) -> bool:
    """Both are mappings or both are lists: the line of a key says no more than that there is one."""
    return (isinstance(one, Mapping) and isinstance(other, Mapping)) or (
        isinstance(one, list) and isinstance(other, list)
    )
