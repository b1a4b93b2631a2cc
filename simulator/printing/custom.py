"""Which columns and cells has the Table of a custom resource? Its additionalPrinterColumns, by JSONPath."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from simulator.printing.ages import age
from simulator.schemas.resources import Object, Resource

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
    r"\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\*\]|\[\?\(@\.([\w.-]+)\s*==\s*[\"']([^\"']*)[\"']\)\]"
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
    return [thing["metadata"]["name"], *cells]


def found_at(path: str, thing: Any) -> list[Any]:
    """The values of a simple JSONPath: fields, [number], [*], and one filter by equality."""
    values = [thing]
    for match in _STEP.finditer(path):
        values = [next_one for value in values for next_one in _step(match, value)]
    return values


def _columns(resource: Resource) -> list[dict[str, Any]]:
    return resource.custom_version.get("additionalPrinterColumns") or [AGE]


def _step(match: re.Match[str], value: Any) -> list[Any]:
    name, quoted, index, filtered, wanted = match.groups()
    key = name or quoted
    if key:
        return [value[key]] if isinstance(value, dict) and key in value else []
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if index is not None:
        return items[int(index) : int(index) + 1]
    if filtered:
        return [one for one in items if any(str(each) == wanted for each in found_at(f".{filtered}", one))]
    return items


def _cell(column: dict[str, Any], thing: Object, now: datetime.datetime) -> Any:
    values = found_at(column["jsonPath"], thing)
    if not values or (values[0] is None):
        return None
    value = values[0]
    kind = column["type"]
    if kind == "date":
        return age(value, now) if isinstance(value, str) else "<unknown>"
    if kind in ("integer", "number", "boolean"):
        return _typed(kind, value)
    if kind == "string" and len(values) > 1:
        return ",".join(_text(one) for one in values)
    return _text(value)


def _typed(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if kind == "integer" else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
