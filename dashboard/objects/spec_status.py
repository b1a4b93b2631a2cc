"""Field tree: a part of an object as a nested list of keys and values, folded and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.kinds.masking import Hidden

RowType = Literal["open", "close", "text", "long", "big", "word", "number", "time", "hidden", "items", "more"]

MAX_ROWS = 1200
MAX_DEPTH = 14
FOLDED_FROM = (99_999, 24, 24, 9)  # rows below an entry that make it start folded, by its depth
LONG = 160  # characters of a string that stand unfolded
BIG = 10_000  # characters of a string that are shown at all
INLINE = 90  # characters of a list of scalars that stand on one line
NAME_KEYS = ("name", "type", "key", "ip", "kind", "host", "path", "topologyKey", "mountPath", "port")

_EXCLUDED_FIELDS = ("apiVersion", "kind", "metadata")
_LEADING_FIELDS = ("data", "stringData", "spec", "status")


@dataclass(frozen=True)
class Row:
    """One step of the list, in order: an entry opens, closes, or is a leaf.

    `name` names an opened entry of a list by what is in it; `count` is how many entries it holds; `values`
    are those of a list of scalars; `size` in bytes.
    """

    type: RowType
    key: str = ""
    value: str = ""
    name: str = ""
    count: int = 0
    is_folded: bool = False
    values: Sequence[str] = ()
    size: int = 0


@dataclass(frozen=True)
class Part:
    """A top-level field of an object."""

    title: str
    rows: Sequence[Row] = field(default_factory=tuple)


def parts(found: Mapping[str, Any]) -> Sequence[Part]:
    """All of a masked object but kind and metadata: data, spec, status first, the rest by name.

    Fields that are single values stand together in a part without a title; empty ones are left to the YAML.
    """
    names = [name for name in found if name not in _EXCLUDED_FIELDS and found[name] not in ({}, [], None)]
    names.sort(
        key=lambda name: (
            _LEADING_FIELDS.index(name) if name in _LEADING_FIELDS else len(_LEADING_FIELDS),
            name,
        )
    )
    plain = {name: found[name] for name in names if not _is_collection(found[name])}
    result = [Part(name, rows(found[name])) for name in names if name not in plain]
    return [*([Part("", rows(plain))] if plain else []), *result]


def rows(value: Any) -> Sequence[Row]:
    """The rows of one part, at most `MAX_ROWS`; what is cut is said by a last row `more`."""
    result: list[Row] = []
    depth = 0
    for row in _entries(value, 0) if _is_collection(value) else [_leaf("", value)]:
        if len(result) >= MAX_ROWS and row.type != "close":
            break
        depth += {"open": 1, "close": -1}.get(row.type, 0)
        result.append(row)
    else:
        return result
    return [*result, Row("more"), *[Row("close")] * depth]


def _entries(value: Any, depth: int) -> Iterator[Row]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(str(key), inner, depth)
    else:
        for index, inner in enumerate(value):
            yield from _entry(str(index), inner, depth, in_list=True)


def _entry(key: str, value: Any, depth: int, *, in_list: bool = False) -> Iterator[Row]:
    if not _is_collection(value):
        yield _leaf("" if in_list else key, value)
        return
    if (values := _inline(value)) is not None:
        yield Row("items", key, values=values)
        return
    if depth >= MAX_DEPTH:
        yield Row("more", key)
        return
    name = _name(value) if in_list else ""
    yield Row("open", key, name=name, count=len(value), is_folded=_is_heavy(value, depth))
    yield from _entries(value, depth + 1)
    yield Row("close")


def _leaf(key: str, value: Any) -> Row:
    if isinstance(value, Hidden):
        return Row("hidden", key, str(value), size=value.size)
    if isinstance(value, str):
        return _string(key, value)
    if isinstance(value, bool) or value is None:
        return Row("word", key, json.dumps(value))
    if isinstance(value, int | float):
        return Row("number", key, json.dumps(value))
    return Row("word", key, "[]" if isinstance(value, list) else "{}")


def _string(key: str, value: str) -> Row:
    size = len(value.encode("utf-8", "replace"))
    if len(value) > BIG:
        return Row("big", key, value[:LONG], size=size)
    if len(value) > LONG or "\n" in value:
        return Row("long", key, value, size=size)
    if len(value) in range(20, 31) and value[4:5] == "-" and value[10:11] == "T" and value.endswith("Z"):
        return Row("time", key, value)
    return Row("text", key, value, size=size)


def _inline(value: Any) -> Sequence[str] | None:
    """A list of scalars that fits on one line."""
    if isinstance(value, Mapping):
        return None
    if any(isinstance(entry, Mapping | list | Hidden) for entry in value[:50]) or len(value) > 50:
        return None
    written = [entry if isinstance(entry, str) else json.dumps(entry) for entry in value]
    is_short = sum(map(len, written)) <= INLINE and not any("\n" in entry for entry in written)
    return written if is_short else None


def _name(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    for key in NAME_KEYS:
        if isinstance(value.get(key), str | int) and not isinstance(value.get(key), bool):
            return str(value[key])[:LONG]
    return ""


def _is_heavy(value: Any, depth: int) -> bool:
    limit = FOLDED_FROM[min(depth, len(FOLDED_FROM) - 1)]
    return depth > 0 and _weight(value, limit + 1) > limit


def _weight(value: Any, limit: int) -> int:
    """How many rows it takes, counted up to `limit`."""
    total = 0
    for inner in value.values() if isinstance(value, Mapping) else value:
        total += 1
        if _is_collection(inner) and total < limit:
            total += _weight(inner, limit - total)
        if total >= limit:
            break
    return total


def _is_collection(value: Any) -> bool:
    return isinstance(value, Mapping | list) and len(value) > 0
