"""Table printers of quotas, disruption budgets, priority classes and flow control."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.parts import NONE, age_of, name, spec, status
from simulator.schemas.resources import Object


def pod_disruption_budget(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    bounds = [desired.get("minAvailable"), desired.get("maxUnavailable")]
    return [
        name(thing),
        *("N/A" if one is None else str(one) for one in bounds),
        status(thing).get("disruptionsAllowed", 0),
        age_of(thing, now),
    ]


def resource_quota(thing: Object, now: datetime.datetime) -> list[Any]:
    hard, used = status(thing).get("hard") or {}, status(thing).get("used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for resource in sorted(hard):
        column = limits if resource.startswith("limits.") else requests
        column.append(f"{resource}: {used.get(resource, '0')}/{hard[resource]}")
    return [name(thing), ", ".join(requests), ", ".join(limits), age_of(thing, now)]


def priority_class(thing: Object, now: datetime.datetime) -> list[Any]:
    return [
        name(thing),
        thing.get("value", 0),
        bool(thing.get("globalDefault")),
        age_of(thing, now),
        thing.get("preemptionPolicy", ""),
    ]


def flow_schema(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    method = desired.get("distinguisherMethod")
    dangling = [
        one.get("status", "")
        for one in status(thing).get("conditions") or ()
        if one.get("type") == "Dangling"
    ]
    return [
        name(thing),
        (desired.get("priorityLevelConfiguration") or {}).get("name", ""),
        desired.get("matchingPrecedence", 0),
        NONE if method is None else method.get("type", ""),
        age_of(thing, now),
        dangling[0] if dangling else "?",
    ]


def precedence(thing: Object) -> tuple[int, str]:
    """The order in which FlowSchemas are matched."""
    return spec(thing).get("matchingPrecedence", 0), name(thing)


def priority_level(thing: Object, now: datetime.datetime) -> list[Any]:
    limited = spec(thing).get("limited")
    shares, queues = NONE, [NONE] * 3
    if limited is not None:
        shares = limited.get("nominalConcurrencyShares", 0)
        queuing = (limited.get("limitResponse") or {}).get("queuing")
        if queuing is not None:
            queues = [queuing.get(one, 0) for one in ("queues", "handSize", "queueLengthLimit")]
    return [name(thing), spec(thing).get("type", ""), shares, *queues, age_of(thing, now)]
