"""Pausing: the rollouts of a Deployment stop and go on, as by `kubectl rollout pause` and `resume`."""

from __future__ import annotations

from clusters.actions.change import ActionObject, Change


def pause(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"paused": True}})


def resume(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"paused": None}})
