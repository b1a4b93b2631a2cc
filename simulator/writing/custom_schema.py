"""Schema validation of custom resources, with the messages of kube-openapi's validator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from simulator.requests.statuses import Cause
from simulator.writing.decoding import IS_TYPE


def schema_causes(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[Cause]:
    """Without metadata, which is checked as of every object."""
    if value is None and schema.get("nullable"):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool | dict | list | float):
            yield _wrong_type(value, "integer,string", path)
        return
    kind = schema.get("type")
    if kind in IS_TYPE and not IS_TYPE[kind](value):
        yield _wrong_type(value, kind, path)
        return
    yield from _enum(value, schema, path)
    if isinstance(value, dict):
        yield from _object(value, schema, path)
    elif isinstance(value, list):
        yield from _list(value, schema, path)
    elif isinstance(value, str):
        yield from _string(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema, path)


def _object(value: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[Cause]:
    for name in schema.get("required", ()):
        if name not in value:
            yield Cause("FieldValueRequired", "Required value", _inner(path, name))
    properties = schema.get("properties") or {}
    for key, one in value.items():
        if not path and key in ("metadata", "kind", "apiVersion"):
            continue
        inner = properties.get(key, schema.get("additionalProperties"))
        if isinstance(inner, dict):
            yield from schema_causes(one, inner, _inner(path, key))
    yield from _size(len(value), schema, path, ("minProperties", "maxProperties"), "properties")


def _list(value: list[Any], schema: dict[str, Any], path: str) -> Iterator[Cause]:
    items = schema.get("items")
    for number, one in enumerate(value):
        if isinstance(items, dict):
            yield from schema_causes(one, items, f"{path}[{number}]")
    yield from _size(len(value), schema, path, ("minItems", "maxItems"), "items")


def _string(value: str, schema: dict[str, Any], path: str) -> Iterator[Cause]:
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, value):
        yield _bad(value, path, f"{path} in body should match '{pattern}'")
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if shortest is not None and len(value) < shortest:
        yield _bad(value, path, f"{path} in body should be at least {shortest} chars long")
    if longest is not None and len(value) > longest:
        message = f"Too long: may not be more than {longest} bytes"
        yield Cause("FieldValueTooLong", message, path)


def _number(value: float, schema: dict[str, Any], path: str) -> Iterator[Cause]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and value < least:
        yield _bad(value, path, f"{path} in body should be greater than or equal to {least}")
    if most is not None and value > most:
        yield _bad(value, path, f"{path} in body should be less than or equal to {most}")


def _enum(value: Any, schema: dict[str, Any], path: str) -> Iterator[Cause]:
    choices = schema.get("enum")
    if choices and value not in choices:
        known = ", ".join(json.dumps(one) for one in choices)
        message = f"Unsupported value: {json.dumps(value)}: supported values: {known}"
        yield Cause("FieldValueNotSupported", message, path)


def _size(size: int, schema: dict[str, Any], path: str, names: tuple[str, str], what: str) -> Iterator[Cause]:
    least, most = (schema.get(name) for name in names)
    if least is not None and size < least:
        yield _bad(size, path, f"{path} in body should have at least {least} {what}")
    if most is not None and size > most:
        message = f"Too many: {size}: must have at most {most} items"
        yield Cause("FieldValueTooMany", message, path)


def _inner(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _bad(value: Any, path: str, why: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {json.dumps(value)}: {why}", path)


def _wrong_type(value: Any, expected: str, path: str) -> Cause:
    found = _name(value)
    message = f'Invalid value: "{found}": {path} in body must be of type {expected}: "{found}"'
    return Cause("FieldValueTypeInvalid", message, path)


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")
