"""CronJob controller: creates Jobs on schedule and deletes old ones beyond the history limits.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.clock import Clock
from simulator.controllers.index import controller_reference
from simulator.controllers.jobs import JOBS, find_finish_time
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import is_going, is_true, parse_timestamp
from simulator.controllers.recorder import reference
from simulator.controllers.schedules import Schedule, parse_schedule
from simulator.requests.statuses import StatusError
from simulator.store import Object
from simulator.writing.deletion import DeleteOptions

CRON_JOBS = ("batch", "cronjobs")
NAME = "cronjob-controller"
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MAX_MISSED = 100


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(CRON_JOBS, namespace, name)
    if own is None or is_going(own):
        return
    jobs = plane.index.list_owned(own, JOBS)
    own = _update_active(plane, own, jobs)
    _clean(plane, own, jobs)
    if own["spec"].get("suspend"):
        return
    try:
        schedule = parse_schedule(own["spec"]["schedule"])
    except ValueError as error:
        text = f'unparseable schedule: "{own["spec"]["schedule"]}" : {error}'
        plane.record_event(own, "UnparseableSchedule", text, NAME, warning=True)
        return
    zone = own["spec"].get("timeZone") or "UTC"
    due = _due(own, schedule, zone, plane.now)
    if due is not None:
        _fire(plane, own, due)
    following = schedule.next_after(plane.now, zone)
    if following is not None:
        plane.requeue_after((NAME, f"{namespace}/{name}"), following - plane.now)


def new_job(own: Object, due: float) -> Object:
    """The Job of one time, which is in its name."""
    template = own["spec"]["jobTemplate"]
    metadata = copy.deepcopy(template.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {}) | {SCHEDULED: Clock.format_timestamp(due)}
    found: Object = {
        "metadata": {
            "name": f"{own['metadata']['name']}-{int(due // 60)}",
            "annotations": annotations,
            "ownerReferences": [controller_reference(own)],
        },
        "spec": copy.deepcopy(template["spec"]),
    }
    if metadata.get("labels"):
        found["metadata"]["labels"] = metadata["labels"]
    return found


def _due(own: Object, schedule: Schedule, zone: str, now: float) -> float | None:
    """The last time that has passed since it fired; those before it are missed."""
    since = parse_timestamp(
        (own.get("status") or {}).get("lastScheduleTime") or own["metadata"]["creationTimestamp"]
    )
    if (deadline := own["spec"].get("startingDeadlineSeconds")) is not None:
        since = max(since, now - deadline)
    found = None
    for _ in range(MAX_MISSED * 20):
        following = schedule.next_after(since, zone)
        if following is None or following > now:
            break
        found = since = following
    return found


def _fire(plane: Plane, own: Object, due: float) -> None:
    policy = own["spec"].get("concurrencyPolicy", "Allow")
    active = (own.get("status") or {}).get("active") or []
    if policy == "Forbid" and active:
        text = "Not starting job because prior execution is running and concurrency policy is Forbid"
        plane.record_event(own, "JobAlreadyActive", text, NAME)
        return
    namespace = own["metadata"]["namespace"]
    if policy == "Replace":
        for one in active:
            if (job := plane.get(JOBS, namespace, one["name"])) is not None:
                _delete(plane, own, job)
    try:
        made = plane.create(JOBS, namespace, new_job(own, due))
    except StatusError as one:
        if one.code != 409:
            plane.record_event(own, "FailedCreate", f"Error creating job: {one.message}", NAME, warning=True)
            raise
        return
    plane.record_event(own, "SuccessfulCreate", f"Created job {made['metadata']['name']}", NAME)
    own = plane.get(CRON_JOBS, namespace, own["metadata"]["name"]) or own
    status = dict(own.get("status") or {}, lastScheduleTime=Clock.format_timestamp(due))
    status["active"] = [*(status.get("active") or ()), reference(made)]
    plane.set_status(CRON_JOBS, own, status)


def _update_active(plane: Plane, own: Object, jobs: list[Object]) -> Object:
    """Records an Event for each Job that is over, and drops it from the active ones."""
    status: dict[str, Any] = dict(own.get("status") or {})
    by_uid = {one["metadata"]["uid"]: one for one in jobs}
    left = []
    for one in status.get("active") or ():
        job = by_uid.get(one["uid"])
        if job is None:
            plane.record_event(own, "MissingJob", f"Active job went missing: {one['name']}", NAME)
        elif find_finish_time(job) is None:
            left.append(one)
        else:
            kind = "Complete" if is_true(job, "Complete") else "Failed"
            text = f"Saw completed job: {one['name']}, condition: {kind}"
            plane.record_event(own, "SawCompletedJob", text, NAME)
            finished_at = (job.get("status") or {}).get("completionTime", "")
            if kind == "Complete" and finished_at > status.get("lastSuccessfulTime", ""):
                status["lastSuccessfulTime"] = finished_at
    status["active"] = left or None
    return plane.set_status(CRON_JOBS, own, status)


def _clean(plane: Plane, own: Object, jobs: list[Object]) -> None:
    """No more than the history's limits."""
    for kind, key, usual in (
        ("Complete", "successfulJobsHistoryLimit", 3),
        ("Failed", "failedJobsHistoryLimit", 1),
    ):
        over = [one for one in jobs if is_true(one, kind) and not is_going(one)]
        over.sort(key=lambda one: (one["status"].get("startTime", ""), one["metadata"]["name"]))
        for one in over[: max(len(over) - own["spec"].get(key, usual), 0)]:
            _delete(plane, own, one)


def _delete(plane: Plane, own: Object, job: Object) -> None:
    plane.delete(JOBS, job, DeleteOptions(policy="Background"))
    plane.record_event(own, "SuccessfulDelete", f"Deleted job {job['metadata']['name']}", NAME)


CONTROLLER = Controller(NAME, {CRON_JOBS: map_to_itself, JOBS: map_to_owner("CronJob")}, sync)
