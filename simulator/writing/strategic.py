"""What does a strategic merge patch make of an object? Lists are merged by the merge keys of their types.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.schemas.types import Field, Type

DIRECTIVE, RETAIN = "$patch", "$retainKeys"
ORDER, DELETE = "$setElementOrder/", "$deleteFromPrimitiveList/"


class StrategicFault(Exception):
    """A patch that cannot be applied; the text is apimachinery's."""


def apply_strategic_patch(thing: dict[str, Any], patch: dict[str, Any], type_: Type) -> dict[str, Any]:
    """A new object."""
    found = _map(copy.deepcopy(thing), copy.deepcopy(patch), type_)
    return found if isinstance(found, dict) else {}


def _map(value: dict[str, Any], patch: dict[str, Any], type_: Type | None) -> dict[str, Any] | None:
    directive = patch.pop(DIRECTIVE, None)
    if directive in ("delete", "replace"):
        return patch if directive == "replace" else {}
    if directive not in (None, "merge"):
        raise StrategicFault(f"unknown patch type found: {directive}")
    return _merged_map(value, patch, type_)


def _merged_map(value: dict[str, Any], patch: dict[str, Any], type_: Type | None) -> dict[str, Any]:
    if RETAIN in patch:
        kept = set(patch.pop(RETAIN) or ())
        value = {key: one for key, one in value.items() if key in kept}
    for key in [*patch]:
        if key.startswith(DELETE):
            _delete_primitives(value, key.removeprefix(DELETE), patch.pop(key))
    orders = {key.removeprefix(ORDER): patch.pop(key) for key in [*patch] if key.startswith(ORDER)}
    for key, one in patch.items():
        known = _known(type_, key)
        if one is None:
            value.pop(key, None)
        else:
            value[key] = _value(value.get(key), one, known, orders.pop(key, None))
    for key, order in orders.items():
        if isinstance(value.get(key), list):
            value[key] = _ordered(value[key], order, _known(type_, key), {})
    return value


def _value(old: Any, one: Any, known: Field | None, order: Any) -> Any:
    if isinstance(one, dict):
        base = old if isinstance(old, dict) and not (known and known.patch_strategy == "replace") else {}
        return _map(base, one, known.type if known else None)
    if isinstance(one, list) and known is not None and "merge" in known.patch_strategy.split(","):
        return _list(old if isinstance(old, list) else [], one, known, order)
    return one


def _list(old: list[Any], patch: list[Any], known: Field, order: Any) -> list[Any]:
    if not known.merge_key:
        found = old + [one for one in patch if one not in old]
        return _ordered(found, order, known, {}) if order is not None else found
    if any(isinstance(one, dict) and one.get(DIRECTIVE) == "replace" for one in patch):
        return [one for one in patch if DIRECTIVE not in one]
    key, element = known.merge_key, known.type.element
    found = list(old)
    for one in patch:
        if key not in one:
            raise StrategicFault(f"map: {one} does not contain declared merge key: {key}")
        at = next(
            (n for n, each in enumerate(found) if isinstance(each, dict) and each.get(key) == one[key]), None
        )
        if one.get(DIRECTIVE) == "delete":
            found = [each for each in found if not (isinstance(each, dict) and each.get(key) == one[key])]
        elif at is None:
            found.append(_map({}, one, element))
        else:
            found[at] = _map(found[at], one, element)
    return _ordered(found, order, known, {}) if order is not None else found


def _ordered(found: list[Any], order: list[Any], known: Field | None, seen: dict[Any, int]) -> list[Any]:
    """The elements that the order names as it names them, the others where they stood."""
    key = known.merge_key if known else ""
    wanted = [one.get(key) if isinstance(one, dict) else one for one in order or ()]
    seen = {name: position for position, name in enumerate(wanted)}

    def name(one: Any) -> Any:
        return one.get(key) if isinstance(one, dict) else one

    named = sorted((one for one in found if name(one) in seen), key=lambda one: seen[name(one)])
    others = [one for one in found if name(one) not in seen]
    return _merged(named, others, found)


def _merged(named: list[Any], others: list[Any], found: list[Any]) -> list[Any]:
    result: list[Any] = []
    left, right = list(named), list(others)
    while left and right:
        first = left[0] if found.index(left[0]) < found.index(right[0]) else right[0]
        result.append(left.pop(0) if first is left[0] else right.pop(0))
    return result + left + right


def _delete_primitives(value: dict[str, Any], key: str, gone: Any) -> None:
    if isinstance(value.get(key), list):
        value[key] = [one for one in value[key] if one not in (gone or ())]


def _known(type_: Type | None, key: str) -> Field | None:
    if type_ is None:
        return None
    if type_.sort == "map" and type_.element is not None:
        return Field(key, type_.element)
    return type_.fields.get(key)
