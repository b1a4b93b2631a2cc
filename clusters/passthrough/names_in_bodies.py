"""Names in bodies: the name of an object that a request creates, read from JSON, YAML or protobuf, for the audit trail.

Nothing of the body is changed, and one that cannot be read has no name.
"""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from clusters.gateway.audited_requests import name_in

PROTOBUF_MAGIC = b"k8s\x00"  # https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
MAX_YAML = 64 * 1024  # bytes that are parsed for a name alone
_RAW = 2  # runtime.Unknown.raw
_METADATA = 1  # of nearly every kind
_NAME, _GENERATE_NAME = 1, 2  # of ObjectMeta


def read_body(body: bytes, content_type: str) -> Any:
    """What JSON or YAML says; None where it is neither, or broken, or YAML of more than 64 KiB."""
    try:
        if "yaml" in content_type:
            return yaml.safe_load(body) if len(body) <= MAX_YAML else None
        if "json" in content_type:
            return msgspec.json.decode(body)
    except (msgspec.DecodeError, yaml.YAMLError, ValueError, RecursionError):
        pass
    return None


def find_name(body: bytes, content_type: str) -> str:
    """`metadata.name`, or `generateName`; nothing where it cannot be found."""
    if body.startswith(PROTOBUF_MAGIC):
        metadata = _field(_field(body[len(PROTOBUF_MAGIC) :], _RAW), _METADATA)
        return (_field(metadata, _NAME) or _field(metadata, _GENERATE_NAME)).decode("utf-8", "replace")
    return name_in(read_body(body, content_type))


def _field(message: bytes, number: int) -> bytes:
    """The first length-delimited field of this number; nothing where the message has none or is broken."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            _value, position = _varint(message, position)
        elif kind == 2:
            length, position = _varint(message, position)
            if field == number:
                return message[position : position + length]
            position += length
        elif kind in (1, 5):
            position += 8 if kind == 1 else 4
        else:
            break
    return b""


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """The number and where it ends; a broken one ends the message."""
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            return 0, len(message)
        byte = message[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
    return 0, len(message)
