"""What has become of a world's Jobs and CronJobs? The last ones that ran, with their pods."""

from __future__ import annotations

from typing import Any

from simulator.clock import Clock
from simulator.keeping.controllers.containers import runs_of
from simulator.keeping.controllers.cronjobs import job_of
from simulator.keeping.controllers.jobs import LIMIT, REACHED
from simulator.keeping.controllers.pods import new_pod
from simulator.keeping.controllers.schedules import Schedule, read
from simulator.store import Object
from simulator.worlds.apps import workload
from simulator.worlds.builder import CONTROLLER, Builder, complete_with
from simulator.worlds.checking import WorldError
from simulator.worlds.files import Plan

KEPT, KEPT_FAILED = 3, 1
DAY = 86_400.0
LONGEST_LOOK = 32 * DAY


def settle_cron_job(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    own = builder.put(workload(plan, app), since)
    try:
        schedule = read(own["spec"]["schedule"])
    except ValueError as error:
        raise WorldError(f"{plan.file}: apps ({app['name']}).schedule: {error}") from None
    if own["spec"].get("suspend"):
        return
    fails = _fails(app)
    due = _last(schedule, own["spec"].get("timeZone") or "UTC", builder.now, KEPT_FAILED if fails else KEPT)
    status: dict[str, Any] = {}
    for moment in due:
        if moment > since:
            wanted = complete_with(job_of(own, moment), own, "batch/v1", "Job")
            ended = _job(builder, app, wanted, moment)
            status["lastScheduleTime"] = Clock.written(moment)
            if not fails:
                status["lastSuccessfulTime"] = Clock.written(ended)
    builder.cluster.store.put(("batch", "cronjobs"), own | {"status": status})


def settle_job(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    if "age" not in app:
        since = builder.now - builder.between(2 * 3600.0, 5 * DAY)
    _job(builder, app, workload(plan, app), since)


def _last(schedule: Schedule, zone: str, now: float, count: int) -> list[float]:
    """The last times that it fired, oldest first; looked for further and further back."""
    back = 3600.0
    while back <= LONGEST_LOOK:
        found: list[float] = []
        moment = schedule.after(now - back, zone)
        while moment is not None and moment < now - 30:
            found.append(moment)
            moment = schedule.after(moment, zone)
        if len(found) >= count:
            return found[-count:]
        back *= 8
    return found[-count:]


def _fails(app: dict[str, Any]) -> bool:
    behaves = app.get("behaves") or {}
    return bool(behaves.get("code")) and behaves.get("share", 1) == 1


def _job(builder: Builder, app: dict[str, Any], wanted: Object, moment: float) -> float:
    """Run and over; answers when."""
    fails = _fails(app)
    own = builder.put(wanted, moment, manager=CONTROLLER)
    spec = own["spec"]
    count = spec.get("backoffLimit", 6) + 1 if fails else spec.get("completions") or 1
    checked = builder.checked(complete_with(new_pod(spec["template"], own), own, "v1", "Pod"), CONTROLLER)
    began = moment + 1
    ended = began
    for _ in range(count):
        ended = began + builder.between(6.0, 40.0)
        _over(builder, app, checked, began, ended, fails=fails)
        if fails or count > spec.get("parallelism", 1):
            began = ended + 10
    _finish(builder, own, count, moment, ended + 2, fails=fails)
    return ended + 2


def _over(
    builder: Builder, app: dict[str, Any], checked: Object, began: float, ended: float, *, fails: bool
) -> None:
    node = builder.node_for(checked)
    pod = builder.bound(checked, node, began)
    runs = runs_of(pod)
    behaves = app.get("behaves") or {}
    for run in runs:
        builder.start(run, began + 2)
        run.state, run.ready, run.finished = "ended", False, float(int(ended))
        run.code = int(behaves["code"]) if fails else 0
        run.reason = "Error" if fails else "Completed"
        run.message = str(behaves.get("message", "")) if fails else ""
    builder.told(pod, node, runs, ended + 1)


def _finish(builder: Builder, own: Object, count: int, began: float, ended: float, *, fails: bool) -> None:
    kinds, words = (
        (("FailureTarget", "Failed"), LIMIT) if fails else (("SuccessCriteriaMet", "Complete"), REACHED)
    )
    stamp = Clock.written(ended)
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
    status: dict[str, Any] = {"startTime": Clock.written(began), "conditions": conditions}
    status |= {"failed": count} if fails else {"succeeded": count, "completionTime": stamp}
    status |= {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
    builder.cluster.store.put(("batch", "jobs"), own | {"status": status})
