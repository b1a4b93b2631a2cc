"""Decoding of written objects by type: unknown fields dropped and reported, wrong types rejected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.quantities import format_canonical
from simulator.requests.statuses import StatusError, bad_request_error
from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import QUANTITY, Field, Type
from simulator.writing.times import normal_time

QUANTITY_FORM = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?\d+)?")
NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_GO_NUMBERS = {"int32": "int32", "int64": "int64", "double": "float64", "float": "float32"}
IS_TYPE: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    ),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


@dataclass
class DecodeResult:
    """`unknown` are the paths of fields that no type has: `spec.foo`, `spec.containers[0].bar`."""

    thing: Object
    unknown: list[str] = field(default_factory=list)


def decode(thing: Object, type_: Type, resource: Resource) -> DecodeResult:
    """Raises the 400 of a wrong type (built-in kinds alone: a custom one is checked by its schema)."""
    decoder = _Decoder(resource)
    found = decoder.value(thing if resource.definition is None else _floats_to_ints(thing), type_, "", "")
    if resource.definition is not None:  # the API server finds those of metadata first, and sorts the others
        decoder.unknown.sort(key=lambda path: (not path.startswith("metadata."), path))
    return DecodeResult(found, decoder.unknown)


def encodable(thing: Object, type_: Type) -> Object:
    """With the fields that Go writes even where nothing was given: `status: {}`, `resources: {}`."""
    found: Object = _fill(thing, type_)
    return found


def storable(thing: Object, type_: Type) -> Object:
    """As it comes back from the store: there an empty list is none, which Go writes as null."""
    found: Object = _fill(thing, type_, preserves_empty=False)
    return found


def _floats_to_ints(value: Any) -> Any:
    """2.0 is stored as 2: Go writes it so, and reads an integer."""
    if isinstance(value, dict):
        return {key: _floats_to_ints(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_floats_to_ints(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


class _Decoder:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self.unknown: list[str] = []

    def value(self, value: Any, type_: Type, path: str, owner: str) -> Any:
        """`path` has indexes, `owner` is the Go struct that holds the field."""
        if type_.category == "any" or value is None:
            return value
        if type_.is_custom:
            return self._custom(value, type_, path, owner)
        if type_.category == "struct":
            return self._struct(self._check_type(value, dict, type_, path, owner), type_, path)
        if type_.category == "map":
            return self._map(self._check_type(value, dict, type_, path, owner), type_, path, owner)
        if type_.category == "list":
            items = self._check_type(value, list, type_, path, owner)
            return [self._item(one, type_, f"{path}[{number}]", owner) for number, one in enumerate(items)]
        return self._scalar(value, type_, path, owner)

    def _item(self, value: Any, type_: Type, path: str, owner: str) -> Any:
        element = type_.element or Type("any")
        if value is None and element.category == "struct" and not element.is_custom:
            return {}
        return self.value(value, element, path, owner)

    def _struct(self, value: dict[str, Any], type_: Type, path: str) -> dict[str, Any]:
        found = {}
        for key, one in value.items():
            known = type_.fields.get(key)
            inner = f"{path}.{key}" if path else key
            if known is None:
                if not (type_.preserves_unknown or not type_.fields):
                    self.unknown.append(inner)
                    continue
                found[key] = one
            elif one is not None and not _is_dropped(one, known):
                found[key] = self.value(one, known.type, inner, type_.short_name)
        return found

    def _map(self, value: dict[str, Any], type_: Type, path: str, owner: str) -> dict[str, Any]:
        element = type_.element or Type("any")
        return {
            key: self.value(_zero(element) if one is None else one, element, path, owner)
            for key, one in value.items()
        }

    def _custom(self, value: Any, type_: Type, path: str, owner: str) -> Any:
        """Pruned, as far as the value has the form of its type; the rest is found by validation."""
        if type_.category == "struct" and isinstance(value, dict):
            return self._custom_struct(value, type_, path)
        if type_.category == "map" and isinstance(value, dict):
            element = type_.element or Type("any")
            return {key: self.value(one, element, f"{path}.{key}", owner) for key, one in value.items()}
        if type_.category == "list" and isinstance(value, list):
            element = type_.element or Type("any")
            return [self.value(one, element, f"{path}[{number}]", owner) for number, one in enumerate(value)]
        return value

    def _custom_struct(self, value: dict[str, Any], type_: Type, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        later: list[str] = []
        for key, one in value.items():
            known = type_.fields.get(key)
            inner = f"{path}.{key}" if path else key
            if known is not None:
                found[key] = self._custom_field(one, known, inner)
            elif type_.preserves_unknown or (
                not type_.fields and type_.schema.get("x-kubernetes-embedded-resource")
            ):
                found[key] = one
            else:
                later.append(inner)
        self.unknown += later
        for name, known in type_.fields.items():
            if name not in found and known.default is not None and path:
                found[name] = known.default
        return found

    def _custom_field(self, value: Any, known: Field, path: str) -> Any:
        if path == "metadata":
            return self.value(value, known.type, path, "ObjectMeta")
        return self.value(value, known.type, path, "")

    def _check_type(self, value: Any, expected: type, type_: Type, path: str, owner: str) -> Any:
        if not isinstance(value, expected):
            raise self._mismatch(value, type_, path, owner)
        return value

    def _scalar(self, value: Any, type_: Type, path: str, owner: str) -> Any:
        if type_.category == "int-or-string":
            return self._int_or_string(value, type_, path, owner)
        if not IS_TYPE[type_.category](value):
            raise self._mismatch(value, type_, path, owner)
        if type_.category == "integer":
            return int(value)
        if type_.schema.get("format") == "byte":
            _check_base64(value, self._resource)
        if type_.schema.get("format") == "date-time":
            return self._time(value, type_)
        return value

    def _int_or_string(self, value: Any, type_: Type, path: str, owner: str) -> Any:
        if type_.name != QUANTITY:
            if isinstance(value, bool | dict | list | float):
                raise self._mismatch(value, type_, path, owner)
            return value
        if isinstance(value, bool | dict | list) or not QUANTITY_FORM.fullmatch(str(value)):
            raise cannot_be_handled_error(self._resource, NO_QUANTITY)
        return format_canonical(value)

    def _time(self, value: str, type_: Type) -> str:
        try:
            return normal_time(value, is_micro=type_.name.endswith(".MicroTime"))
        except ValueError as failure:
            raise cannot_be_handled_error(self._resource, str(failure)) from None

    def _mismatch(self, value: Any, type_: Type, path: str, owner: str) -> StatusError:
        plain = re.sub(r"\[\d+\]", "", path)
        where = f"Go struct field {owner}.{plain} of type" if plain else "Go value of type"
        why = f"json: cannot unmarshal {_describe_value(value, type_)} into {where} {go_type(type_)}"
        return cannot_be_handled_error(self._resource, why)


def cannot_be_handled_error(resource: Resource, why: str) -> StatusError:
    kind = resource.kind
    return bad_request_error(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {why}')


def go_type(type_: Type) -> str:
    """v1.PodTemplateSpec, []v1.Container, map[string]string, int32."""
    if type_.category == "list":
        return f"[]{go_type(type_.element or Type('any'))}"
    if type_.category == "map":
        return f"map[string]{go_type(type_.element or Type('any'))}"
    if type_.category in ("struct", "int-or-string") and type_.name:
        return ".".join(type_.name.split(".")[-2:])
    if type_.category in ("integer", "number"):
        return _GO_NUMBERS.get(type_.schema.get("format", "int64"), "int64")
    return {"boolean": "bool"}.get(type_.category, "string")


def _describe_value(value: Any, type_: Type) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return f"number {json.dumps(value)}" if type_.category == "integer" else "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _is_dropped(value: Any, known: Field) -> bool:
    """What Go's omitempty leaves out: an empty value that is not required and no pointer."""
    if known.is_written or known.is_pointer:
        return False
    if isinstance(value, dict):
        return not value and known.type.category == "map"
    return value in ("", [], 0, False)


def _zero(type_: Type) -> Any:
    return {"string": "", "struct": {}}.get(type_.category)


def _fill(value: Any, type_: Type, *, preserves_empty: bool = True) -> Any:
    if type_.is_custom or type_.category == "any" or value is None:
        return value
    if type_.category == "struct" and isinstance(value, dict):
        return _fill_struct(value, type_, preserves_empty=preserves_empty)
    element = type_.element
    if element is not None and element.category in ("struct", "list", "map"):
        if isinstance(value, list):
            return [_fill(one, element, preserves_empty=preserves_empty) for one in value]
        if isinstance(value, dict):
            return {key: _fill(one, element, preserves_empty=preserves_empty) for key, one in value.items()}
    return value


def _fill_struct(value: dict[str, Any], type_: Type, *, preserves_empty: bool) -> dict[str, Any]:
    found = dict(value)
    for name, known in type_.fields.items():
        if name in found:
            is_empty = known.is_written and known.type.category in ("list", "map") and not found[name]
            is_nothing = is_empty and not preserves_empty
            found[name] = (
                None if is_nothing else _fill(found[name], known.type, preserves_empty=preserves_empty)
            )
        elif known.is_embedded:
            found[name] = (
                _fill({}, known.type, preserves_empty=preserves_empty)
                if known.type.category == "struct"
                else None
            )
        elif known.is_written and name not in ("kind", "apiVersion"):
            found[name] = None if known.is_pointer else _empty_value(known.type)
    return found


def _empty_value(type_: Type) -> Any:
    """Go's empty value."""
    if type_.schema.get("format") == "date-time":
        return None
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(type_.category)


def _check_base64(value: str, resource: Resource) -> None:
    """In Go's words: the first byte that is none of the alphabet."""
    bad = re.search(r"[^A-Za-z0-9+/=]", value)
    if bad is not None or len(value) % 4:
        at = bad.start() if bad is not None else len(value) - len(value) % 4
        raise cannot_be_handled_error(resource, f"illegal base64 data at input byte {at}")
