"""Job controller: creates pods, counts finished ones, completes or fails the Job.

https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

from typing import Any

from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import (
    is_active,
    is_going,
    is_over,
    is_ready,
    is_true,
    new_pod,
    parse_timestamp,
    phase,
)
from simulator.requests.statuses import StatusError
from simulator.store import Object

JOBS = ("batch", "jobs")
NAME = "job-controller"
TRACKING = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
FIRST_DELAY, LONGEST_DELAY = 10.0, 600.0
END, GOAL = ("Complete", "Failed"), ("SuccessCriteriaMet", "FailureTarget")
COMPLETIONS_REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")
BACKOFF_LIMIT_EXCEEDED = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
DEADLINE_EXCEEDED = ("DeadlineExceeded", "Job was active longer than specified deadline")
ReasonAndMessage = tuple[str, str]  # reason and message


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(JOBS, namespace, name)
    if own is None:
        return
    if find_finish_time(own) is not None:
        _release(plane, own)
        _expire(plane, own)
        return
    if is_going(own):
        _release(plane, own)
        return
    status = _count_finished(plane, own)
    pods = plane.index.list_owned(own, PODS)
    if own["spec"].get("suspend"):
        _suspend(plane, own, status, pods)
        return
    status.setdefault("startTime", plane.stamp())
    ending = _find_ending(plane, own, status, pods)
    if ending is None:
        error = _manage(plane, own, status, pods)
        _update_status(plane, own, status)
        if error is not None:
            raise error
        return
    _finish(plane, own, status, pods, *ending)


def find_finish_time(job: Object) -> float | None:
    """When it was complete or had failed; None while it goes on."""
    for one in (job.get("status") or {}).get("conditions") or ():
        if one["type"] in END and one["status"] == "True":
            return parse_timestamp(one["lastTransitionTime"])
    return None


# --- counting


def _count_finished(plane: Plane, own: Object) -> dict[str, Any]:
    """The status with the pods that are over since; each is counted once, by its finalizer."""
    status = dict(own.get("status") or {})
    indexes = _indexes(status.get("completedIndexes", ""))
    for pod in plane.index.list_owned(own, PODS):
        if TRACKING not in (pod["metadata"].get("finalizers") or ()) or not (is_over(pod)):
            continue
        key = "succeeded" if phase(pod) == "Succeeded" else "failed"
        index = (pod["metadata"].get("annotations") or {}).get(INDEX)
        if key == "succeeded" and index is not None:
            indexes.add(int(index))
            status["succeeded"] = len(indexes)
        else:
            status[key] = status.get(key, 0) + 1
        _untrack(plane, pod)
    if indexes:
        status["completedIndexes"] = _ranges(indexes)
    status["uncountedTerminatedPods"] = {}
    return status


def _untrack(plane: Plane, pod: Object) -> None:
    def released(old: Object) -> Object:
        left = [one for one in old["metadata"].get("finalizers") or () if one != TRACKING]
        metadata = {key: value for key, value in old["metadata"].items() if key != "finalizers"}
        return old | {"metadata": metadata | ({"finalizers": left} if left else {})}

    try:
        plane.update(PODS, pod, released)
    except StatusError as one:
        if one.code != 404:
            raise


def _release(plane: Plane, own: Object) -> None:
    """Removes the finalizers of its pods."""
    for pod in plane.index.list_owned(own, PODS):
        if TRACKING in (pod["metadata"].get("finalizers") or ()) and (is_over(pod) or is_going(pod)):
            _untrack(plane, pod)


def _indexes(text: str) -> set[int]:
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _ranges(indexes: set[int]) -> str:
    found: list[list[int]] = []
    for one in sorted(indexes):
        if found and found[-1][1] == one - 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return ",".join(f"{a}" if a == b else f"{a},{b}" if b == a + 1 else f"{a}-{b}" for a, b in found)


# --- going on


def _manage(plane: Plane, own: Object, status: dict[str, Any], pods: list[Object]) -> StatusError | None:
    """As many pods at once as parallelism says, and no more than are still needed."""
    spec = own["spec"]
    active = [one for one in pods if is_active(one)]
    desired = spec.get("parallelism", 1)
    if spec.get("completions") is not None:
        desired = min(desired, spec["completions"] - status.get("succeeded", 0))
    elif status.get("succeeded"):
        desired = 0
    for one in active[max(desired, 0) :]:
        plane.delete(PODS, one)
        plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)
    missing = max(desired - len(active), 0)
    if missing and (seconds := _delay(plane, own, status, pods)) > 0:
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), seconds)
        return None
    try:
        for index in _free_indexes(own, status, active, missing):
            made = plane.create(PODS, own["metadata"]["namespace"], _pod(plane, own, index))
            plane.record_event(own, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", NAME)
    except StatusError as one:
        plane.record_event(own, "FailedCreate", f"Error creating: {one.message}", NAME, warning=True)
        return one
    return None


def _delay(plane: Plane, own: Object, status: dict[str, Any], pods: list[Object]) -> float:
    """After pods that failed the next waits: ten seconds, then twice as long each time."""
    failed = [one for one in pods if phase(one) == "Failed"]
    if not failed or not status.get("failed"):
        return 0.0
    ends = [
        parse_timestamp(state["finishedAt"])
        for one in failed
        for each in (one.get("status") or {}).get("containerStatuses") or ()
        if (state := (each.get("state") or {}).get("terminated")) is not None
    ]
    delay = min(FIRST_DELAY * float(2 ** min(status["failed"] - 1, 10)), LONGEST_DELAY)
    return max(ends, default=0.0) + delay - plane.now


def _free_indexes(own: Object, status: dict[str, Any], active: list[Object], count: int) -> list[int | None]:
    if own["spec"].get("completionMode") != "Indexed":
        return [None] * count
    taken = _indexes(status.get("completedIndexes", ""))
    taken |= {int((one["metadata"].get("annotations") or {}).get(INDEX, -1)) for one in active}
    free = [one for one in range(own["spec"].get("completions") or 0) if one not in taken]
    return [*free[:count]]


def _pod(plane: Plane, own: Object, index: int | None) -> Object:
    pod = new_pod(own["spec"]["template"], own)
    metadata, name = pod["metadata"], own["metadata"]["name"]
    metadata["finalizers"] = [*(metadata.get("finalizers") or ()), TRACKING]
    if index is not None:
        metadata["labels"] = dict(metadata.get("labels") or {}) | {INDEX: str(index)}
        metadata["annotations"] = dict(metadata.get("annotations") or {}) | {INDEX: str(index)}
        metadata["generateName"] = f"{name}-{index}-"
        pod["spec"]["hostname"] = f"{name}-{index}"
        for one in pod["spec"]["containers"]:
            field = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
            one["env"] = [*(one.get("env") or ()), {"name": "JOB_COMPLETION_INDEX", "valueFrom": field}]
    return pod


def _suspend(plane: Plane, own: Object, status: dict[str, Any], pods: list[Object]) -> None:
    active = [one for one in pods if is_active(one)]
    for one in active:
        plane.delete(PODS, one)
        plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)
    if not is_true(own, "Suspended"):
        new = _condition(plane, "Suspended", "JobSuspended", "Job suspended")
        status["conditions"] = [*(status.get("conditions") or ()), new]
        plane.record_event(own, "Suspended", "Job suspended", NAME)
    status.pop("startTime", None)
    _update_status(plane, own, status)


# --- ending


def _find_ending(
    plane: Plane, own: Object, status: dict[str, Any], pods: list[Object]
) -> tuple[bool, ReasonAndMessage] | None:
    """Whether it is complete (or has failed), and in which words; None while it goes on."""
    spec = own["spec"]
    succeeded, failed = status.get("succeeded", 0), status.get("failed", 0)
    restarts = sum(
        each.get("restartCount", 0)
        for one in pods
        if spec["template"]["spec"].get("restartPolicy") == "OnFailure" and is_active(one)
        for each in (one.get("status") or {}).get("containerStatuses") or ()
    )
    if failed + restarts > spec.get("backoffLimit", 6):
        return False, BACKOFF_LIMIT_EXCEEDED
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        left = parse_timestamp(status["startTime"]) + deadline - plane.now
        if left <= 0:
            return False, DEADLINE_EXCEEDED
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), left)
    completions = spec.get("completions")
    active = any(is_active(one) for one in pods)
    is_complete = succeeded >= completions if completions is not None else succeeded and not active
    return (True, COMPLETIONS_REACHED) if is_complete else None


def _finish(
    plane: Plane,
    own: Object,
    status: dict[str, Any],
    pods: list[Object],
    is_complete: bool,
    words: ReasonAndMessage,
) -> None:
    """Pods that still run go first; when they are gone, it is over."""
    for one in pods:
        if is_active(one):
            plane.delete(PODS, one)
            plane.record_event(own, "SuccessfulDelete", f"Deleted pod: {one['metadata']['name']}", NAME)
    conditions = [one for one in status.get("conditions") or () if one["type"] not in (*END, *GOAL)]
    new = _condition(plane, GOAL[not is_complete], *words)
    old = [one for one in status.get("conditions") or () if one["type"] == new["type"]]
    status["conditions"] = [*conditions, *(old or [new])]
    if any(not is_over(one) for one in plane.index.list_owned(own, PODS)):
        _update_status(plane, own, status)
        return
    status["conditions"].append(_condition(plane, END[not is_complete], *words))
    if is_complete:
        status["completionTime"] = plane.stamp()
        plane.record_event(own, "Completed", "Job completed", NAME)
    else:
        plane.record_event(own, *words, NAME, warning=True)
    own = _update_status(plane, own, status)
    _expire(plane, own)


def _expire(plane: Plane, own: Object) -> None:
    """ttlSecondsAfterFinished."""
    seconds, finished = own["spec"].get("ttlSecondsAfterFinished"), find_finish_time(own)
    if seconds is None or finished is None or is_going(own):
        return
    left = finished + seconds - plane.now
    if left <= 0:
        plane.delete(JOBS, own)
    else:
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), left)


def _update_status(plane: Plane, own: Object, status: dict[str, Any]) -> Object:
    pods = plane.index.list_owned(own, PODS)
    active = [one for one in pods if is_active(one)]
    status["active"] = len(active) or None
    status["ready"] = sum(is_ready(one) for one in active)
    status["terminating"] = sum(is_going(one) and not is_over(one) for one in pods)
    return plane.set_status(JOBS, own, status)


def _condition(plane: Plane, kind: str, reason: str, message: str) -> dict[str, Any]:
    now = plane.stamp()
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


CONTROLLER = Controller(NAME, {JOBS: map_to_itself, PODS: map_to_owner("Job")}, sync)
