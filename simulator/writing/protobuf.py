"""Protobuf request bodies: decoded with the captured messages into the JSON form of the object.

Empty values that Go keeps by value are in the bytes too: decoding.py leaves them out.

The wire: `k8s\\0`, then runtime.Unknown with the TypeMeta and the object's own bytes.
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

from __future__ import annotations

import base64
import datetime
import json
import struct
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import bad_request_error
from simulator.schemas.resources import Object, split_api_version
from simulator.schemas.types import Type, message_name

MAGIC = b"k8s\0"
META = "k8s.io.apimachinery.pkg.apis.meta.v1"
_TIME, _MICRO = f"{META}.Time", f"{META}.MicroTime"
_QUANTITY = "k8s.io.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "k8s.io.apimachinery.pkg.util.intstr.IntOrString"
_RAW = {f"{META}.FieldsV1": 1, "k8s.io.apimachinery.pkg.runtime.RawExtension": 1}
Wire = Iterator[tuple[int, int, Any]]


def decode_protobuf(raw: bytes, cluster: Cluster) -> Object:
    """Raises 400 where the bytes are no object of a kind that is known."""
    if not raw.startswith(MAGIC):
        raise bad_request_error(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    try:
        return _unknown(raw[len(MAGIC) :], cluster)
    except (ValueError, KeyError, IndexError, struct.error, UnicodeDecodeError) as failure:
        raise bad_request_error(f"unable to decode the protobuf message: {failure}") from None


def _unknown(raw: bytes, cluster: Cluster) -> Object:
    kind_fields: dict[int, str] = {}
    body = b""
    for number, _, value in _fields(raw):
        if number == 1:
            kind_fields = {inner: one.decode() for inner, _, one in _fields(value)}
        elif number == 2:
            body = value
    api_version, kind = kind_fields.get(1, ""), kind_fields.get(2, "")
    group, version = split_api_version(api_version)
    type_ = cluster.types.get_kind_type(group, version, kind)
    message = message_name(type_.name)
    reader = _Reader(cluster.archive.protobuf)
    return {"apiVersion": api_version, "kind": kind} | reader.message(body, message, type_)


class _Reader:
    def __init__(self, messages: dict[str, dict[str, list[str]]]) -> None:
        self._messages = messages

    def message(self, raw: bytes, name: str, type_: Type | None) -> dict[str, Any]:
        """A field that the type has not is a struct that Go embeds: its fields stand in this one."""
        known = self._messages[name]
        found: dict[str, Any] = {}
        for number, wire, value in _fields(raw):
            if str(number) not in known:
                continue
            field, kind, label, _ = known[str(number)]
            if type_ is not None and type_.fields and field not in type_.fields and "." in kind:
                found |= self.message(value, kind, type_)
                continue
            inner = type_.fields[field].type if type_ is not None and field in type_.fields else None
            self._add(found, field, label, self._read_field(kind, wire, value, inner, label))
        return found

    def _add(self, found: dict[str, Any], field: str, label: str, value: Any) -> None:
        if label == "repeated":
            found.setdefault(field, []).extend(value if isinstance(value, list) else [value])
        elif label == "map":
            found.setdefault(field, {}).update(value)
        else:
            found[field] = value

    def _read_field(self, kind: str, wire: int, value: Any, type_: Type | None, label: str) -> Any:
        element = type_.element if type_ is not None and label in ("map", "repeated") else type_
        if label == "map":
            return self._entry(value, kind, element)
        if label == "repeated" and wire == 2 and kind not in ("string", "bytes") and "." not in kind:
            return [_scalar(kind, one) for one in _unpack_varints(value)]
        return self._one(kind, value, element)

    def _entry(self, raw: bytes, kind: str, element: Type | None) -> dict[str, Any]:
        parts = {number: value for number, _, value in _fields(raw)}
        key = parts.get(1, b"").decode()
        return {
            key: self._one(
                kind, parts.get(2, b"" if kind in ("string", "bytes") or "." in kind else 0), element
            )
        }

    def _one(self, kind: str, value: Any, type_: Type | None) -> Any:
        if "." not in kind:
            return _scalar(kind, value)
        if kind in (_TIME, _MICRO):
            return _time(value, micro=kind == _MICRO)
        if kind == _QUANTITY:
            return next((one.decode() for number, _, one in _fields(value) if number == 1), "0")
        if kind == _INT_OR_STRING:
            parts = {number: one for number, _, one in _fields(value)}
            return parts.get(3, b"").decode() if parts.get(1) else _to_signed(parts.get(2, 0))
        if kind in _RAW or kind.endswith("apiextensions.v1.JSON"):
            return next((json.loads(one) for number, _, one in _fields(value) if number == 1 and one), None)
        return self.message(value, kind, type_)


def _fields(raw: bytes) -> Wire:
    position = 0
    while position < len(raw):
        key, position = _varint(raw, position)
        number, wire = key >> 3, key & 7
        value: Any
        if wire == 0:
            value, position = _varint(raw, position)
        elif wire == 2:
            size, position = _varint(raw, position)
            if position + size > len(raw):
                raise ValueError("unexpected EOF")
            value, position = raw[position : position + size], position + size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, position = raw[position : position + size], position + size
        else:
            raise ValueError(f"illegal wireType {wire}")
        yield number, wire, value


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _unpack_varints(raw: bytes) -> Iterator[int]:
    position = 0
    while position < len(raw):
        value, position = _varint(raw, position)
        yield value


def _to_signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _scalar(kind: str, value: Any) -> Any:
    if kind == "string":
        return value.decode()
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if kind == "bool":
        return bool(value)
    if kind == "double":
        return struct.unpack("<d", value)[0]
    if kind == "float":
        return struct.unpack("<f", value)[0]
    return _to_signed(value)


def _time(raw: bytes, *, micro: bool) -> str | None:
    parts = {number: value for number, _, value in _fields(raw)}
    if not parts:
        return None
    seconds = _to_signed(parts.get(1, 0))
    parsed = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    if micro:
        return parsed.replace(microsecond=parts.get(2, 0) // 1000).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return parsed.strftime("%Y-%m-%dT%H:%M:%SZ")
