"""Rollout arithmetic of Deployments: replica counts of new and old ReplicaSets at each step.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

import math
from typing import Any

from simulator.store import Object

DESIRED = "deployment.kubernetes.io/desired-replicas"
LARGEST = "deployment.kubernetes.io/max-replicas"


def largest(own: Object) -> int:
    """Replicas and what may be there beyond them."""
    return int(own["spec"]["replicas"]) + bounds(own)[0]


def bounds(own: Object) -> tuple[int, int]:
    """maxSurge and maxUnavailable as numbers; at least one of them is not 0."""
    replicas, strategy = own["spec"]["replicas"], own["spec"].get("strategy") or {}
    if strategy.get("type") != "RollingUpdate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = number_of(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = number_of(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return surge, min(unavailable, replicas)


def number_of(value: Any, whole: int, *, up: bool) -> int:
    """Of a number or a percentage of the whole, rounded up or down."""
    if isinstance(value, int):
        return value
    share = int(str(value).rstrip("%") or 0) * whole / 100
    return math.ceil(share) if up else math.floor(share)


def new_size(own: Object, new: Object, olds: list[Object]) -> int:
    """Of the new ReplicaSet, as far as maxSurge lets it."""
    desired = int(own["spec"]["replicas"])
    size = int(new["spec"].get("replicas", 0))
    if own["spec"]["strategy"]["type"] == "Recreate" or size > desired:
        return desired
    total = size + sum(_size(one) for one in olds)
    headroom = desired + bounds(own)[0] - total
    return size + min(max(headroom, 0), desired - size)


def old_sizes(own: Object, new: Object, olds: list[Object]) -> list[int]:
    """Of the old ones, as far as maxUnavailable lets them: first those pods that are not available anyway."""
    sizes = [_size(one) for one in olds]
    least = int(own["spec"]["replicas"]) - bounds(own)[1]
    not_yet = _size(new) - _available(new)
    headroom = sum(sizes) + _size(new) - least - not_yet
    if headroom <= 0 or not any(sizes):
        return sizes
    for number, one in enumerate(olds):
        unhealthy = max(sizes[number] - _available(one), 0)
        gone = min(headroom, unhealthy)
        sizes[number] -= gone
        headroom -= gone
    left = sum(_available(one) for one in [*olds, new]) - least
    for number in range(len(olds)):
        gone = min(max(left, 0), sizes[number])
        sizes[number] -= gone
        left -= gone
    return sizes


def proportional_sizes(own: Object, new: Object | None, olds: list[Object]) -> dict[str, int]:
    """By name, when a Deployment is scaled: in proportion where several ReplicaSets have pods."""
    everything = [one for one in [new, *olds] if one is not None]
    active = [one for one in everything if _size(one)]
    desired = int(own["spec"]["replicas"])
    if len(active) <= 1:
        chosen = active[0] if active else new or (olds[-1] if olds else None)
        return {} if chosen is None else {chosen["metadata"]["name"]: desired}
    if new is not None and _size(new) == desired and _available(new) == desired:
        return {one["metadata"]["name"]: 0 for one in active if one is not new}
    if own["spec"]["strategy"]["type"] != "RollingUpdate":
        return {}
    allowed = largest(own) if desired else 0
    total = sum(_size(one) for one in active)
    order = sorted(active, key=lambda one: (-_size(one), one["metadata"]["creationTimestamp"]))
    sizes = {one["metadata"]["name"]: _share(one, own, allowed) for one in order}
    first = order[0]["metadata"]["name"]
    sizes[first] = max(sizes[first] + allowed - sum(sizes.values()), 0) if allowed != total else sizes[first]
    return sizes


def _share(one: Object, own: Object, allowed: int) -> int:
    """What a ReplicaSet has of the whole, by the whole that it was sized for."""
    annotations = one["metadata"].get("annotations") or {}
    whole = int(annotations.get(LARGEST) or allowed) or 1
    return round(_size(one) * allowed / whole)


def _size(one: Object) -> int:
    return int(one["spec"].get("replicas", 1))


def _available(one: Object) -> int:
    return int((one.get("status") or {}).get("availableReplicas", 0))
