"""Table printer of custom resources: additionalPrinterColumns by JSONPath."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from typing import Any

from simulator.printing.ages import age
from simulator.printing.parts import name
from simulator.schemas.resources import Object, Resource
from simulator.writing.times import normal_time

NAME_TEXT = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may "
    "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
    "for creation idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
AGE_TEXT = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
    "guaranteed to be set in happens-before order across separate operations. Clients may not set this value. "
    "It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. "
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)
_STEP = re.compile(
    r"\.((?:[^\s.\[\]\\]|\\.)+)|\['([^']+)'\]|\[(\d+)\]|\[\*\]|\[\?\(@\.([\w.-]+)\s*==\s*[\"']([^\"']*)[\"']\)\]"
)


def custom_columns(resource: Resource) -> list[dict[str, Any]]:
    found = [{"name": "Name", "type": "string", "format": "name", "description": NAME_TEXT, "priority": 0}]
    for one in _columns(resource):
        about = (
            one.get("description")
            or f"Custom resource definition column (in JSONPath format): {one['jsonPath']}"
        )
        if one is AGE:
            about = AGE_TEXT
        found.append(
            {
                "name": one["name"],
                "type": one["type"],
                "format": one.get("format", ""),
                "description": about,
                "priority": one.get("priority", 0),
            }
        )
    return found


def custom_cells(thing: Object, resource: Resource, now: datetime.datetime) -> list[Any]:
    cells = [_cell(one, thing, now) for one in _columns(resource)]
    return [name(thing), *cells]


def find_values(path: str, thing: Any) -> list[Any]:
    """The values of a simple JSONPath: fields, [number], [*], and one filter by equality."""
    values = [thing]
    for match in _STEP.finditer(path):
        values = [next_one for value in values for next_one in _step(match, value)]
    return values


def _columns(resource: Resource) -> list[dict[str, Any]]:
    return resource.custom_version.get("additionalPrinterColumns") or [AGE]


def _step(match: re.Match[str], value: Any) -> list[Any]:
    field, quoted, index, filtered, literal = match.groups()
    if quoted:  # Kubernetes reads ['a.b'] as .a.b
        return find_values(f".{quoted}", value)
    if field:
        key = field.replace("\\", "")
        return [value[key]] if isinstance(value, dict) and key in value else []
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if index is not None:
        return items[int(index) : int(index) + 1]
    if filtered:
        return [
            one for one in items if any(str(each) == literal for each in find_values(f".{filtered}", one))
        ]
    return items


def _cell(column: dict[str, Any], thing: Object, now: datetime.datetime) -> Any:
    """Of several values the first."""
    values = find_values(column["jsonPath"], thing)
    if not values:
        return None
    value, kind = values[0], column["type"]
    if kind == "string":
        return _text(value)
    if kind == "date":
        return _age(value, now) if isinstance(value, str) else None
    return _convert_value(kind, value)


def _age(text: str, now: datetime.datetime) -> str:
    try:
        return age("" if text in ("", "null") else normal_time(text), now)
    except ValueError:
        return "<invalid>"


def _convert_value(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if kind == "integer" else value


def _text(value: Any) -> str:
    """As Go prints a value of a JSON document."""
    if value is None:
        return "<no value>"
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, dict | list):
        return value if isinstance(value, str) else json.dumps(value)
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _number(value: float) -> str:
    """The shortest digits; with an exponent from a million on, and below a ten-thousandth."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if -4 <= power < 6:
        return format(Decimal(repr(value)).normalize(), "f")
    first, rest = digits[0], "".join(map(str, digits[1:]))
    shown = f"{first}.{rest}" if rest else str(first)
    return f"{'-' if sign else ''}{shown}e{'-' if power < 0 else '+'}{abs(power):02}"
