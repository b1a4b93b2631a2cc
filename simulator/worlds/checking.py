"""Validation of world files: errors name the file, the path in it and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TYPE_NAMES = {
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
    """What may stand under a key. `inner` are the fields of a mapping, or of each mapping of a list or (`is_per_value`)
    of a mapping's values."""

    kinds: tuple[type, ...] = (str,)
    is_required: bool = False
    choices: tuple[str, ...] = ()
    inner: Mapping[str, Field] = field(default_factory=dict)
    is_per_value: bool = False


Fields = Mapping[str, Field]


def check(value: Any, fields: Fields, path: str) -> None:
    """Raises WorldError. `path` names the file and the path in it: `staging.yaml: apps[3] (web)`."""
    if not isinstance(value, dict):
        raise WorldError(f"{path}: is {_shorten(value)}, and must be a mapping with {_list(fields)}.")
    for key in value:
        if key not in fields:
            raise WorldError(f"{path}: unknown key {key!r}. {_suggest(str(key), fields)}")
    for key, one in fields.items():
        if one.is_required and key not in value:
            raise WorldError(f"{path}: lacks {key!r}. Add it: {_describe_field(one)}.")
        if key in value:
            _check_value(value[key], one, f"{path}: {key}" if path.endswith(".yaml") else f"{path}.{key}")


def _check_value(value: Any, one: Field, path: str) -> None:
    is_wrong = not isinstance(value, one.kinds) or (isinstance(value, bool) and bool not in one.kinds)
    if is_wrong:
        raise WorldError(f"{path}: is {_shorten(value)}, and must be {_describe_field(one)}.")
    if one.choices and value not in one.choices:
        raise WorldError(f"{path}: is {_shorten(value)}. {_suggest(str(value), dict.fromkeys(one.choices))}")
    if not one.inner:
        return
    if isinstance(value, list):
        for number, part in enumerate(value):
            check(part, one.inner, f"{path}[{number}]{_name(part)}")
    elif isinstance(value, dict) and one.is_per_value:
        for key, part in value.items():
            check(part if part is not None else {}, one.inner, f"{path}.{key}")
    elif isinstance(value, dict):
        check(value, one.inner, path)


def _name(part: Any) -> str:
    name = part.get("name") if isinstance(part, dict) else None
    return f" ({name})" if name else ""


def _describe_field(one: Field) -> str:
    words = " or ".join(TYPE_NAMES[kind] for kind in one.kinds)
    return f"{words}, one of {', '.join(one.choices)}" if one.choices else words


def _suggest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"Did you mean {close[0]!r}?" if close else f"There are {_list(known)}."


def _list(known: Mapping[str, Any]) -> str:
    return ", ".join(sorted(known))


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
