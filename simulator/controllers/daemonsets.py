"""DaemonSet controller: one pod on each fitting node, and rolling updates to a new template.

https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import (
    is_active,
    is_going,
    is_over,
    is_ready,
    new_pod,
    phase,
    seconds_until_available,
)
from simulator.controllers.revisions import REVISION_HASH, current_revision, revision_label, trim_history
from simulator.controllers.rollouts import number_of
from simulator.controllers.scheduler import chooses, tolerates
from simulator.requests.statuses import StatusError
from simulator.store import Event, Object

DAEMON_SETS, NODES = ("apps", "daemonsets"), ("", "nodes")
NAME = "daemonset-controller"
GENERATION = "pod-template-generation"
DEPRECATED = "deprecated.daemonset.template.generation"
# What its pods bear on every node, whatever is wrong with it.
DEFAULT_TOLERATIONS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(DAEMON_SETS, namespace, name)
    if own is None or is_going(own):
        return
    label = revision_label(own, current_revision(plane, own))
    node_names = {node["metadata"]["name"] for node in plane.cluster.store.items(NODES) if runs_on(own, node)}
    try:
        _manage(plane, own, label, node_names)
        _replace(plane, own, label, node_names)
    finally:
        _set_status(plane, own, label, node_names)
    used = {_hash(pod) for pod in plane.index.list_owned(own, PODS)}
    trim_history(plane, own, used | {label})


def runs_on(own: Object, node: Object) -> bool:
    template = own["spec"]["template"]
    spec = template.get("spec") or {}
    tolerations = [*(spec.get("tolerations") or ()), *tolerations_of(spec)]
    taints = [
        one for one in (node.get("spec") or {}).get("taints") or () if one["effect"] != "PreferNoSchedule"
    ]
    return chooses(spec, node) and all(tolerates(tolerations, one) for one in taints)


def tolerations_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """What the controller adds."""
    found = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in DEFAULT_TOLERATIONS]
    if spec.get("hostNetwork"):
        key = "node.kubernetes.io/network-unavailable"
        found.append({"key": key, "operator": "Exists", "effect": "NoSchedule"})
    return found


def daemon_pod(own: Object, node: str, label: str) -> Object:
    """It is meant for one node, by affinity, and the scheduler puts it there."""
    generation = (own["metadata"].get("annotations") or {}).get(DEPRECATED, "1")
    pod = new_pod(own["spec"]["template"], own)
    pod["metadata"]["labels"] = dict(pod["metadata"].get("labels") or {}) | {
        REVISION_HASH: label,
        GENERATION: generation,
    }
    spec = pod["spec"]
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    terms = {"nodeSelectorTerms": [{"matchFields": fields}]}
    affinity = dict(spec.get("affinity") or {})
    affinity["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    spec["affinity"] = affinity
    spec["tolerations"] = [*(spec.get("tolerations") or ()), *tolerations_of(spec)]
    return pod


def node_of(pod: Object) -> str:
    """Where it is, or is to be."""
    if bound := pod["spec"].get("nodeName"):
        return str(bound)
    affinity = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in affinity.get("nodeSelectorTerms") or ():
        for one in term.get("matchFields") or ():
            return str(one["values"][0])
    return ""


def _manage(plane: Plane, own: Object, label: str, desired: set[str]) -> None:
    there: dict[str, list[Object]] = {}
    for pod in plane.index.list_owned(own, PODS):
        there.setdefault(node_of(pod), []).append(pod)
    for node, pods in there.items():
        failed = [one for one in pods if phase(one) == "Failed" and not is_going(one)]
        surplus = [one for one in pods if is_active(one)] if node not in desired else []
        for one in [*failed, *surplus]:
            plane.delete(PODS, one)
            plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)
    for node in sorted(desired):
        if not any(not is_over(one) for one in there.get(node, ())):
            _make(plane, own, node, label)


def _make(plane: Plane, own: Object, node: str, label: str) -> None:
    try:
        made = plane.create(PODS, own["metadata"]["namespace"], daemon_pod(own, node, label))
    except StatusError as one:
        plane.record_event(own, "FailedCreate", f"Error creating: {one.message}", NAME, warning=True)
        raise
    plane.record_event(own, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", NAME)


def _replace(plane: Plane, own: Object, label: str, desired: set[str]) -> None:
    """Of an old template some go at a time: maxUnavailable less those that are not available anyway."""
    strategy = own["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return
    rolling = strategy.get("rollingUpdate") or {}
    allowed = max(number_of(rolling.get("maxUnavailable", 1), len(desired), up=True), 1)
    pods = plane.index.list_owned(own, PODS)
    well = {node_of(one) for one in pods if is_active(one) and _is_available(plane, own, one)}
    allowed -= len(desired - well)
    olds = [one for one in pods if _hash(one) != label and is_active(one)]
    unhealthy = [one for one in olds if not _is_available(plane, own, one)]
    healthy = [one for one in olds if _is_available(plane, own, one)]
    for one in [*unhealthy, *healthy[: max(allowed, 0)]]:
        plane.delete(PODS, one)
        plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)


def _set_status(plane: Plane, own: Object, label: str, desired: set[str]) -> None:
    own = plane.get(DAEMON_SETS, own["metadata"]["namespace"], own["metadata"]["name"]) or own
    pods = [one for one in plane.index.list_owned(own, PODS) if is_active(one)]
    right = {node_of(one): one for one in pods if node_of(one) in desired}
    available = [one for one in right.values() if _is_available(plane, own, one)]
    updated = [one for one in right.values() if _hash(one) == label]
    waits = [
        seconds_until_available(one, own["spec"].get("minReadySeconds", 0), plane.now)
        for one in right.values()
    ]
    if later := [one for one in waits if one]:
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), min(later))
    status: dict[str, Any] = {
        "currentNumberScheduled": len(right),
        "numberMisscheduled": len(pods) - len(right),
        "desiredNumberScheduled": len(desired),
        "numberReady": sum(is_ready(one) for one in right.values()),
        "observedGeneration": own["metadata"].get("generation", 1),
        "updatedNumberScheduled": len(updated) or None,
        "numberAvailable": len(available) or None,
        "numberUnavailable": len(desired) - len(available) or None,
    }
    plane.set_status(DAEMON_SETS, own, status)


def _hash(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_HASH, ""))


def _is_available(plane: Plane, own: Object, pod: Object) -> bool:
    return seconds_until_available(pod, own["spec"].get("minReadySeconds", 0), plane.now) == 0.0


def _map_node(plane: Plane, event: Event) -> Iterable[str]:
    was, now = event.previous or {}, event.object
    if event.type == "MODIFIED" and was.get("spec") == now.get("spec") and _labels(was) == _labels(now):
        return ()
    found = plane.cluster.store.items(DAEMON_SETS)
    return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found]


def _labels(node: Object) -> Any:
    return (node.get("metadata") or {}).get("labels")


CONTROLLER = Controller(
    NAME, {DAEMON_SETS: map_to_itself, PODS: map_to_owner("DaemonSet"), NODES: _map_node}, sync
)
