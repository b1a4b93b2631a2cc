"""Job actions: stop one, and run one again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clusters.actions import suspension
from clusters.actions.change import Change
from clusters.actions.rerun import run_again
from clusters.api.errors import NotFound
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.batch import TriggerForm, find_job_url, suspend_command
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import number
from dashboard.pieces.notice import Notice

# What a Job has of the API server and its controllers, as jq spells it.
_GENERATED = (
    "del(.metadata.uid, .metadata.resourceVersion, .metadata.creationTimestamp, .metadata.ownerReferences, "
    ".spec.selector, .spec.suspend, .spec.template.metadata.labels, .status)"
)


def _describe_active(subject: Subject) -> Sequence[Notice]:
    """How many pods are lost with it."""
    active = number(subject.found, "status", "active") or 0
    text = ngettext(
        "%(n)d active pod is deleted, with its own grace period. What it has done is not undone.",
        "%(n)d active pods are deleted, with their own grace periods. What they have done is not undone.",
        active,
    )
    advice = _("The Job stays and can be resumed; then its time limit begins again. Delete it to remove it.")
    return [Notice(text % {"n": active}, advice, "warning" if active else "info")]


def _describe_running(subject: Subject) -> Sequence[Notice]:
    if not actions.STOP.applies(subject.found):
        return ()
    return [Notice(_("This Job has not finished: both would run at the same time."), severity="warning")]


def _build_again(subject: Subject, values: Values) -> Change:
    jobs = subject.opened.links.catalog.find("jobs.batch")
    if jobs is None:
        raise NotFound(_("This cluster does not serve Jobs."), status=404)
    return run_again(subject.found, jobs, subject.namespace, values["job"])


def _again_command(subject: Subject, values: Values) -> str:
    """kubectl has no command for it; this creates nearly the same Job."""
    name = values.get("job") or TriggerForm.build_initial(subject)["job"]
    get = kubectl.get_command(subject.address, "-o", "json")
    program = f"{_GENERATED} | .metadata.name = {json.dumps(name)}"
    create = shlex.join(["kubectl", "--context", subject.address.cluster, "create", "-f", "-"])
    return f"{get} | jq {shlex.quote(program)} | {create}"


PAGES = (
    ActionPage(
        action=actions.STOP,
        heading=gettext_lazy("Stop %(name)s"),
        sentence=gettext_lazy("The Job is suspended: its active pods are deleted and no others are created."),
        button=gettext_lazy("Stop"),
        done=gettext_lazy("%(name)s is stopped."),
        build=lambda subject, values: suspension.suspend(subject.thing),
        command=lambda subject, values: suspend_command(subject, True),
        describe=_describe_active,
        find_blocker=lambda subject: (
            "" if actions.STOP.applies(subject.found) else _("It is stopped, or finished, already.")
        ),
        delay=lambda subject, values: {},
    ),
    ActionPage(
        action=actions.RUN_AGAIN,
        heading=gettext_lazy("Run %(name)s again"),
        sentence=gettext_lazy("A new Job with the same spec is created. This one stays as it is."),
        button=gettext_lazy("Run again"),
        done=gettext_lazy("%(name)s runs again: this is the new Job."),
        form=TriggerForm,
        build=_build_again,
        command=_again_command,
        describe=_describe_running,
        next_url=find_job_url,
    ),
)
