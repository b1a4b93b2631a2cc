"""Table printer of HorizontalPodAutoscalers: targets such as `cpu: 40%/80%`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from simulator.printing.parts import NONE, UNKNOWN, UNSET, age_of, name, spec, status
from simulator.schemas.resources import Object

MAX_METRICS = 2  # metrics
NIL = "<nil>"  # how Go writes a quantity that is not there
# The field of a metric, of its specification and its status alike, by its type
_FIELDS = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def horizontal_pod_autoscaler(thing: Object, now: datetime.datetime) -> list[Any]:
    """Of an autoscaling/v2 object, as all of them lie in the store."""
    desired, seen = spec(thing), status(thing)
    target = desired.get("scaleTargetRef") or {}
    least = desired.get("minReplicas")
    return [
        name(thing),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _metrics(desired.get("metrics") or [], seen.get("currentMetrics") or []),
        UNSET if least is None else str(least),
        desired.get("maxReplicas", 0),
        seen.get("currentReplicas", 0),
        age_of(thing, now),
    ]


def _metrics(desired: list[Object], seen: list[Object]) -> str:
    if not desired:
        return NONE
    texts = [_metric(one, seen[index] if index < len(seen) else {}) for index, one in enumerate(desired)]
    shown = ", ".join(texts[:MAX_METRICS])
    return f"{shown} + {len(texts) - MAX_METRICS} more..." if len(texts) > MAX_METRICS else shown


def _metric(desired: Object, seen: Object) -> str:
    field = _FIELDS.get(desired.get("type", ""))
    if field is None:
        return "<unknown type>"
    part = desired[field]
    target: Object = part.get("target") or {}
    current = (seen[field].get("current") or {}) if seen.get(field) is not None else None
    if field == "pods":
        return f"{_quantity(current, 'averageValue')}/{target.get('averageValue', NIL)}"
    if field in ("resource", "containerResource"):
        return f"{part['name']}: {_resource_target(target, current)}"
    return _value_target(target, current)


def _value_target(target: Object, current: Object | None) -> str:
    """External and Object: an average, or the value itself."""
    if target.get("averageValue") is None:
        return f"{_quantity(current, 'value')}/{target.get('value', NIL)}"
    is_known = current is not None and current.get("averageValue") is not None
    return f"{current['averageValue'] if current and is_known else UNKNOWN}/{target['averageValue']} (avg)"


def _resource_target(target: Object, current: Object | None) -> str:
    if target.get("averageValue") is not None:
        return f"{_quantity(current, 'averageValue')}/{target['averageValue']}"
    percent = (current or {}).get("averageUtilization")
    desired = target.get("averageUtilization")
    return f"{UNKNOWN if percent is None else f'{percent}%'}/{'<auto>' if desired is None else f'{desired}%'}"


def _quantity(current: Mapping[str, Any] | None, key: str) -> str:
    return UNKNOWN if current is None else str(current.get(key, NIL))
