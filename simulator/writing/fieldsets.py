"""Field sets of objects: paths, as structured-merge-diff computes and compares them.

https://github.com/kubernetes-sigs/structured-merge-diff (typed/tofieldset.go, typed/compare.go)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.schemas.types import Type

Path = tuple[str, ...]  # elements as FieldsV1 writes them: f:spec, k:{"name":"web"}, v:"x"
ATOMIC, DEDUCED = Type("any"), Type("any", is_custom=True)
_MISSING: Any = object()


@dataclass
class Comparison:
    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


def collect_fields(value: Any, type_: Type) -> set[Path]:
    """The leaves of an object, and the items of its lists and maps."""
    found: set[Path] = set()
    _collect(value, type_, (), found)
    return found


def compare(old: Any, new: Any, type_: Type) -> Comparison:
    found = Comparison()
    _compare(old, new, type_, (), found)
    return found


def parse_fields(fields: dict[str, Any]) -> set[Path]:
    """Of a FieldsV1."""
    found: set[Path] = set()

    def walk(node: dict[str, Any], path: Path) -> None:
        for key, inner in node.items():
            if key == ".":
                found.add(path)
            elif inner:
                walk(inner, (*path, key))
            else:
                found.add((*path, key))

    walk(fields, ())
    return found


def format_fields(paths: set[Path]) -> dict[str, Any]:
    """FieldsV1; a path that has others below it is marked by "."."""
    root: dict[str, Any] = {}
    for path in sorted(paths, key=_order):
        node = root
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _slim(root)


def format_path(path: Path) -> str:
    """For people: .spec.containers[name="web"].image"""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            pairs = ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items())
            text += f"[{pairs}]"
        else:
            text += f"[={rest}]"
    return text


def element_of(item: Any, type_: Type) -> str:
    """The path element of an item of an associative list."""
    if type_.list_type == "set":
        return f"v:{json.dumps(item, separators=(',', ':'))}"
    known = type_.element.fields if type_.element is not None else {}
    key = {
        name: item.get(name, known[name].default if name in known else None)
        if isinstance(item, dict)
        else None
        for name in sorted(type_.list_keys)
    }
    return "k:" + json.dumps(
        {name: one for name, one in key.items() if one is not None}, separators=(",", ":")
    )


def child_type(type_: Type, key: str) -> Type:
    if type_.category == "struct":
        known = type_.fields.get(key)
        return known.type if known else DEDUCED
    if type_.category == "map" and type_.element is not None:
        return type_.element
    return DEDUCED


def is_owned_whole(value: Any, type_: Type) -> bool:
    """One that is owned as a whole: a scalar, an atomic list or map."""
    if isinstance(value, dict):
        return (
            type_.is_atomic
            or type_.category in ("string", "integer", "number", "boolean", "int-or-string")
            or (type_.category == "any" and not type_.is_custom)
        )
    if isinstance(value, list):
        return type_.category != "list" or type_.list_type == "atomic"
    return True


def _slim(node: dict[str, Any]) -> dict[str, Any]:
    if set(node) == {"."}:
        return {}
    return {key: {} if key == "." else _slim(inner) for key, inner in node.items()}


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple(("fkvi".find(element[0]), element) for element in path)


def _collect(value: Any, type_: Type, path: Path, found: set[Path]) -> None:
    if is_owned_whole(value, type_):
        found.add(path)
    elif isinstance(value, dict):
        known = type_.fields if type_.category == "struct" else {}
        for key, one in value.items():
            inner = (*path, f"f:{key}")
            _collect(one, child_type(type_, key), inner, found)
            if one is None or one == {} or key not in known:
                found.add(inner)
    else:
        for one in value:
            inner = (*path, element_of(one, type_))
            _collect(one, type_.element or DEDUCED, inner, found)
            found.add(inner)


def _compare(old: Any, new: Any, type_: Type, path: Path, found: Comparison) -> None:
    has_old, has_new = old is not _MISSING, new is not _MISSING
    if _is_leaf(old, new, type_):
        if has_old and has_new:
            if old != new:
                found.modified.add(path)
            return
    else:
        for element, left, right, inner in _children(old, new, type_):
            _compare(left, right, inner, (*path, element), found)
    if not has_old:
        found.added.add(path)
    elif not has_new:
        found.removed.add(path)


def _is_leaf(old: Any, new: Any, type_: Type) -> bool:
    """Two empty ones count as one value: so that null, {} and nothing differ."""
    for value in (old, new):
        if value is not _MISSING and value is not None and is_owned_whole(value, type_):
            return True
    return not _content(old) and not _content(new)


def _content(value: Any) -> Any:
    return value if isinstance(value, dict | list) else None


def _children(old: Any, new: Any, type_: Type) -> Iterator[tuple[str, Any, Any, Type]]:
    if isinstance(old, dict) or isinstance(new, dict):
        left, right = (one if isinstance(one, dict) else {} for one in (old, new))
        for key in {**left, **right}:
            yield f"f:{key}", left.get(key, _MISSING), right.get(key, _MISSING), child_type(type_, key)
        return
    left_items, right_items = (
        {element_of(one, type_): one for one in _content(each) or ()} for each in (old, new)
    )
    for element in {**left_items, **right_items}:
        inner = type_.element or DEDUCED
        yield element, left_items.get(element, _MISSING), right_items.get(element, _MISSING), inner
