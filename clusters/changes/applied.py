"""Applied set: what a manager applied before, as an object, from managedFields and the values that are there now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.changes.managed_fields import DEEPEST, MOST_ENTRIES, find_step
from clusters.changes.objects import metadata_of


def extract_applied(found: Mapping[str, Any], manager: str) -> dict[str, Any]:
    """What an apply by this manager has to say again to keep all of it; the identity alone where it applied nothing."""
    metadata = metadata_of(found)
    identity = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    applied: dict[str, Any] = {}
    entries = metadata.get("managedFields")
    for entry in entries[:MOST_ENTRIES] if isinstance(entries, list) else ():
        is_ours = isinstance(entry, Mapping) and entry.get("manager") == manager
        if is_ours and entry.get("operation") == "Apply" and not entry.get("subresource"):
            taken = _take(entry.get("fieldsV1"), found, 0)
            applied = taken if isinstance(taken, dict) else {}
    inner = applied.get("metadata")
    kept = {key: found[key] for key in ("apiVersion", "kind") if key in found}
    return {**applied, **kept, "metadata": {**(inner if isinstance(inner, dict) else {}), **identity}}


def _take(fields: Any, value: Any, depth: int) -> Any:
    """The part of the value that is owned: all of it where nothing further is said of it."""
    if not isinstance(fields, Mapping) or not fields or depth > DEEPEST:
        return value
    steps = [(find_step(str(step), value), inner) for step, inner in fields.items() if step != "."]
    if isinstance(value, Mapping):
        return {name: _take(inner, child, depth + 1) for (name, child), inner in steps if name is not None}
    if isinstance(value, list):
        owned = [(int(name), child, inner) for (name, child), inner in steps if name is not None]
        return [
            _take(inner, child, depth + 1) for _index, child, inner in sorted(owned, key=lambda one: one[0])
        ]
    return value
