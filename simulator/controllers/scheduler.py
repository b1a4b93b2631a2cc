"""Scheduler: binds pods to nodes that fit and are tolerated, and reports why none fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS, amount, controller_of, requests
from simulator.controllers.plane import Controller, Plane
from simulator.controllers.pods import is_active, is_bound, is_true, set_condition
from simulator.reading.labels import Requirement, matches
from simulator.store import Event, Object

NODES = ("", "nodes")
NAME = "default-scheduler"
MANAGER = "kube-scheduler"
TOPOLOGY = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
RETRY_SECONDS = 60.0
MAX_WAITING = 10_000  # pods that are tried again when something changes; those beyond are by time alone
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": "gt", "Lt": "lt"}


def sync(plane: Plane, namespace: str, name: str) -> None:
    waiting: dict[str, None] = plane.memory.setdefault(NAME, {})
    waiting.pop(f"{namespace}/{name}", None)
    pod = plane.get(PODS, namespace, name)
    if pod is None or not _is_ours(pod):
        return
    nodes = plane.cluster.store.items(NODES)
    whys = {node["metadata"]["name"]: find_unfit_reason(plane, pod, node) for node in nodes}
    fitting = [node for node in nodes if not whys[node["metadata"]["name"]]]
    if fitting:
        _bind(plane, pod, max(fitting, key=lambda node: _score(plane, pod, node)))
        return
    if len(waiting) < MAX_WAITING:
        waiting[f"{namespace}/{name}"] = None
    _report_unschedulable(plane, pod, f"{explain_reasons(whys)} {_no_help(whys)}".strip())
    plane.requeue_after((NAME, f"{namespace}/{name}"), RETRY_SECONDS)


def find_unfit_reason(plane: Plane, pod: Object, node: Object) -> str:
    """Why it cannot run there; "" where it can."""
    spec = node.get("spec") or {}
    tolerations = pod["spec"].get("tolerations") or []
    own_taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    if spec.get("unschedulable") and not tolerates(tolerations, own_taint):
        return "node(s) were unschedulable"
    for taint in spec.get("taints") or ():
        if taint.get("effect") != "PreferNoSchedule" and not tolerates(tolerations, taint):
            return "node(s) had untolerated taint(s)"
    if not chooses(pod["spec"], node):
        return "node(s) didn't match Pod's node affinity/selector"
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    requested = (*requests(pod), 1.0)
    taken = plane.index.sum_requested(node["metadata"]["name"])
    for index, kind in enumerate(("cpu", "memory", "pods")):
        if kind in allocatable and taken[index] + requested[index] > amount(str(allocatable[kind])) + 1e-9:
            return "Too many pods" if kind == "pods" else f"Insufficient {kind}"
    return ""


def tolerates(tolerations: Iterable[dict[str, Any]], taint: dict[str, Any]) -> bool:
    for one in tolerations:
        if one.get("effect") not in (None, "", taint.get("effect")):
            continue
        if one.get("key") not in (None, "", taint["key"]):
            continue
        if one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", ""):
            return True
    return False


def chooses(spec: dict[str, Any], node: Object) -> bool:
    """By nodeSelector, and by what node affinity requires."""
    labels = node["metadata"].get("labels") or {}
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if not affinity:
        return True
    return any(_term_fits(term, node) for term in affinity.get("nodeSelectorTerms") or ())


def explain_reasons(reasons: dict[str, str]) -> str:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`"""
    if not reasons:
        return "no nodes available to schedule pods"
    counts = Counter(reasons.values())
    summary = ", ".join(sorted(f"{count} {why}" for why, count in counts.items()))
    return f"0/{len(reasons)} nodes are available: {summary}."


def _no_help(reasons: dict[str, str]) -> str:
    if not reasons:
        return ""
    lacking = sum(why.startswith(("Insufficient", "Too many")) for why in reasons.values())
    parts = [
        (lacking, "No preemption victims found for incoming pod"),
        (len(reasons) - lacking, "Preemption is not helpful for scheduling"),
    ]
    summary = ", ".join(f"{count} {why}" for count, why in parts if count)
    return f"no new claims to deallocate, preemption: 0/{len(reasons)} nodes are available: {summary}."


def _is_ours(pod: Object) -> bool:
    spec = pod["spec"]
    is_named = spec.get("schedulerName", NAME) == NAME
    return is_named and is_active(pod) and not is_bound(pod) and not spec.get("schedulingGates")


def _term_fits(term: dict[str, Any], node: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    for one in term.get("matchExpressions") or ():
        values = frozenset(one.get("values") or ())
        if not matches([Requirement(one["key"], _OPERATORS[one["operator"]], values)], labels):
            return False
    for one in term.get("matchFields") or ():
        is_named = node["metadata"]["name"] in (one.get("values") or ())
        if is_named != (one.get("operator") == "In"):
            return False
    return True


def _score(plane: Plane, pod: Object, node: Object) -> tuple[float, float]:
    """Few of its siblings there, then free resources."""
    name = node["metadata"]["name"]
    owner = controller_of(pod)
    siblings = plane.index.count_siblings(owner["uid"], name) if owner is not None else 0
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    cores, size, _ = plane.index.sum_requested(name)
    shares = (
        cores / (amount(str(allocatable.get("cpu", "1"))) or 1),
        size / (amount(str(allocatable.get("memory", "1Gi"))) or 1),
    )
    return -float(siblings), -max(shares)


def _bind(plane: Plane, pod: Object, node: Object) -> None:
    """As the binding subresource does: it counts no generation and names no manager."""
    name, metadata, status = node["metadata"]["name"], pod["metadata"], pod.get("status") or {}
    summary = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": plane.stamp(),
    }
    summary["observedGeneration"] = metadata.get("generation", 1)
    conditions = set_condition(status.get("conditions") or [], summary)
    bound = add_topology_labels(pod, node) | {"spec": pod["spec"] | {"nodeName": name}}
    bound["status"] = status | {"conditions": conditions}
    pod = plane.cluster.store.put(PODS, bound)
    text = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {name}"
    plane.record_event(pod, "Scheduled", text, NAME, action="Binding")


def add_topology_labels(pod: Object, node: Object) -> Object:
    """Zone and region of the node become labels of the pod (PodTopologyLabelsAdmission)."""
    labels = node["metadata"].get("labels") or {}
    found = {key: labels[key] for key in TOPOLOGY if key in labels}
    if not found:
        return dict(pod)
    own = dict(pod["metadata"].get("labels") or {})
    return pod | {"metadata": pod["metadata"] | {"labels": own | found}}


def _report_unschedulable(plane: Plane, pod: Object, reason: str) -> None:
    summary = {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": plane.stamp(),
        "reason": "Unschedulable",
        "message": reason,
        "observedGeneration": pod["metadata"].get("generation", 1),
    }
    status = pod.get("status") or {}
    conditions = set_condition(status.get("conditions") or [], summary)
    plane.set_status(PODS, pod, status | {"conditions": conditions}, MANAGER)
    plane.record_event(pod, "FailedScheduling", reason, NAME, warning=True, action="Scheduling")


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    """A new pod; where one has gone, those that wait."""
    if event.type == "DELETED":
        return list(plane.memory.get(NAME, ()))
    if event.type == "MODIFIED" and is_true(event.object, "PodScheduled"):
        return ()
    is_new = event.previous is None or event.previous["spec"] != event.object["spec"]
    return (event.key,) if is_new and not is_bound(event.object) else ()


def _map_node(plane: Plane, event: Event) -> Iterable[str]:
    was, now = event.previous or {}, event.object
    is_same = was.get("spec") == now.get("spec") and _scheduling_fields(was) == _scheduling_fields(now)
    return () if is_same else list(plane.memory.get(NAME, ()))


def _scheduling_fields(node: Object) -> Any:
    return (node.get("status") or {}).get("allocatable"), (node.get("metadata") or {}).get("labels")


CONTROLLER = Controller(NAME, {PODS: _map_pod, NODES: _map_node}, sync)
