"""Status of PodDisruptionBudgets in clusters without controllers: disruptions allowed just now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.pods.runs import parse_timestamp
from simulator.reading import labels
from simulator.requests.statuses import StatusError
from simulator.schemas.resources import Object
from simulator.store import Event
from simulator.writing import registry
from simulator.writing.options import WriteOptions

BUDGETS, PODS = ("policy", "poddisruptionbudgets"), ("", "pods")
SCALES = (
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("apps", "deployments"),
    ("", "replicationcontrollers"),
)
WRITE_OPTIONS = WriteOptions(manager="kube-controller-manager", subresource="status")
DELETION_SECONDS = 120.0  # after which an evicted pod that is still there counts again
DISRUPTION_ALLOWED = "DisruptionAllowed"


class NoScale(Exception):
    """No controller says how many pods are expected."""


def reconcile_budgets(cluster: Cluster, event: Event) -> None:
    """A Reconciler (simulator/reconcilers/runner.py)."""
    if event.storage == BUDGETS and event.type != "DELETED":
        _reconcile(cluster, event.object)
    elif event.storage == PODS and _matters(event):
        namespace = event.object["metadata"]["namespace"]
        for budget in cluster.store.items(BUDGETS, namespace):
            if selects(budget, event.object) or (event.previous and selects(budget, event.previous)):
                _reconcile(cluster, budget)
    elif event.storage in SCALES and _replicas(event.object) != _replicas(event.previous or {}):
        for budget in cluster.store.items(BUDGETS, event.object["metadata"]["namespace"]):
            _reconcile(cluster, budget)


def reconcile_all_budgets(cluster: Cluster) -> None:
    """Of the first content of a world, which came without events."""
    for budget in cluster.store.items(BUDGETS):
        _reconcile(cluster, budget)


def selects(budget: Object, pod: Object) -> bool:
    """An empty selector is every pod of the namespace, none at all is none."""
    selector = labels.parse_selector((budget.get("spec") or {}).get("selector"))
    return selector is not None and labels.matches(selector, pod["metadata"].get("labels"))


def is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def set_disruption_allowed(status: dict[str, Any], now: str) -> dict[str, Any]:
    """The same status, with the condition that goes with its numbers."""
    is_enough = status["disruptionsAllowed"] > 0
    reason = "SufficientPods" if is_enough else "InsufficientPods"
    return _set_condition(status, "True" if is_enough else "False", reason, "", now)


def _reconcile(cluster: Cluster, budget: Object) -> None:
    resource = cluster.catalog.find_any_version(*BUDGETS)
    metadata = budget["metadata"]
    budget = cluster.store.get(BUDGETS, metadata["namespace"], metadata["name"]) or budget
    status = _status(cluster, budget)
    if resource is None or status == budget.get("status"):
        return

    def changed(old: Object) -> Object:
        return old | {"status": status}

    try:
        registry.update(cluster, resource, metadata["namespace"], metadata["name"], changed, WRITE_OPTIONS)
    except StatusError:
        return  # it was deleted in the meantime


def _status(cluster: Cluster, budget: Object) -> dict[str, Any]:
    now = cluster.clock.stamp()
    before = dict(budget.get("status") or {})
    namespace = budget["metadata"]["namespace"]
    selector = labels.parse_selector(budget["spec"].get("selector"))
    every = cluster.store.items(PODS, namespace) if selector is not None else []
    pods = [one for one in every if labels.matches(selector or [], one["metadata"].get("labels"))]
    try:
        expected, desired = _numbers(cluster, budget["spec"], pods)
    except NoScale as fault:
        failed = (
            {"currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0} | before | {"disruptionsAllowed": 0}
        )
        return _set_condition(failed, "False", "SyncFailed", str(fault), now)
    disrupted = dict(_iterate_disrupted(cluster, before, pods))
    healthy = sum(1 for one in pods if is_ready(one) and not _is_going(one, disrupted))
    status = {
        "observedGeneration": budget["metadata"].get("generation", 0),
        "disruptedPods": disrupted,
        "disruptionsAllowed": max(healthy - desired, 0) if expected > 0 else 0,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": before.get("conditions") or [],
    }
    if not disrupted:
        del status["disruptedPods"]
    return set_disruption_allowed(status, now)


def _is_going(pod: Object, disrupted: dict[str, str]) -> bool:
    return "deletionTimestamp" in pod["metadata"] or pod["metadata"]["name"] in disrupted


def _numbers(cluster: Cluster, spec: dict[str, Any], pods: list[Object]) -> tuple[int, int]:
    """How many pods there should be, and how many must be healthy. A share is rounded up."""
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most is None and isinstance(least, int):
        return len(pods), least
    expected = _count_expected(cluster, pods)
    if most is not None:
        return expected, max(expected - _share(most, expected), 0)
    return expected, _share(least, expected) if least is not None else 0


def _share(value: Any, whole: int) -> int:
    return value if isinstance(value, int) else math.ceil(int(str(value).removesuffix("%")) * whole / 100)


def _count_expected(cluster: Cluster, pods: list[Object]) -> int:
    """The replicas that the owners of the pods expect; pods without an owner do not count."""
    scales: dict[str, int] = {}
    for pod in pods:
        owner = _owner(pod)
        if owner is not None and owner["uid"] not in scales:
            uid, scale = _scale(cluster, pod, owner)
            scales[owner["uid"]] = 0 if uid in scales and uid != owner["uid"] else scale
            scales.setdefault(uid, 0)
    return sum(scales.values())


def _scale(cluster: Cluster, pod: Object, owner: dict[str, Any]) -> tuple[str, int]:
    """Who says how many (the Deployment of a ReplicaSet), and how many; raises NoScale."""
    group, _, version = owner["apiVersion"].rpartition("/")
    resource = cluster.catalog.find_kind(group, version, owner["kind"])
    has_scale = resource is not None and "scale" in resource.subresources
    namespace = pod["metadata"]["namespace"]
    found = cluster.store.get(resource.storage, namespace, owner["name"]) if resource and has_scale else None
    if found is None:
        raise NoScale(f'found no controllers for pod "{pod["metadata"]["name"]}"')
    above = _owner(found)
    if owner["kind"] == "ReplicaSet" and above is not None and above["kind"] == "Deployment":
        return _scale(cluster, pod, above)
    return owner["uid"], _replicas(found)


def _owner(thing: Object) -> dict[str, Any] | None:
    references = thing["metadata"].get("ownerReferences") or ()
    return next((one for one in references if one.get("controller")), None)


def _replicas(thing: Object) -> int:
    found: int = (thing.get("spec") or {}).get("replicas") or 0
    return found


def _iterate_disrupted(
    cluster: Cluster, status: dict[str, Any], pods: list[Object]
) -> Iterator[tuple[str, str]]:
    """Pods that were evicted a moment ago and are not going yet."""
    known = status.get("disruptedPods") or {}
    for pod in pods:
        name = pod["metadata"]["name"]
        is_new = name in known and parse_timestamp(known[name]) + DELETION_SECONDS > cluster.clock.seconds()
        if is_new and "deletionTimestamp" not in pod["metadata"]:
            yield name, known[name]


def _set_condition(status: dict[str, Any], value: str, reason: str, message: str, now: str) -> dict[str, Any]:
    before: dict[str, Any] = next(
        (one for one in status.get("conditions") or () if one["type"] == DISRUPTION_ALLOWED), {}
    )
    since = before["lastTransitionTime"] if before.get("status") == value else now
    condition = {
        "type": DISRUPTION_ALLOWED,
        "status": value,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    if "observedGeneration" in status:
        condition["observedGeneration"] = status["observedGeneration"]
    others = [one for one in status.get("conditions") or () if one["type"] != DISRUPTION_ALLOWED]
    return status | {"conditions": [*others, condition]}


def _matters(event: Event) -> bool:
    """What changed of a pod is something that a budget counts."""
    return event.type != "MODIFIED" or _counted_fields(event.object) != _counted_fields(event.previous)


def _counted_fields(pod: Object | None) -> tuple[Any, ...]:
    if pod is None:
        return ()
    metadata = pod["metadata"]
    return (
        is_ready(pod),
        "deletionTimestamp" in metadata,
        metadata.get("labels"),
        metadata.get("ownerReferences"),
    )
