"""Admission and validation of Jobs and CronJobs: pod labels and schedules."""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.kinds.pod_specs import template_causes
from simulator.writing.kinds.workloads import count_causes
from simulator.writing.names import bad_value, required_value
from simulator.writing.options import WriteOptions

UID, NAME = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"
RESTARTS = 'valid values: "OnFailure", "Never"'


def admit_job(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    """A new Job selects its pods by its uid."""
    spec = thing.get("spec") or {}
    if was is not None or spec.get("manualSelector"):
        return
    metadata = thing["metadata"]
    uid, name = metadata["uid"], metadata.get("name", "")
    own = {UID: uid, NAME: name, "controller-uid": uid, "job-name": name}
    template = spec.setdefault("template", {})
    inner = template.setdefault("metadata", {})
    inner["labels"] = dict(inner.get("labels") or {}) | own
    spec.setdefault("selector", {"matchLabels": {}})
    spec["selector"]["matchLabels"] = dict(spec["selector"].get("matchLabels") or {}) | {UID: uid}
    if not metadata.get("labels"):
        metadata["labels"] = dict(inner["labels"])


def job_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from count_causes(spec, ("parallelism", "completions", "backoffLimit"))
    yield from _template_causes(spec.get("template") or {}, "spec.template")
    if was is None:
        return
    old = was["spec"]
    if old.get("completions") != spec.get("completions") and spec.get("completionMode") != "Indexed":
        yield bad_value("spec.completions", json.dumps(spec.get("completions")), "field is immutable")
    if old.get("selector") != spec.get("selector"):
        shown = json.dumps(spec.get("selector"), separators=(",", ":"), sort_keys=True)
        yield bad_value("spec.selector", shown, "`selector` not auto-generated")
        yield bad_value("spec.selector", shown, "field is immutable")
    is_suspended = old.get("suspend") and not (was.get("status") or {}).get("startTime")
    if old.get("template") != spec.get("template") and not is_suspended:
        yield bad_value(
            "spec.template", json.dumps(spec["template"], separators=(",", ":")), "field is immutable"
        )


def cron_job_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    schedule, zone = spec.get("schedule", ""), spec.get("timeZone")
    if not schedule:
        yield required_value("spec.schedule")
    elif "TZ" in schedule:
        why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield bad_value("spec.schedule", f'"{schedule}"', why)
    elif complaint := find_schedule_error(schedule):
        yield bad_value("spec.schedule", f'"{schedule}"', complaint)
    if zone is not None and not _is_zone(zone):
        yield bad_value("spec.timeZone", f'"{zone}"', f"unknown time zone {zone}")
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    yield from _template_causes(job.get("template") or {}, "spec.jobTemplate.spec.template")


def find_schedule_error(schedule: str) -> str:
    """Of a cron expression; "" is none."""
    if schedule.startswith("@"):
        known = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
        is_known = schedule in known or schedule.startswith("@every ")
        return "" if is_known else f"unrecognized descriptor: {schedule}"
    fields = schedule.split()
    return "" if len(fields) == 5 else f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"


def _template_causes(template: dict[str, Any], path: str) -> Iterator[Cause]:
    yield from template_causes(template, path)
    policy = (template.get("spec") or {}).get("restartPolicy")
    if policy in (None, "", "Always"):
        yield required_value(f"{path}.spec.restartPolicy", RESTARTS)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return False
    return True
