"""Suspension: a CronJob or a Job starts no more pods, or goes on."""

from __future__ import annotations

from clusters.actions.change import ActionObject, Change


def suspend(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"suspend": True}})


def unsuspend(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"suspend": False}})
