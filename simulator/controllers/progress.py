"""Deployment status: replica counts, Available and Progressing conditions, progress deadline."""

from __future__ import annotations

from typing import Any

from simulator.controllers.plane import Plane
from simulator.controllers.pods import parse_timestamp
from simulator.controllers.rollouts import bounds
from simulator.store import Object

Condition = dict[str, Any]
_AVAILABLE = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
_UNAVAILABLE = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")


def deployment_status(
    plane: Plane, own: Object, new: Object | None, olds: list[Object], *, is_rollout: bool
) -> tuple[dict[str, Any], float | None]:
    """The status, and after how many seconds its progress is to be checked again."""
    status = _count_replicas(own, new, olds)
    enough = status["availableReplicas"] >= own["spec"]["replicas"] - bounds(own)[1]
    updated = new_condition(plane, "Available", *(_AVAILABLE if enough else _UNAVAILABLE))
    conditions = _set((own.get("status") or {}).get("conditions") or [], updated)
    seconds = None
    if is_rollout:
        conditions, seconds = _update_progress(plane, own, new, status, conditions)
        conditions = _copy_replica_failure(plane, new, olds, conditions)
    status["conditions"] = conditions
    optional = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    return {key: value for key, value in status.items() if value or key not in optional}, seconds


def new_condition(plane: Plane, kind: str, status: str, reason: str, message: str) -> Condition:
    now = plane.stamp()
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def is_complete(own: Object, status: dict[str, Any] | None = None) -> bool:
    """All replicas are of the new template, available, and nothing else is there."""
    found = status if status is not None else own.get("status") or {}
    desired = own["spec"]["replicas"]
    counts = (found.get(key, 0) for key in ("updatedReplicas", "replicas", "availableReplicas"))
    is_seen = found.get("observedGeneration", 0) >= own["metadata"].get("generation", 1)
    return is_seen and all(one == desired for one in counts)


def _count_replicas(own: Object, new: Object | None, olds: list[Object]) -> dict[str, Any]:
    everything = [one for one in [*olds, new] if one is not None]
    statuses = [one.get("status") or {} for one in everything]
    available = sum(one.get("availableReplicas", 0) for one in statuses)
    sized = sum(one["spec"].get("replicas", 0) for one in everything)
    found = {
        "observedGeneration": own["metadata"].get("generation", 1),
        "replicas": sum(one.get("replicas", 0) for one in statuses),
        "updatedReplicas": ((new or {}).get("status") or {}).get("replicas", 0),
        "readyReplicas": sum(one.get("readyReplicas", 0) for one in statuses),
        "availableReplicas": available,
        "unavailableReplicas": max(sized - available, 0),
    }
    if statuses and all("terminatingReplicas" in one for one in statuses):
        found["terminatingReplicas"] = sum(one["terminatingReplicas"] for one in statuses)
    if collisions := (own.get("status") or {}).get("collisionCount"):
        found["collisionCount"] = collisions
    return found


def _update_progress(
    plane: Plane, own: Object, new: Object | None, status: dict[str, Any], conditions: list[Condition]
) -> tuple[list[Condition], float | None]:
    deadline = own["spec"].get("progressDeadlineSeconds")
    if deadline is None:
        return [one for one in conditions if one["type"] != "Progressing"], None
    there = next((one for one in conditions if one["type"] == "Progressing"), None)
    reason = there["reason"] if there is not None else ""
    if status["replicas"] == status["updatedReplicas"] and reason == "NewReplicaSetAvailable":
        return conditions, None
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{own["metadata"]["name"]}"'
    if is_complete(own, status):
        text = f"{name} has successfully progressed."
        return _set(
            conditions, new_condition(plane, "Progressing", "True", "NewReplicaSetAvailable", text)
        ), None
    if _has_progressed(own, status):
        updated = new_condition(plane, "Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.")
        if there is not None and there["status"] == "True":
            updated["lastTransitionTime"] = there["lastTransitionTime"]
        return [*(one for one in conditions if one["type"] != "Progressing"), updated], deadline + 1
    return _check_deadline(plane, name, conditions, there, deadline)


def _check_deadline(
    plane: Plane, name: str, conditions: list[Condition], there: Condition | None, deadline: float
) -> tuple[list[Condition], float | None]:
    """Where nothing has gone on for longer than the deadline."""
    if there is None or there["reason"] in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
        return conditions, None
    left = parse_timestamp(there.get("lastUpdateTime")) + deadline - plane.now
    if left > 0:
        return conditions, left + 1
    text = f"{name} has timed out progressing."
    updated = new_condition(plane, "Progressing", "False", "ProgressDeadlineExceeded", text)
    return _set(conditions, updated), None


def _has_progressed(own: Object, status: dict[str, Any]) -> bool:
    old = own.get("status") or {}
    was_old = old.get("replicas", 0) - old.get("updatedReplicas", 0)
    is_old = status["replicas"] - status["updatedReplicas"]
    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return bool(is_old < was_old or any(status[key] > old.get(key, 0) for key in more))


def _copy_replica_failure(
    plane: Plane, new: Object | None, olds: list[Object], conditions: list[Condition]
) -> list[Condition]:
    """A ReplicaSet's ReplicaFailure condition is the Deployment's too."""
    for one in [new, *olds]:
        for each in ((one or {}).get("status") or {}).get("conditions") or ():
            if each["type"] == "ReplicaFailure":
                updated = new_condition(
                    plane, "ReplicaFailure", each["status"], each["reason"], each["message"]
                )
                return _set(conditions, updated)
    return [one for one in conditions if one["type"] != "ReplicaFailure"]


def _set(conditions: list[Condition], new: Condition) -> list[Condition]:
    """A condition of the same status and reason stays as it is; another goes to the end."""
    there = next((one for one in conditions if one["type"] == new["type"]), None)
    if there is not None and (there["status"], there["reason"]) == (new["status"], new["reason"]):
        return conditions
    if there is not None and there["status"] == new["status"]:
        new = new | {"lastTransitionTime": there["lastTransitionTime"]}
    return [*(one for one in conditions if one["type"] != new["type"]), new]
