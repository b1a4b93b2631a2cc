"""Strategic merge patch: lists are merged by the merge keys of their types.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.schemas.types import Field, Type

DIRECTIVE, RETAIN = "$patch", "$retainKeys"
ORDER, DELETE = "$setElementOrder/", "$deleteFromPrimitiveList/"


class StrategicPatchError(Exception):
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
        raise StrategicPatchError(f"unknown patch type found: {directive}")
    return _merge_map(value, patch, type_)


def _merge_map(value: dict[str, Any], patch: dict[str, Any], type_: Type | None) -> dict[str, Any]:
    if RETAIN in patch:
        retained = set(patch.pop(RETAIN) or ())
        value = {key: one for key, one in value.items() if key in retained}
    for key in [*patch]:
        if key.startswith(DELETE):
            _delete_primitives(value, key.removeprefix(DELETE), patch.pop(key))
    orders = {key.removeprefix(ORDER): patch.pop(key) for key in [*patch] if key.startswith(ORDER)}
    for key, one in patch.items():
        known = _find_field(type_, key)
        if one is None:
            value.pop(key, None)
        else:
            value[key] = _value(value.get(key), one, known, orders.pop(key, None))
    for key, order in orders.items():
        if isinstance(value.get(key), list):
            value[key] = _order_elements(value[key], order, _find_field(type_, key), value[key])
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
        return _order_elements(found, order, known, old) if order is not None else found
    if any(isinstance(one, dict) and one.get(DIRECTIVE) == "replace" for one in patch):
        return [one for one in patch if DIRECTIVE not in one]
    key, element = known.merge_key, known.type.element
    found = list(old)
    for one in patch:
        if key not in one:
            raise StrategicPatchError(f"map: {go_map(one)} does not contain declared merge key: {key}")
        at = next(
            (n for n, each in enumerate(found) if isinstance(each, dict) and each.get(key) == one[key]), None
        )
        if one.get(DIRECTIVE) == "delete":
            found = [each for each in found if not (isinstance(each, dict) and each.get(key) == one[key])]
        elif at is None:
            found.append(_map({}, one, element))
        else:
            found[at] = _map(found[at], one, element)
    gone = [one[key] for one in patch if one.get(DIRECTIVE) == "delete"]
    desired = order if order is not None else [one for one in patch if one[key] not in gone]
    return _order_elements(found, desired, known, old)


def _order_elements(found: list[Any], order: list[Any], known: Field | None, old: list[Any]) -> list[Any]:
    """The elements that the order names as it names them, the others before those that they stood before."""
    key = known.merge_key if known else ""

    def name(one: Any) -> Any:
        return one.get(key) if isinstance(one, dict) else one

    positions = {name(one): position for position, one in enumerate(order or ())}
    stood = {name(one): position for position, one in enumerate(old)}
    named = sorted((one for one in found if name(one) in positions), key=lambda one: positions[name(one)])
    others = [one for one in found if name(one) not in positions]
    result: list[Any] = []
    while named and others:
        left, right = stood.get(name(others[0])), stood.get(name(named[0]))
        is_before = left is not None and right is not None and left < right
        result.append(others.pop(0) if is_before else named.pop(0))
    return result + named + others


def go_map(value: Any) -> str:
    """As Go prints it: map[a:b]."""
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_map(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_map(one) for one in value)}]"
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _delete_primitives(value: dict[str, Any], key: str, gone: Any) -> None:
    if isinstance(value.get(key), list):
        value[key] = [one for one in value[key] if one not in (gone or ())]


def _find_field(type_: Type | None, key: str) -> Field | None:
    if type_ is None:
        return None
    if type_.category == "map" and type_.element is not None:
        return Field(key, type_.element)
    return type_.fields.get(key)
