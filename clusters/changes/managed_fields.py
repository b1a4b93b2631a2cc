"""Managed fields: which field manager owns which path of an object, from metadata.managedFields (FieldsV1).

The format is that of structured-merge-diff: `f:name` is a field, `k:{...}` the element of a list by its keys, `v:value`
a value in a set, `i:0` an index, and `.` the thing itself.
https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize-pe.go
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.changes.objects import is_same, metadata_of
from clusters.changes.yaml_values import Path

DEEPEST = 100  # levels of one entry
MOST_ENTRIES = 200  # of one object
MOST_PATHS = 20_000  # of one entry


@dataclass(frozen=True)
class Manager:
    """One entry: `operation` is Apply or Update, `subresource` such as `scale` or `status`."""

    name: str
    operation: str
    subresource: str = ""


@dataclass(frozen=True)
class Ownership:
    """What a manager owns: `leaves` with all that is below them, and `inner` paths with something in them."""

    leaves: frozenset[Path]
    inner: frozenset[Path]

    def covers(self, path: Path) -> bool:
        """Whether the path is owned: itself, as a part of what is owned as a whole, or by something in it."""
        return path in self.inner or any(path[:length] in self.leaves for length in range(1, len(path) + 1))


def find_owners(found: Mapping[str, Any]) -> list[tuple[Manager, Ownership]]:
    """Each manager with what it owns in the object as it is: paths have indices for the keys of a list."""
    entries = metadata_of(found).get("managedFields")
    owners: list[tuple[Manager, Ownership]] = []
    for entry in entries[:MOST_ENTRIES] if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            words = (str(entry.get(key) or "")[:128] for key in ("manager", "operation", "subresource"))
            paths = list(_walk(entry.get("fieldsV1"), found))
            leaves = frozenset(path for path, is_leaf in paths if is_leaf)
            inner = frozenset(
                path[:length] for path, is_leaf in paths for length in range(1, len(path) + (not is_leaf))
            )
            owners.append((Manager(*words), Ownership(leaves, inner)))
    return owners


def _walk(fields: Any, found: Any) -> Iterator[tuple[Path, bool]]:
    """Paths that are owned and there, and whether as a whole; without recursion, since the entry is foreign."""
    open_nodes: list[tuple[Any, Any, Path]] = [(fields, found, ())]
    count = 0
    while open_nodes:
        node, value, path = open_nodes.pop()
        if not isinstance(node, Mapping) or len(path) > DEEPEST:
            continue
        for step, inner in node.items():
            count += 1
            if count > MOST_PATHS:
                return
            if step == ".":
                yield path, False
                continue
            name, child = find_step(str(step), value)
            if name is None:
                continue
            if not inner:
                yield (*path, name), True
            open_nodes.append((inner, child, (*path, name)))


def find_step(step: str, value: Any) -> tuple[str | None, Any]:
    """The step's name in a path and the value there; None for what the object does not have."""
    kind, _, name = step.partition(":")
    if kind == "f" and isinstance(value, Mapping):
        return (name, value[name]) if name in value else (None, None)
    if not isinstance(value, list):
        return None, None
    index = _find_element(kind, name, value)
    return (str(index), value[index]) if index is not None else (None, None)


def _find_element(kind: str, name: str, elements: Sequence[Any]) -> int | None:
    if kind == "i" and name.isdecimal() and len(name) < 9:
        return int(name) if int(name) < len(elements) else None
    try:
        keys = json.loads(name)
    except (ValueError, RecursionError):
        return None
    if kind == "v":
        return next((index for index, element in enumerate(elements) if is_same(element, keys)), None)
    if kind != "k" or not isinstance(keys, Mapping):
        return None
    fitting = [index for index, element in enumerate(elements) if _has_keys(element, keys)]
    # the element that leaves out fewest keys: an absent one has its default, such as `protocol: TCP`
    return max(fitting, key=lambda index: len(keys.keys() & elements[index].keys()), default=None)


def _has_keys(element: Any, keys: Mapping[str, Any]) -> bool:
    return isinstance(element, Mapping) and all(
        key not in element or is_same(element[key], value) for key, value in keys.items()
    )
