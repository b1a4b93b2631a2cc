"""Pod helpers of controllers: active, ready, available, and new pods from a template."""

from __future__ import annotations

import copy
import datetime
from typing import Any

from simulator.controllers.index import controller_reference
from simulator.store import Object

Condition = dict[str, Any]


def phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_over(pod: Object) -> bool:
    return phase(pod) in ("Succeeded", "Failed")


def is_going(thing: Object) -> bool:
    return "deletionTimestamp" in thing["metadata"]


def is_active(pod: Object) -> bool:
    return not is_over(pod) and not is_going(pod)


def is_bound(pod: Object) -> bool:
    return bool((pod.get("spec") or {}).get("nodeName"))


def condition(thing: Object, kind: str) -> Condition | None:
    for one in (thing.get("status") or {}).get("conditions") or ():
        if one["type"] == kind:
            found: Condition = one
            return found
    return None


def is_true(thing: Object, kind: str) -> bool:
    found = condition(thing, kind)
    return found is not None and found["status"] == "True"


def is_ready(pod: Object) -> bool:
    return is_true(pod, "Ready")


def seconds_until_available(pod: Object, seconds: int, now: float) -> float | None:
    """How long until it has been ready for so many seconds: 0 is now; None where it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found["status"] != "True":
        return None
    return max(parse_timestamp(found["lastTransitionTime"]) + seconds - now, 0.0) if seconds else 0.0


def parse_timestamp(stamp: str | None) -> float:
    """Seconds since 1970; 0 where there is none."""
    if not stamp:
        return 0.0
    return datetime.datetime.fromisoformat(stamp).timestamp()


def new_pod(template: Object, owner: Object, name: str = "", **labels: str) -> Object:
    """Of a template, with its owner as controller; without a name, one is generated after the owner's."""
    metadata = copy.deepcopy(template.get("metadata") or {})
    metadata = {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)}
    metadata["ownerReferences"] = [controller_reference(owner)]
    if labels:
        metadata["labels"] = dict(metadata.get("labels") or {}) | labels
    if name:
        metadata["name"] = name
    else:
        metadata["generateName"] = f"{owner['metadata']['name']}-"
    return {"metadata": metadata, "spec": copy.deepcopy(template.get("spec") or {})}


def deletion_rank(pod: Object) -> tuple[Any, ...]:
    """How pods are sorted when some are too many: those that lose least by it come first.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_utils.go (ActivePods)
    """
    order = {"Pending": 0, "Unknown": 1, "Running": 2}
    annotations = pod["metadata"].get("annotations") or {}
    cost = annotations.get("controller.kubernetes.io/pod-deletion-cost", "0")
    ready = condition(pod, "Ready")
    since = ready["lastTransitionTime"] if ready and ready["status"] == "True" else ""
    restarts = max((one["restartCount"] for one in container_statuses(pod)), default=0)
    return (
        is_bound(pod),
        order.get(phase(pod), 2),
        is_ready(pod),
        int(cost) if cost.lstrip("-").isdigit() else 0,
        _newest_first_key(since),
        -restarts,
        _newest_first_key(pod["metadata"]["creationTimestamp"]),
        pod["metadata"]["name"],
    )


def container_statuses(pod: Object) -> list[dict[str, Any]]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _newest_first_key(stamp: str) -> float:
    return -parse_timestamp(stamp)


def set_condition(conditions: list[Condition], new: Condition) -> list[Condition]:
    """In its place where there was one; a lastTransitionTime stays where the status does."""
    found = []
    is_there = False
    for one in conditions:
        if one["type"] != new["type"]:
            found.append(one)
            continue
        is_there = True
        updated = dict(new)
        if one["status"] == new["status"] and "lastTransitionTime" in one:
            updated["lastTransitionTime"] = one["lastTransitionTime"]
        found.append(updated)
    return found if is_there else [*found, new]
