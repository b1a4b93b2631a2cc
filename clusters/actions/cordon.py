"""Cordon: no new pods are scheduled on a Node, or again, as by `kubectl cordon` and `uncordon`."""

from __future__ import annotations

from clusters.actions.change import ActionObject, Change


def cordon(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"unschedulable": True}})


def uncordon(thing: ActionObject) -> Change:
    return thing.patch({"spec": {"unschedulable": None}})
