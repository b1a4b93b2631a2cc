"""Is a part of a world's file as it must be? Errors name the file, the place in it and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    dict: "a mapping",
    list: "a list",
    float: "a number",
}


class WorldError(Exception):
    """What is wrong with a world's file: where, and what to do."""


@dataclass(frozen=True)
class Field:
    """What may stand under a key. `inner` are the fields of a mapping, or of each mapping of a list or (`of_each`) of
    a mapping's values."""

    kinds: tuple[type, ...] = (str,)
    is_required: bool = False
    choices: tuple[str, ...] = ()
    inner: Mapping[str, Field] = field(default_factory=dict)
    of_each: bool = False


Fields = Mapping[str, Field]


def check(value: Any, fields: Fields, place: str) -> None:
    """Raises WorldError. `place` names the file and the path in it: `staging.yaml: apps[3] (web)`."""
    if not isinstance(value, dict):
        raise WorldError(f"{place}: is {_shown(value)}, and must be a mapping with {_list(fields)}.")
    for key in value:
        if key not in fields:
            raise WorldError(f"{place}: nobody knows the key {key!r}. {_meant(str(key), fields)}")
    for key, one in fields.items():
        if one.is_required and key not in value:
            raise WorldError(f"{place}: lacks {key!r}. Add it: {_described(one)}.")
        if key in value:
            _check_value(value[key], one, f"{place}: {key}" if place.endswith(".yaml") else f"{place}.{key}")


def _check_value(value: Any, one: Field, place: str) -> None:
    is_wrong = not isinstance(value, one.kinds) or (isinstance(value, bool) and bool not in one.kinds)
    if is_wrong:
        raise WorldError(f"{place}: is {_shown(value)}, and must be {_described(one)}.")
    if one.choices and value not in one.choices:
        raise WorldError(f"{place}: is {_shown(value)}. {_meant(str(value), dict.fromkeys(one.choices))}")
    if not one.inner:
        return
    if isinstance(value, list):
        for number, part in enumerate(value):
            check(part, one.inner, f"{place}[{number}]{_name(part)}")
    elif isinstance(value, dict) and one.of_each:
        for key, part in value.items():
            check(part if part is not None else {}, one.inner, f"{place}.{key}")
    elif isinstance(value, dict):
        check(value, one.inner, place)


def _name(part: Any) -> str:
    name = part.get("name") if isinstance(part, dict) else None
    return f" ({name})" if name else ""


def _described(one: Field) -> str:
    words = " or ".join(WORDS[kind] for kind in one.kinds)
    return f"{words}, one of {', '.join(one.choices)}" if one.choices else words


def _meant(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean {close[0]!r}?" if close else f"There are {_list(known)}."


def _list(known: Mapping[str, Any]) -> str:
    return ", ".join(sorted(known))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
