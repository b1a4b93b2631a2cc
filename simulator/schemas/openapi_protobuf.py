"""Protobuf encoding of OpenAPI v2: the only form in which kubectl reads it to validate a List.

Swagger, info and definitions of github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto; what a client of
schemas does not look at (paths, security) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

# Fields of gnostic's Schema: name -> number, by the way in which they are written
_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_LISTS, _ANYS = {"required": 19}, {"default": 5}
ENUM, ADDITIONAL, TYPE, ITEMS, ALL_OF, PROPERTIES, VENDOR = 20, 21, 22, 23, 24, 25, 31
SWAGGER, INFO, DEFINITIONS = 1, 2, 9


def encode_openapi(document: dict[str, Any]) -> bytes:
    info = document["info"]
    head = _text(SWAGGER, document["swagger"])
    head += _bytes(INFO, _text(1, info["title"]) + _text(2, info["version"]))
    return head + _bytes(DEFINITIONS, _encode_named_schemas(document["definitions"]))


def _encode_named_schemas(schemas: dict[str, Any]) -> bytes:
    """NamedSchema for each."""
    return b"".join(_bytes(1, _text(1, name) + _bytes(2, _schema(one))) for name, one in schemas.items())


def _schema(schema: dict[str, Any]) -> bytes:
    found = b""
    for name, value in schema.items():
        if name in _TEXTS:
            found += _text(_TEXTS[name], str(value))
        elif name in _LISTS:
            found += _texts(_LISTS[name], value)
        elif name in _ANYS:
            found += _bytes(_ANYS[name], _any(value))
        elif name.startswith("x-"):
            found += _bytes(VENDOR, _text(1, name) + _bytes(2, _any(value)))
        else:
            found += _encode_nested(name, value)
    return found


def _encode_nested(name: str, value: Any) -> bytes:
    if name == "type":
        return _bytes(TYPE, _texts(1, [value] if isinstance(value, str) else value))
    if name == "properties":
        return _bytes(PROPERTIES, _encode_named_schemas(value))
    if name == "items":
        return _bytes(ITEMS, _bytes(1, _schema(value)))
    if name == "additionalProperties":
        inner = _bytes(1, _schema(value)) if isinstance(value, dict) else bytes((0x10, int(bool(value))))
        return _bytes(ADDITIONAL, inner)
    if name in ("allOf", "enum"):
        number, write = (ALL_OF, _schema) if name == "allOf" else (ENUM, _any)
        return b"".join(_bytes(number, write(one)) for one in value)
    return b""


def _any(value: Any) -> bytes:
    """Its `yaml`: JSON is YAML."""
    return _text(2, json.dumps(value))


def _texts(number: int, values: Iterable[str]) -> bytes:
    return b"".join(_text(number, one) for one in values)


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
