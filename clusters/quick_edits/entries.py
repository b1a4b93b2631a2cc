"""Entries of an object: labels, annotations, keys of ConfigMaps and Secrets, changed as kubectl changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clusters.actions.change import MERGE_PATCH, ActionObject, Change
from clusters.changes.objects import metadata_of

Path = tuple[str, ...]


@dataclass(frozen=True)
class EntryChanges:
    """What is written below one path of the object. A None removes the key; the rest stays untouched."""

    path: Path
    values: Mapping[str, str | None] = field(repr=False)  # they may be a Secret's


def read_entries(found: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The entries at the path; none where there are none."""
    value: Any = found
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def change_entries(thing: ActionObject, found: Mapping[str, Any], changes: list[EntryChanges]) -> Change:
    """A merge patch of the changed keys, for the version of the object that `found` is (409 where it is gone)."""
    body: dict[str, Any] = {"metadata": {**pin(thing, found)}}
    for one in changes:
        inner = body
        for key in one.path:
            inner = inner.setdefault(key, {})
        inner.update(one.values)
    return thing.patch(body, MERGE_PATCH)


def pin(thing: ActionObject, found: Mapping[str, Any]) -> dict[str, str]:
    """The metadata by which a patch reaches this object in this version alone."""
    return {"uid": thing.uid, "resourceVersion": str(metadata_of(found).get("resourceVersion") or "")}
