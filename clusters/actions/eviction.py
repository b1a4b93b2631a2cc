"""Eviction: a pod is deleted as far as its PodDisruptionBudgets allow it, as `kubectl drain` does with each pod."""

from __future__ import annotations

from typing import Any

from clusters.actions.change import ActionObject, Change
from clusters.api.errors import ApiError, TooManyRequests

BUDGET_CAUSE = "DisruptionBudget"


def evict(thing: ActionObject, grace_period: int | None = None) -> Change:
    """With the pod's own grace period, or with this one, in seconds: 0 is at once."""
    options: dict[str, Any] = {"preconditions": {"uid": thing.uid}}
    if grace_period is not None:
        options["gracePeriodSeconds"] = grace_period
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": thing.name, "namespace": thing.namespace},
        "deleteOptions": options,
    }
    return Change(thing.resource.attributes("create", thing.namespace, thing.name, "eviction"), body)


def find_blocking_budget(error: ApiError) -> str:
    """What the API server says of the budget that does not allow it; empty for any other error."""
    if not isinstance(error, TooManyRequests):
        return ""
    return next((one.message for one in error.causes if one.reason == BUDGET_CAUSE), "")
