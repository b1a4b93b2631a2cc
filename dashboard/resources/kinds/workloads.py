"""What does a workload show beyond any object? How many it wants, has, and how far its roll-out is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.resources.facts import State
from dashboard.resources.fields import dig, mapping, mappings, number, text, texts
from dashboard.resources.kinds.special import Cell, Fact, SmallTable, Special, facts, table
from dashboard.resources.links import Links

Found = Mapping[str, Any]


def replicated(found: Found, links: Links) -> Special:
    """Deployment, ReplicaSet, StatefulSet, ReplicationController."""
    wanted = number(found, "spec", "replicas")
    wanted = 1 if wanted is None else wanted
    status = mapping(found, "status")
    ready, updated = number(status, "readyReplicas") or 0, number(status, "updatedReplicas")
    strategy = mapping(found, "spec", "strategy") or mapping(found, "spec", "updateStrategy")
    return Special(
        [
            Fact(_("Ready"), f"{ready}/{wanted}", "ok" if ready >= wanted else "warning"),
            *facts(
                (_("Up-to-date"), updated),
                (_("Available"), number(status, "availableReplicas")),
                (_("Strategy"), text(strategy, "type")),
                (_("Revision"), text(found, "metadata", "annotations", "deployment.kubernetes.io/revision")),
                (_("Paused"), _("Yes") if dig(found, "spec", "paused") is True else ""),
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _rollout(found, wanted, ready, updated),
    )


def daemon_set(found: Found, links: Links) -> Special:
    """One pod on each node that it is meant for."""
    status = mapping(found, "status")
    wanted = number(status, "desiredNumberScheduled") or 0
    ready = number(status, "numberReady") or 0
    return Special(
        [
            Fact(_("Ready"), f"{ready}/{wanted}", "ok" if ready >= wanted else "warning"),
            *facts(
                (_("Up-to-date"), number(status, "updatedNumberScheduled")),
                (_("Available"), number(status, "numberAvailable")),
                (_("Misscheduled"), number(status, "numberMisscheduled") or None),
                (_("Strategy"), text(found, "spec", "updateStrategy", "type")),
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _rollout(found, wanted, ready, number(status, "updatedNumberScheduled")),
    )


def job(found: Found, links: Links) -> Special:
    """How many of its pods have succeeded, failed, or run."""
    status = mapping(found, "status")
    succeeded, wanted = number(status, "succeeded") or 0, number(found, "spec", "completions") or 1
    return Special(
        [
            Fact(_("Completions"), f"{succeeded}/{wanted}"),
            *facts((_("Active"), number(status, "active")), (_("Failed"), number(status, "failed"))),
            *_times(
                (_("Started"), text(status, "startTime")), (_("Completed"), text(status, "completionTime"))
            ),
        ],
        _containers(mapping(found, "spec", "template", "spec")),
        _job_state(found),
    )


def cron_job(found: Found, links: Links) -> Special:
    """When it runs, and when it last did."""
    suspended = dig(found, "spec", "suspend") is True
    return Special(
        [
            *facts(
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
        State("warning", "Suspended") if suspended else State("ok", "Scheduled"),
    )


def _job_state(found: Found) -> State | None:
    held = {text(one, "type"): text(one, "status") for one in mappings(found, "status", "conditions")}
    for name, level in (("Failed", "error"), ("Complete", "done"), ("Suspended", "warning")):
        if held.get(name) == "True":
            return State(level, name)  # type: ignore[arg-type]
    return State("progress", "Running") if number(found, "status", "active") else None


def _rollout(found: Found, wanted: int, ready: int, updated: int | None) -> State | None:
    """One word: kubectl's `rollout status`, from the same fields."""
    if dig(found, "metadata", "deletionTimestamp"):
        return State("progress", "Terminating")
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "Progressing" and text(one, "reason") == "ProgressDeadlineExceeded":
            return State("error", "ProgressDeadlineExceeded")
        if text(one, "type") == "ReplicaFailure" and text(one, "status") == "True":
            return State("error", "ReplicaFailure")
    generation, observed = (
        number(found, "metadata", "generation"),
        number(found, "status", "observedGeneration"),
    )
    is_behind = generation is not None and observed is not None and observed < generation
    if is_behind or (updated is not None and updated < wanted):
        return State("progress", "Rolling out")
    if wanted == 0:
        return State("done", "Scaled to zero")
    return State("ok", "Ready") if ready >= wanted else State("warning", "Not ready")


def _times(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(label, when=when) for label, when in pairs if when]


def _containers(spec: Found) -> list[SmallTable]:
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
