"""ReplicaSet controller: creates and deletes pods up to the desired count, adopts orphans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS, REPLICA_SETS, controller_of, controller_reference
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import (
    deletion_rank,
    is_active,
    is_going,
    is_over,
    is_ready,
    new_pod,
    seconds_until_available,
    set_condition,
)
from simulator.reading.labels import Requirement, matches, parse_selector
from simulator.requests.statuses import StatusError
from simulator.store import Event, Object

NAME = "replicaset-controller"
BURST = 500  # pods that are made or deleted in one look


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(REPLICA_SETS, namespace, name)
    if own is None:
        return
    pods = _claim_pods(plane, own)
    failure = None if is_going(own) else _manage(plane, own, pods)
    own = plane.get(REPLICA_SETS, namespace, name)
    if own is None:
        return
    status = _status(plane, own, plane.index.list_owned(own, PODS), failure)
    plane.set_status(REPLICA_SETS, own, status)
    if failure is not None:
        raise failure


def _manage(plane: Plane, own: Object, pods: list[Object]) -> StatusError | None:
    """Make what is missing, delete what is too much; returns the error of a failed create."""
    active = [one for one in pods if is_active(one)]
    desired = own["spec"].get("replicas", 1)
    try:
        for _ in range(min(desired - len(active), BURST)):
            made = plane.create(PODS, own["metadata"]["namespace"], new_pod(own["spec"]["template"], own))
            plane.record_event(own, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", NAME)
    except StatusError as failure:
        plane.record_event(own, "FailedCreate", f"Error creating: {failure.message}", NAME, warning=True)
        return failure
    surplus = max(len(active) - desired, 0)
    order = sorted(active, key=deletion_rank) if surplus else []
    for one in order[: min(surplus, BURST)]:
        plane.delete(PODS, one)
        plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)
    if abs(desired - len(active)) > BURST:
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), 0)
    return None


def _claim_pods(plane: Plane, own: Object) -> list[Object]:
    """Its pods: those that no longer fit its selector are let go, orphans that fit are taken."""
    requirements = parse_selector(own["spec"]["selector"]) or []
    found = []
    for pod in plane.index.list_owned(own, PODS):
        if matches(requirements, pod["metadata"].get("labels")) or is_going(pod):
            found.append(pod)
        else:
            plane.update(PODS, pod, lambda old: _set_owners(old, _other_owners(old, own)))
    return found if is_going(own) else found + _adopt_pods(plane, own, requirements)


def _adopt_pods(plane: Plane, own: Object, requirements: list[Requirement]) -> list[Object]:
    free = [
        pod
        for pod in plane.index.list_orphans(PODS, own["metadata"]["namespace"])
        if is_active(pod) and matches(requirements, pod["metadata"].get("labels"))
    ]
    return [
        plane.update(PODS, one, lambda old: _set_owners(old, [controller_reference(own)])) for one in free
    ]


def _other_owners(pod: Object, own: Object) -> list[Any]:
    uid = own["metadata"]["uid"]
    return [one for one in pod["metadata"].get("ownerReferences") or () if one["uid"] != uid]


def _set_owners(pod: Object, owners: list[Any]) -> Object:
    metadata = dict(pod["metadata"], ownerReferences=owners)
    return pod | {"metadata": metadata}


def _status(plane: Plane, own: Object, pods: list[Object], error: StatusError | None) -> dict[str, Any]:
    metadata, spec = own["metadata"], own["spec"]
    active = [one for one in pods if is_active(one)]
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    labelled = sum(labels.items() <= (one["metadata"].get("labels") or {}).items() for one in active)
    least = spec.get("minReadySeconds", 0)
    left = [seconds_until_available(one, least, plane.now) for one in active]
    if waits := [one for one in left if one]:
        plane.requeue_after((NAME, f"{metadata['namespace']}/{metadata['name']}"), min(waits))
    old = own.get("status") or {}
    conditions = [one for one in old.get("conditions") or () if one["type"] != "ReplicaFailure"]
    if error is not None:
        new = {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": plane.stamp(),
            "reason": "FailedCreate",
            "message": error.message,
        }
        conditions = set_condition(old.get("conditions") or [], new)
    return {
        "replicas": len(active),
        "fullyLabeledReplicas": labelled or None,
        "readyReplicas": sum(is_ready(one) for one in active) or None,
        "availableReplicas": left.count(0.0) or None,
        "terminatingReplicas": sum(is_going(one) and not is_over(one) for one in pods),
        "observedGeneration": metadata.get("generation", 1),
        "conditions": conditions or None,
    }


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    """Its ReplicaSet, the one that it had before, and any that selects a pod without a controller."""
    found = {*map_to_owner("ReplicaSet")(plane, event)}
    if event.previous is not None and controller_of(event.previous) != controller_of(event.object):
        owner = controller_of(event.previous) or {}
        found.add(f"{event.object['metadata']['namespace']}/{owner.get('name', '')}")
    if event.type != "DELETED" and controller_of(event.object) is None:
        labels, namespace = event.object["metadata"].get("labels"), event.object["metadata"]["namespace"]
        for one in plane.cluster.store.items(REPLICA_SETS, namespace) if labels else ():
            if matches(parse_selector(one["spec"]["selector"]) or [], labels):
                found.add(f"{namespace}/{one['metadata']['name']}")
    return sorted(found)


CONTROLLER = Controller(NAME, {REPLICA_SETS: map_to_itself, PODS: _map_pod}, sync)
