"""Jobs and CronJobs: completions, schedules and active runs."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.actions import RESOURCES, RUN_AGAIN, SET_IMAGE, STOP, SUSPEND, TRIGGER, UNSUSPEND
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, namespace_of, number, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import WORKLOADS, MenuSlot
from dashboard.kinds.pod_references import find_pod_spec_references, find_template_references
from dashboard.kinds.pod_templates import summarize_containers
from dashboard.kinds.references import Reference, pick_pods_by_selector
from dashboard.kinds.summary import KindSummary, SummaryField, make_summary_fields
from dashboard.kinds.tabs import LOGS, TERMINAL
from dashboard.kinds.tones import StatusTones


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
        summarize_containers(mapping(found, "spec", "template", "spec")),
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
        summarize_containers(mapping(found, "spec", "jobTemplate", "spec", "template", "spec")),
        ObjectState("warning", "Suspended") if suspended else ObjectState("ok", "Scheduled"),
    )


def find_cron_job_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its active Jobs, and what the spec of their pods names."""
    for job in mappings(found, "status", "active"):
        yield Reference(_("Active Jobs"), "batch", "Job", text(job, "name"), namespace_of(found))
    spec = mapping(found, "spec", "jobTemplate", "spec", "template", "spec")
    yield from find_pod_spec_references(spec, namespace_of(found))


def _job_state(found: KubernetesObject) -> ObjectState | None:
    held = {text(one, "type"): text(one, "status") for one in mappings(found, "status", "conditions")}
    for name, level in (("Failed", "error"), ("Complete", "done"), ("Suspended", "warning")):
        if held.get(name) == "True":
            return ObjectState(level, name)  # type: ignore[arg-type]
    return ObjectState("progress", "Running") if number(found, "status", "active") else None


def _times(*pairs: tuple[str, str]) -> list[SummaryField]:
    return [SummaryField(label, when=when) for label, when in pairs if when]


KINDS = (
    Kind(
        group="batch",
        kind="Job",
        plural="jobs",
        label=gettext_lazy("Jobs"),
        menu=MenuSlot(WORKLOADS, 60, goto="j"),
        summarize=summarize_job,
        find_references=find_template_references,
        find_picks=pick_pods_by_selector,
        tones=StatusTones(
            words={"complete": "done"}, conditions={"FailureTarget": "bad", "SuccessCriteriaMet": "good"}
        ),
        actions=(STOP, UNSUSPEND, RUN_AGAIN),
        tabs=(LOGS, TERMINAL),
    ),
    Kind(
        group="batch",
        kind="CronJob",
        plural="cronjobs",
        label=gettext_lazy("CronJobs"),
        menu=MenuSlot(WORKLOADS, 70),
        summarize=summarize_cron_job,
        find_references=find_cron_job_references,
        actions=(TRIGGER, SUSPEND, UNSUSPEND, SET_IMAGE, RESOURCES),
        tabs=(LOGS,),
    ),
)
