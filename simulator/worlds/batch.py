"""History of a world's Jobs and CronJobs: their last runs, with pods."""

from __future__ import annotations

from typing import Any

from simulator.clock import Clock
from simulator.controllers.containers import TERMINATED, runs_of
from simulator.controllers.cronjobs import new_job
from simulator.controllers.jobs import BACKOFF_LIMIT_EXCEEDED, COMPLETIONS_REACHED
from simulator.controllers.pods import new_pod
from simulator.controllers.schedules import Schedule, parse_schedule
from simulator.store import Object
from simulator.worlds.apps import build_workload
from simulator.worlds.builder import CONTROLLER, Builder, set_owner_fields
from simulator.worlds.checking import WorldError
from simulator.worlds.files import Plan

SUCCESSFUL_HISTORY_LIMIT, FAILED_HISTORY_LIMIT = 3, 1
DAY = 86_400.0
MAX_LOOKBACK = 32 * DAY


def settle_cron_job(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    own = builder.put(build_workload(plan, app), since)
    try:
        schedule = parse_schedule(own["spec"]["schedule"])
    except ValueError as error:
        raise WorldError(f"{plan.file}: apps ({app['name']}).schedule: {error}") from None
    if own["spec"].get("suspend"):
        return
    fails = _fails(app)
    due = _last_times(
        schedule,
        own["spec"].get("timeZone") or "UTC",
        builder.now,
        FAILED_HISTORY_LIMIT if fails else SUCCESSFUL_HISTORY_LIMIT,
    )
    status: dict[str, Any] = {}
    for scheduled_at in due:
        if scheduled_at > since:
            job = set_owner_fields(new_job(own, scheduled_at), own, "batch/v1", "Job")
            finished_at = _add_job(builder, app, job, scheduled_at)
            status["lastScheduleTime"] = Clock.format_timestamp(scheduled_at)
            if not fails:
                status["lastSuccessfulTime"] = Clock.format_timestamp(finished_at)
    builder.cluster.store.put(("batch", "cronjobs"), own | {"status": status})


def settle_job(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    if "age" not in app:
        since = builder.now - builder.random_between(2 * 3600.0, 5 * DAY)
    _add_job(builder, app, build_workload(plan, app), since)


def _last_times(schedule: Schedule, zone: str, now: float, count: int) -> list[float]:
    """The last times that it fired, oldest first; looked for further and further back."""
    back = 3600.0
    while back <= MAX_LOOKBACK:
        found: list[float] = []
        scheduled_at = schedule.next_after(now - back, zone)
        while scheduled_at is not None and scheduled_at < now - 30:
            found.append(scheduled_at)
            scheduled_at = schedule.next_after(scheduled_at, zone)
        if len(found) >= count:
            return found[-count:]
        back *= 8
    return found[-count:]


def _fails(app: dict[str, Any]) -> bool:
    behavior = app.get("behavior") or {}
    return bool(behavior.get("code")) and behavior.get("share", 1) == 1


def _add_job(builder: Builder, app: dict[str, Any], thing: Object, timestamp: float) -> float:
    """Run and over; answers when."""
    fails = _fails(app)
    own = builder.put(thing, timestamp, manager=CONTROLLER)
    spec = own["spec"]
    count = spec.get("backoffLimit", 6) + 1 if fails else spec.get("completions") or 1
    checked = builder.validate(set_owner_fields(new_pod(spec["template"], own), own, "v1", "Pod"), CONTROLLER)
    started_at = timestamp + 1
    finished_at = started_at
    for _ in range(count):
        finished_at = started_at + builder.random_between(6.0, 40.0)
        _add_finished_pod(builder, app, checked, started_at, finished_at, fails=fails)
        if fails or count > spec.get("parallelism", 1):
            started_at = finished_at + 10
    _finish(builder, own, count, timestamp, finished_at + 2, fails=fails)
    return finished_at + 2


def _add_finished_pod(
    builder: Builder, app: dict[str, Any], checked: Object, started_at: float, finished: float, *, fails: bool
) -> None:
    node = builder.choose_node(checked)
    pod = builder.bind_pod(checked, node, started_at)
    runs = runs_of(pod)
    behavior = app.get("behavior") or {}
    for run in runs:
        builder.start(run, started_at + 2)
        run.state, run.ready, run.finished = TERMINATED, False, float(int(finished))
        run.code = int(behavior["code"]) if fails else 0
        run.reason = "Error" if fails else "Completed"
        run.message = str(behavior.get("message", "")) if fails else ""
    builder.set_pod_status(pod, node, runs, finished + 1)


def _finish(
    builder: Builder, own: Object, count: int, started_at: float, finished: float, *, fails: bool
) -> None:
    kinds, words = (
        (("FailureTarget", "Failed"), BACKOFF_LIMIT_EXCEEDED)
        if fails
        else (("SuccessCriteriaMet", "Complete"), COMPLETIONS_REACHED)
    )
    stamp = Clock.format_timestamp(finished)
    conditions = [
        {
            "type": kind,
            "status": "True",
            "lastProbeTime": stamp,
            "lastTransitionTime": stamp,
            "reason": words[0],
            "message": words[1],
        }
        for kind in kinds
    ]
    status: dict[str, Any] = {"startTime": Clock.format_timestamp(started_at), "conditions": conditions}
    status |= {"failed": count} if fails else {"succeeded": count, "completionTime": stamp}
    status |= {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
    builder.cluster.store.put(("batch", "jobs"), own | {"status": status})
