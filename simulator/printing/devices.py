"""Table printers of dynamic resource allocation: ResourceClaims and ResourceSlices."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.parts import age_of, is_deleting, name, spec, status
from simulator.schemas.resources import Object


def resource_claim(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), ",".join(_states(thing)), age_of(thing, now)]


def resource_slice(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    pool = (desired.get("pool") or {}).get("name", "")
    return [name(thing), desired.get("nodeName", ""), desired.get("driver", ""), pool, age_of(thing, now)]


def _states(thing: Object) -> list[str]:
    found = ["deleted"] if is_deleting(thing) else []
    if status(thing).get("allocation") is None:
        return found or ["pending"]
    found.append("allocated")
    return [*found, "reserved"] if status(thing).get("reservedFor") else found
