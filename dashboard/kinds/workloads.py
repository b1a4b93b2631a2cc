"""Summaries of workloads: desired and ready replicas, and rollout status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import dig, mapping, mappings, number, text, texts
from dashboard.kinds.kind import Cell, KindSummary, SmallTable, SummaryField, make_summary_fields, table

KubernetesObject = Mapping[str, Any]


def summarize_workload(found: KubernetesObject, links: Links) -> KindSummary:
    """Deployment, ReplicaSet, StatefulSet, ReplicationController."""
    desired = number(found, "spec", "replicas")
    desired = 1 if desired is None else desired
    status = mapping(found, "status")
    ready, updated = number(status, "readyReplicas") or 0, number(status, "updatedReplicas")
    strategy = mapping(found, "spec", "strategy") or mapping(found, "spec", "updateStrategy")
    return KindSummary(
        [
            SummaryField(_("Ready"), f"{ready}/{desired}", "ok" if ready >= desired else "warning"),
            *make_summary_fields(
                (_("Up-to-date"), updated),
                (_("Available"), number(status, "availableReplicas")),
                (_("Strategy"), text(strategy, "type")),
                (_("Revision"), text(found, "metadata", "annotations", "deployment.kubernetes.io/revision")),
                (_("Paused"), _("Yes") if dig(found, "spec", "paused") is True else ""),
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _rollout(found, desired, ready, updated),
    )


def summarize_daemon_set(found: KubernetesObject, links: Links) -> KindSummary:
    """One pod on each node that it is meant for."""
    status = mapping(found, "status")
    desired = number(status, "desiredNumberScheduled") or 0
    ready = number(status, "numberReady") or 0
    return KindSummary(
        [
            SummaryField(_("Ready"), f"{ready}/{desired}", "ok" if ready >= desired else "warning"),
            *make_summary_fields(
                (_("Up-to-date"), number(status, "updatedNumberScheduled")),
                (_("Available"), number(status, "numberAvailable")),
                (_("Misscheduled"), number(status, "numberMisscheduled") or None),
                (_("Strategy"), text(found, "spec", "updateStrategy", "type")),
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _rollout(found, desired, ready, number(status, "updatedNumberScheduled")),
    )


def summarize_job(found: KubernetesObject, links: Links) -> KindSummary:
    """How many of its pods have succeeded, failed, or run."""
    status = mapping(found, "status")
    succeeded, desired = number(status, "succeeded") or 0, number(found, "spec", "completions") or 1
    return KindSummary(
        [
            SummaryField(_("Completions"), f"{succeeded}/{desired}"),
            *make_summary_fields(
                (_("Active"), number(status, "active")), (_("Failed"), number(status, "failed"))
            ),
            *_times(
                (_("Started"), text(status, "startTime")), (_("Completed"), text(status, "completionTime"))
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _job_state(found),
    )


def summarize_cron_job(found: KubernetesObject, links: Links) -> KindSummary:
    """When it runs, and when it last did."""
    suspended = dig(found, "spec", "suspend") is True
    return KindSummary(
        [
            *make_summary_fields(
                (_("Schedule"), text(found, "spec", "schedule")),
                (_("Time zone"), text(found, "spec", "timeZone")),
                (_("Concurrency policy"), text(found, "spec", "concurrencyPolicy")),
                (_("Active"), str(len(mappings(found, "status", "active")))),
            ),
            *_times(
                (_("Last schedule"), text(found, "status", "lastScheduleTime")),
                (_("Last successful run"), text(found, "status", "lastSuccessfulTime")),
            ),
        ],
        _containers(mapping(found, "spec", "jobTemplate", "spec", "template", "spec")),
        ObjectState("warning", "Suspended") if suspended else ObjectState("ok", "Scheduled"),
    )


def _job_state(found: KubernetesObject) -> ObjectState | None:
    held = {text(one, "type"): text(one, "status") for one in mappings(found, "status", "conditions")}
    for name, level in (("Failed", "error"), ("Complete", "done"), ("Suspended", "warning")):
        if held.get(name) == "True":
            return ObjectState(level, name)  # type: ignore[arg-type]
    return ObjectState("progress", "Running") if number(found, "status", "active") else None


def _rollout(found: KubernetesObject, desired: int, ready: int, updated: int | None) -> ObjectState | None:
    """One word: kubectl's `rollout status`, from the same fields."""
    if dig(found, "metadata", "deletionTimestamp"):
        return ObjectState("progress", "Terminating")
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "Progressing" and text(one, "reason") == "ProgressDeadlineExceeded":
            return ObjectState("error", "ProgressDeadlineExceeded")
        if text(one, "type") == "ReplicaFailure" and text(one, "status") == "True":
            return ObjectState("error", "ReplicaFailure")
    generation, observed = (
        number(found, "metadata", "generation"),
        number(found, "status", "observedGeneration"),
    )
    is_behind = generation is not None and observed is not None and observed < generation
    if is_behind or (updated is not None and updated < desired):
        return ObjectState("progress", "Rolling out")
    if desired == 0:
        return ObjectState("done", "Scaled to zero")
    return ObjectState("ok", "Ready") if ready >= desired else ObjectState("warning", "Not ready")


def _times(*pairs: tuple[str, str]) -> list[SummaryField]:
    return [SummaryField(label, when=when) for label, when in pairs if when]


def _containers(spec: KubernetesObject) -> list[SmallTable]:
    rows = []
    for field in ("initContainers", "containers"):
        for one in mappings(spec, field):
            command = " ".join([*texts(one, "command"), *texts(one, "args")])
            kind = _("init") if field == "initContainers" else ""
            rows.append(
                [
                    Cell(text(one, "name"), values=[kind] if kind else ()),
                    Cell(text(one, "image")),
                    Cell(values=[f"{text(port, 'containerPort')}" for port in mappings(one, "ports")]),
                    Cell(command[:120], title=command[:2000]),
                ]
            )
    columns = [_("Name"), _("Image"), _("Ports"), _("Command")]
    return list(table("containers", _("Pod template containers"), columns, rows))
