"""Pod status as a kubelet reports it: phase, conditions, addresses and container statuses."""

from __future__ import annotations

from typing import Any

from simulator.controllers.containers import INIT, MAIN, RUNNING, TERMINATED, Run, containers_of, status_of
from simulator.controllers.pods import set_condition
from simulator.store import Object

Condition = dict[str, Any]


def pod_status(pod: Object, runs: list[Run], now: str, *, address: str, host: str) -> dict[str, Any]:
    """`now` is a time as Kubernetes writes it; `address` and `host` are "" where there is none yet."""
    old = pod.get("status") or {}
    spec = {one["name"]: one for one in containers_of(pod)}
    inits, mains = [one for one in runs if one.kind != MAIN], [one for one in runs if one.kind == MAIN]
    is_initialized = all(one.is_done() for one in inits)
    phase = phase_of(pod, inits, mains)
    generation = pod["metadata"].get("generation", 1)
    found = dict(old) | {
        "observedGeneration": generation,
        "phase": phase,
        "startTime": old.get("startTime", now),
    }
    statuses = [
        status_of(one, spec[one.name], is_initialized=is_initialized, is_first=not inits) for one in mains
    ]
    found["containerStatuses"] = statuses
    if inits:
        found["initContainerStatuses"] = [
            status_of(one, spec[one.name], is_initialized=False, is_first=one is inits[0])
            | ({"ready": one.is_done()})
            for one in inits
        ]
    if host:
        found |= {"hostIP": host, "hostIPs": [{"ip": host}]}
    if address:
        found |= {"podIP": address, "podIPs": [{"ip": address}]}
    conditions = old.get("conditions") or []
    for one in _conditions(pod, runs, phase, is_initialized=is_initialized, has_network=bool(address)):
        one |= {"lastProbeTime": None, "lastTransitionTime": now, "observedGeneration": generation}
        conditions = set_condition(conditions, one)
    return found | {"conditions": conditions}


def phase_of(pod: Object, inits: list[Run], mains: list[Run]) -> str:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""
    policy = pod["spec"].get("restartPolicy", "Always")
    if any(one.state == TERMINATED and one.code and one.kind == INIT for one in inits) and policy == "Never":
        return "Failed"
    if not all(one.is_done() or one.state == TERMINATED for one in inits):
        return "Pending"
    if not any(one.state in (RUNNING, TERMINATED) or one.restarts or one.last for one in mains):
        return "Pending"
    if policy == "Always" or not all(one.state == TERMINATED for one in mains):
        return "Running"
    if all(one.code == 0 for one in mains):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _conditions(
    pod: Object, runs: list[Run], phase: str, *, is_initialized: bool, has_network: bool
) -> list[Condition]:
    is_over = phase in ("Succeeded", "Failed")
    unready = [one.name for one in runs if one.kind == MAIN and not one.ready]
    waiting = [one.name for one in runs if one.kind != MAIN and not one.is_done()]
    why: dict[str, str] = {}
    if phase == "Succeeded":
        why = {"reason": "PodCompleted"}
    elif phase == "Failed":
        why = {"reason": "PodFailed"}
    elif unready:
        names = " ".join(unready)
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}
    initialized: Condition = {"type": "Initialized", "status": _bool_text(is_initialized)}
    if not is_initialized:
        text = f"containers with incomplete status: [{' '.join(waiting)}]"
        initialized |= {"reason": "ContainersNotInitialized", "message": text}
    elif phase == "Succeeded":
        initialized["reason"] = "PodCompleted"
    is_ready = not unready and is_initialized and not is_over
    return [
        {"type": "PodReadyToStartContainers", "status": _bool_text(has_network and not is_over)},
        initialized,
        {"type": "Ready", "status": _bool_text(is_ready and _has_passed_gates(pod))}
        | ({} if is_ready else why),
        {"type": "ContainersReady", "status": _bool_text(is_ready)} | ({} if is_ready else why),
    ]


def _has_passed_gates(pod: Object) -> bool:
    """The conditions of readinessGates are set by other clients."""
    desired = [one["conditionType"] for one in pod["spec"].get("readinessGates") or ()]
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return all(any(one["type"] == kind and one["status"] == "True" for one in conditions) for kind in desired)


def _bool_text(value: bool) -> str:
    return "True" if value else "False"
