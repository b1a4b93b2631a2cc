"""What does a HorizontalPodAutoscaler look at, and what does it see? `cpu: 40%/80%`"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from simulator.printing.parts import NONE, UNKNOWN, UNSET, age_of, name, spec, status
from simulator.schemas.resources import Object

MOST = 2  # metrics
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
    wanted, seen = spec(thing), status(thing)
    target = wanted.get("scaleTargetRef") or {}
    least = wanted.get("minReplicas")
    return [
        name(thing),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _metrics(wanted.get("metrics") or [], seen.get("currentMetrics") or []),
        UNSET if least is None else str(least),
        wanted.get("maxReplicas", 0),
        seen.get("currentReplicas", 0),
        age_of(thing, now),
    ]


def _metrics(wanted: list[Object], seen: list[Object]) -> str:
    if not wanted:
        return NONE
    texts = [_metric(one, seen[index] if index < len(seen) else {}) for index, one in enumerate(wanted)]
    shown = ", ".join(texts[:MOST])
    return f"{shown} + {len(texts) - MOST} more..." if len(texts) > MOST else shown


def _metric(wanted: Object, seen: Object) -> str:
    field = _FIELDS.get(wanted.get("type", ""))
    if field is None:
        return "<unknown type>"
    part = wanted[field]
    target: Object = part.get("target") or {}
    current = (seen[field].get("current") or {}) if seen.get(field) is not None else None
    if field == "pods":
        return f"{_quantity(current, 'averageValue')}/{target.get('averageValue', NIL)}"
    if field in ("resource", "containerResource"):
        return f"{part['name']}: {_of_resource(target, current)}"
    return _of_value(target, current)


def _of_value(target: Object, current: Object | None) -> str:
    """External and Object: an average, or the value itself."""
    if target.get("averageValue") is None:
        return f"{_quantity(current, 'value')}/{target.get('value', NIL)}"
    is_known = current is not None and current.get("averageValue") is not None
    return f"{current['averageValue'] if current and is_known else UNKNOWN}/{target['averageValue']} (avg)"


def _of_resource(target: Object, current: Object | None) -> str:
    if target.get("averageValue") is not None:
        return f"{_quantity(current, 'averageValue')}/{target['averageValue']}"
    percent = (current or {}).get("averageUtilization")
    wanted = target.get("averageUtilization")
    return f"{UNKNOWN if percent is None else f'{percent}%'}/{'<auto>' if wanted is None else f'{wanted}%'}"


def _quantity(current: Mapping[str, Any] | None, key: str) -> str:
    return UNKNOWN if current is None else str(current.get(key, NIL))
