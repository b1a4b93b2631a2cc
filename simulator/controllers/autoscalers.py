"""HorizontalPodAutoscaler controller: desired replicas from the usage of pods, every fifteen seconds.

https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

from __future__ import annotations

import math
from typing import Any

from simulator.controllers.index import PODS, REPLICA_SETS, amount
from simulator.controllers.plane import Controller, Plane, map_to_itself
from simulator.controllers.pods import is_active, is_going, is_ready
from simulator.reading.labels import matches, parse_selector
from simulator.store import Object, Storage

AUTOSCALERS = ("autoscaling", "horizontalpodautoscalers")
NAME = "horizontal-pod-autoscaler"
PERIOD = 15.0
TOLERANCE = 0.1
DOWN_SECONDS = 300.0  # stabilization of scaling down: the highest count in that time
LARGEST_STEP = 4  # pods, or as many again, in one period
Target = tuple[Storage, Object]
ConditionFields = tuple[str, str, str, str]  # a condition: type, status, reason, message
ABLE: ConditionFields = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
NO_TARGET: ConditionFields = (
    "AbleToScale",
    "False",
    "FailedGetScale",
    "the HPA controller was unable to get the target's current scale",
)
DISABLED: ConditionFields = (
    "ScalingActive",
    "False",
    "ScalingDisabled",
    "scaling is disabled since the replica count of the target is zero",
)
SCALING_INACTIVE: ConditionFields = (
    "ScalingActive",
    "False",
    "FailedGetResourceMetric",
    "the HPA was unable to compute the replica count: no metrics returned from resource metrics API",
)
REPLICAS_COMPUTED = "the HPA was able to successfully calculate a replica count from"


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(AUTOSCALERS, namespace, name)
    history: dict[str, list[tuple[float, int]]] = plane.memory.setdefault(NAME, {})
    key = f"{namespace}/{name}"
    if own is None or is_going(own):
        history.pop(key, None)
        return
    due: dict[str, float] = plane.memory.setdefault("autoscaled", {})
    if plane.now < due.get(key, 0.0) - 0.01:
        plane.requeue_after((NAME, key), due[key] - plane.now)
        return
    is_first = key not in due
    due[key] = plane.now + PERIOD
    plane.requeue_after((NAME, key), PERIOD)
    target = _target(plane, own)
    if target is None:
        _set_status(plane, own, {"currentReplicas": 0, "desiredReplicas": 0}, [NO_TARGET])
        return
    _autoscale(plane, own, target, history.setdefault(key, []), can_scale=not is_first)


def _target(plane: Plane, own: Object) -> Target | None:
    reference = own["spec"]["scaleTargetRef"]
    group = reference.get("apiVersion", "").rpartition("/")[0]
    storage = group, f"{reference['kind'].lower()}s"
    found = plane.get(storage, own["metadata"]["namespace"], reference["name"])
    return None if found is None or "replicas" not in found["spec"] else (storage, found)


def _autoscale(
    plane: Plane, own: Object, target: Target, history: list[tuple[float, int]], *, can_scale: bool
) -> None:
    """The first time it only says what it sees."""
    thing, spec = target[1], own["spec"]
    current = thing["spec"]["replicas"]
    if not current:
        _set_status(plane, own, {"currentReplicas": 0, "desiredReplicas": 0}, [ABLE, DISABLED])
        return
    pods = [one for one in _pods(plane, thing) if is_active(one) and is_ready(one)]
    measured = [
        one for metric in spec.get("metrics") or () if (one := _evaluate_metric(plane, metric, pods, current))
    ]
    if not measured:
        _set_status(
            plane, own, {"currentReplicas": current, "desiredReplicas": current}, [ABLE, SCALING_INACTIVE]
        )
        return
    least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
    raw = max(count for count, _ in measured)
    history[:] = [*[one for one in history if plane.now - one[0] <= DOWN_SECONDS][-100:], (plane.now, raw)]
    stable = raw if raw >= current else min(max(one for _, one in history), current)
    bounded = min(max(stable, least), most, max(current * 2, current + LARGEST_STEP))
    bounded = bounded if can_scale else current
    status: dict[str, Any] = {"currentReplicas": current, "desiredReplicas": bounded}
    status["currentMetrics"] = [one for _, one in measured]
    able = ABLE
    if bounded != current:
        _scale(plane, own, target, current, bounded)
        status["lastScaleTime"] = plane.stamp()
        text = f"the HPA controller was able to update the target scale to {bounded}"
        able = ("AbleToScale", "True", "SucceededRescale", text)
    name = spec["metrics"][0]["resource"]["name"]
    found = f"{REPLICAS_COMPUTED} {name} resource utilization (percentage of request)"
    active = ("ScalingActive", "True", "ValidMetricFound", found)
    _set_status(plane, own, status, [able, active, _limit_condition(stable, least, most)])


def _limit_condition(stable: int, minimum: int, maximum: int) -> ConditionFields:
    kind, text = "ScalingLimited", "the desired replica count is"
    if stable > maximum:
        return kind, "True", "TooManyReplicas", f"{text} more than the maximum replica count"
    if stable < minimum:
        return kind, "True", "TooFewReplicas", f"{text} less than the minimum replica count"
    return kind, "False", "DesiredWithinRange", "the desired count is within the acceptable range"


def _pods(plane: Plane, thing: Object) -> list[Object]:
    if thing["kind"] == "Deployment":
        sets = plane.index.list_owned(thing, REPLICA_SETS)
        return [pod for one in sets for pod in plane.index.list_owned(one, PODS)]
    requirements = parse_selector(thing["spec"].get("selector")) or []
    return [
        one
        for one in plane.index.list_owned(thing, PODS)
        if matches(requirements, one["metadata"].get("labels"))
    ]


def _evaluate_metric(
    plane: Plane, metric: dict[str, Any], pods: list[Object], current: int
) -> tuple[int, dict[str, Any]] | None:
    """How many replicas one metric wants, and its entry of currentMetrics; None where nothing is known."""
    resource = metric.get("resource")
    if metric.get("type") != "Resource" or not resource or not pods:
        return None
    name, target = resource["name"], resource["target"]
    used = [_measure_usage(plane, one, name) for one in pods]
    requested = [_requested_amount(one, name) for one in pods]
    average = sum(used) / len(used)
    current_value: dict[str, Any] = {"averageValue": _quantity(average, name)}
    if target["type"] == "Utilization":
        if not sum(requested):
            return None
        current_value = {"averageUtilization": int(100 * sum(used) / sum(requested))} | current_value
        ratio = 100 * sum(used) / sum(requested) / target["averageUtilization"]
    else:
        ratio = average / (amount(str(target["averageValue"])) or 1)
    desired = current if abs(ratio - 1) <= TOLERANCE else math.ceil(ratio * len(pods))
    return desired, {"type": "Resource", "resource": {"name": name, "current": current_value}}


def _measure_usage(plane: Plane, pod: Object, name: str) -> float:
    """Cores or bytes."""
    found = [plane.cluster.usage.measure(pod, one["name"]) for one in pod["spec"]["containers"]]
    known = [one for one in found if one is not None]
    return sum(one.cpu / 1000 if name == "cpu" else float(one.memory) for one in known)


def _requested_amount(pod: Object, name: str) -> float:
    containers = pod["spec"]["containers"]
    return sum(
        amount(str(((one.get("resources") or {}).get("requests") or {}).get(name, 0))) for one in containers
    )


def _quantity(value: float, name: str) -> str:
    return f"{round(value * 1000)}m" if name == "cpu" else str(int(value))


def _scale(plane: Plane, own: Object, target: Target, current: int, desired: int) -> None:
    storage, thing = target
    plane.update(storage, thing, lambda old: old | {"spec": old["spec"] | {"replicas": desired}})
    why = (
        "cpu resource utilization (percentage of request) above target"
        if desired > current
        else "All metrics below target"
    )
    plane.record_event(own, "SuccessfulRescale", f"New size: {desired}; reason: {why}", NAME)


def _set_status(plane: Plane, own: Object, counts: dict[str, Any], conditions: list[ConditionFields]) -> None:
    own = plane.get(AUTOSCALERS, own["metadata"]["namespace"], own["metadata"]["name"]) or own
    old = own.get("status") or {}
    known = {one["type"]: one for one in old.get("conditions") or ()}
    for kind, word, reason, message in conditions:
        was = known.get(kind) or {}
        since = was["lastTransitionTime"] if was.get("status") == word else plane.stamp()
        known[kind] = {
            "type": kind,
            "status": word,
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        }
    status = {key: old[key] for key in ("lastScaleTime",) if key in old} | counts
    plane.set_status(AUTOSCALERS, own, status | {"conditions": list(known.values())})


CONTROLLER = Controller(NAME, {AUTOSCALERS: map_to_itself}, sync)
