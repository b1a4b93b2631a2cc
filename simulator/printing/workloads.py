"""Table printers of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.ages import age, duration, parse_time
from simulator.printing.parts import (
    NONE,
    age_of,
    boolean_text,
    containers,
    has_true,
    is_deleting,
    labels_text,
    name,
    selector_text,
    spec,
    status,
)
from simulator.schemas.resources import Object

# What a Job is, by the first condition that is true: those that end it, then (where it is not being deleted) the others
_ENDS = ("Complete", "Failed")
_STEPS = ("Suspended", "FailureTarget", "SuccessCriteriaMet")


def deployment(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    return [
        name(thing),
        f"{seen.get('readyReplicas', 0)}/{_replicas(desired)}",
        seen.get("updatedReplicas", 0),
        seen.get("availableReplicas", 0),
        age_of(thing, now),
        *containers(desired.get("template")),
        selector_text(desired.get("selector")),
    ]


def replica_set(thing: Object, now: datetime.datetime) -> list[Any]:
    return [*_counts(thing, now), selector_text(spec(thing).get("selector")) or NONE]


def replication_controller(thing: Object, now: datetime.datetime) -> list[Any]:
    return [*_counts(thing, now), labels_text(spec(thing).get("selector"))]


def stateful_set(thing: Object, now: datetime.datetime) -> list[Any]:
    ready = f"{status(thing).get('readyReplicas', 0)}/{_replicas(spec(thing))}"
    return [name(thing), ready, age_of(thing, now), *containers(spec(thing).get("template"))]


def daemon_set(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        name(thing),
        *(seen.get(one, 0) for one in counts),
        labels_text(spec(desired.get("template") or {}).get("nodeSelector")),
        age_of(thing, now),
        *containers(desired.get("template")),
        selector_text(desired.get("selector")) or NONE,
    ]


def job(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    return [
        name(thing),
        _job_status(thing),
        _completions(desired, status(thing)),
        _duration(status(thing), now),
        age_of(thing, now),
        *containers(desired.get("template")),
        selector_text(desired.get("selector")) or NONE,
    ]


def cron_job(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    of_job = spec(desired.get("jobTemplate") or {})
    last = seen.get("lastScheduleTime")
    return [
        name(thing),
        desired.get("schedule", ""),
        NONE if desired.get("timeZone") is None else desired["timeZone"],
        boolean_text(desired.get("suspend")),
        len(seen.get("active") or ()),
        age(last, now) if last else NONE,
        age_of(thing, now),
        *containers(of_job.get("template")),
        selector_text(of_job.get("selector")) or NONE,
    ]


def controller_revision(thing: Object, now: datetime.datetime) -> list[Any]:
    owner = NONE
    for one in thing["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            group, _, _ = one.get("apiVersion", "").rpartition("/")
            kind = one.get("kind", "") + (f".{group}" if group else "")
            owner = f"{kind.lower()}/{one.get('name', '')}"
            break
    return [name(thing), owner, thing.get("revision", 0), age_of(thing, now)]


def pod_template(thing: Object, _now: datetime.datetime) -> list[Any]:
    template = thing.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [name(thing), *containers(template), labels_text(labels)]


def _replicas(desired: Object) -> int:
    """Defaulted to 1 when it is written."""
    replicas: int = desired.get("replicas", 1)
    return replicas


def _counts(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    counts = [_replicas(desired), seen.get("replicas", 0), seen.get("readyReplicas", 0)]
    return [name(thing), *counts, age_of(thing, now), *containers(desired.get("template"))]


def _job_status(thing: Object) -> str:
    conditions = status(thing).get("conditions")
    for one in _ENDS:
        if has_true(conditions, one):
            return one
    if is_deleting(thing):
        return "Terminating"
    return next((one for one in _STEPS if has_true(conditions, one)), "Running")


def _completions(desired: Object, seen: Object) -> str:
    done = seen.get("succeeded", 0)
    if desired.get("completions") is not None:
        return f"{done}/{desired['completions']}"
    parallel = desired.get("parallelism") or 0
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _duration(seen: Object, now: datetime.datetime) -> str:
    """Until now where it is not complete; "" before it has begun."""
    if not seen.get("startTime"):
        return ""
    begin = parse_time(seen["startTime"])
    end = parse_time(seen["completionTime"]) if seen.get("completionTime") else now
    return duration((end - begin).total_seconds())
