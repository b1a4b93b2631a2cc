"""Disruption controller: status of PodDisruptionBudgets from the pods that they select.

https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS, controller_of
from simulator.controllers.plane import Controller, Plane, map_to_itself
from simulator.controllers.pods import is_going, is_over, is_ready, set_condition
from simulator.controllers.rollouts import number_of
from simulator.reading.labels import matches, parse_selector
from simulator.store import Event, Object

BUDGETS = ("policy", "poddisruptionbudgets")
NAME = "disruption-controller"
DELAY = 0.2


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(BUDGETS, namespace, name)
    if own is None or is_going(own):
        return
    requirements = parse_selector(own["spec"].get("selector"))
    pods = [
        one
        for one in plane.cluster.store.items(PODS, namespace)
        if requirements is not None
        and matches(requirements, one["metadata"].get("labels"))
        and not is_over(one)
    ]
    plane.set_status(BUDGETS, own, budget_status(plane, own, pods))


def budget_status(plane: Plane, own: Object, pods: list[Object]) -> dict[str, Any]:
    expected, desired = _count_desired_healthy(plane, own, pods)
    healthy = sum(is_ready(one) and not is_going(one) for one in pods)
    allowed = max(healthy - desired, 0) if expected else 0
    generation = own["metadata"].get("generation", 1)
    new = {
        "type": "DisruptionAllowed",
        "status": "True" if allowed else "False",
        "observedGeneration": generation,
        "lastTransitionTime": plane.stamp(),
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
    }
    old = own.get("status") or {}
    found = {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptionsAllowed": allowed,
        "observedGeneration": generation,
        "conditions": set_condition(old.get("conditions") or [], new),
    }
    return found | ({"disruptedPods": old["disruptedPods"]} if old.get("disruptedPods") else {})


def _count_desired_healthy(plane: Plane, own: Object, pods: list[Object]) -> tuple[int, int]:
    """How many are expected, and how many of them have to be healthy."""
    least, most = own["spec"].get("minAvailable"), own["spec"].get("maxUnavailable")
    if most is not None:
        expected = _count_expected(plane, pods)
        return expected, max(expected - number_of(most, expected, up=True), 0)
    if isinstance(least, str):
        expected = _count_expected(plane, pods)
        return expected, number_of(least, expected, up=True)
    return len(pods), int(least or 0)


def _count_expected(plane: Plane, pods: list[Object]) -> int:
    """What their controllers want, each counted once."""
    owners = {}
    for pod in pods:
        if (owner := controller_of(pod)) is not None:
            owners[owner["uid"]] = owner
    found = 0
    for owner in owners.values():
        group = owner["apiVersion"].rpartition("/")[0]
        thing = plane.get(
            (group, f"{owner['kind'].lower()}s"), pods[0]["metadata"]["namespace"], owner["name"]
        )
        found += int(((thing or {}).get("spec") or {}).get("replicas", 0))
    return found or len(pods)


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    namespace, labels = event.object["metadata"]["namespace"], event.object["metadata"].get("labels")
    was = event.previous
    if (
        event.type == "MODIFIED"
        and was is not None
        and (is_ready(was), is_going(was))
        == (
            is_ready(event.object),
            is_going(event.object),
        )
    ):
        return ()
    for one in plane.cluster.store.items(BUDGETS, namespace):
        requirements = parse_selector(one["spec"].get("selector"))
        if requirements is not None and matches(requirements, labels):
            plane.requeue_after((NAME, f"{namespace}/{one['metadata']['name']}"), DELAY)
    return ()


CONTROLLER = Controller(NAME, {BUDGETS: map_to_itself, PODS: _map_pod}, sync)
