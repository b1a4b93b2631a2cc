"""Batch actions: trigger a CronJob, suspend and resume CronJobs and Jobs."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions import suspension
from clusters.actions.change import Change
from clusters.actions.trigger import trigger
from clusters.api.errors import NotFound
from clusters.api.paths import is_dns_label
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.forms import PLAIN, ActionForm
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import name_of

LONGEST_NAME = 63  # of a Job: its pods carry it as a label
STAMP = "%Y%m%d-%H%M%S"


class TriggerForm(ActionForm):
    """The name of the new Job, with a suggestion."""

    job = forms.CharField(
        label=gettext_lazy("Name of the new Job"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Lowercase letters, digits and hyphens (max. 63)."),
    )

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        stamp = timezone.now().strftime(STAMP)
        return {"job": f"{subject.name[: LONGEST_NAME - len(stamp) - 1]}-{stamp}"}

    def clean_job(self) -> str:
        name = str(self.cleaned_data["job"]).strip()
        if not is_dns_label(name):
            raise ValidationError(_("A name has lowercase letters, digits and hyphens (max. 63)."))
        return name


def _build_trigger(subject: Subject, values: Values) -> Change:
    jobs = subject.opened.links.catalog.find("jobs.batch")
    if jobs is None:
        raise NotFound(_("This cluster does not serve Jobs."), status=404)
    return trigger(subject.found, jobs, subject.namespace, values["job"])


def find_job_url(subject: Subject, answer: object) -> str:
    """The page of the new Job."""
    name = name_of(answer) if isinstance(answer, dict) else ""
    return subject.opened.links.object("batch", "Job", name, subject.namespace) or subject.address.path()


def _trigger_command(subject: Subject, values: Values) -> str:
    address = subject.address
    name = values.get("job") or TriggerForm.build_initial(subject)["job"]
    origin = f"--from=cronjob/{subject.name}"
    return kubectl.command(address.cluster, address.namespaces[0], "create", "job", name, origin)


def suspend_command(subject: Subject, is_suspended: bool) -> str:
    """The patch, since kubectl has no command of its own for it."""
    body = json.dumps({"spec": {"suspend": is_suspended}})
    return kubectl.object_command(subject.address, "patch", "-p", body)


PAGES = (
    ActionPage(
        action=actions.TRIGGER,
        heading=gettext_lazy("Trigger %(name)s"),
        sentence=gettext_lazy("A Job is created of its template now, whatever its schedule is."),
        button=gettext_lazy("Trigger"),
        done=gettext_lazy("%(name)s was triggered: this is the new Job."),
        form=TriggerForm,
        build=_build_trigger,
        command=_trigger_command,
        next_url=find_job_url,
    ),
    ActionPage(
        action=actions.SUSPEND,
        heading=gettext_lazy("Suspend %(name)s"),
        sentence=gettext_lazy("A suspended CronJob creates no Jobs. Those that run go on."),
        button=gettext_lazy("Suspend"),
        done=gettext_lazy("%(name)s is suspended."),
        build=lambda subject, values: suspension.suspend(subject.thing),
        command=lambda subject, values: suspend_command(subject, True),
        find_blocker=lambda subject: (
            "" if actions.SUSPEND.applies(subject.found) else _("It is suspended already.")
        ),
    ),
    ActionPage(
        action=actions.UNSUSPEND,
        heading=gettext_lazy("Resume %(name)s"),
        sentence=gettext_lazy(
            "A CronJob goes on by its schedule, and can start a run that it missed; a Job goes on with new pods."
        ),
        button=gettext_lazy("Resume"),
        done=gettext_lazy("%(name)s is resumed."),
        build=lambda subject, values: suspension.unsuspend(subject.thing),
        command=lambda subject, values: suspend_command(subject, False),
        find_blocker=lambda subject: (
            "" if actions.UNSUSPEND.applies(subject.found) else _("It is not suspended.")
        ),
    ),
)
