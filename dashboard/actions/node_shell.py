"""Node shell action: a privileged shell on a node for a limited time, as a Job that the cluster removes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.change import Change
from clusters.api.errors import NotFound
from clusters.api.paths import is_dns_label
from clusters.debugging.containers import make_name
from clusters.debugging.node_shell import open_node_shell
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.debugging import IMAGE, ContainerForm, explain_rejection, read_container
from dashboard.actions.forms import PLAIN
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import name_of

NAMESPACE = "default"
PROFILES = ("general", "sysadmin", "netadmin")
DURATIONS = (
    (900, gettext_lazy("15 minutes")),
    (3_600, gettext_lazy("1 hour")),
    (14_400, gettext_lazy("4 hours")),
)
LONGEST_NODE = 40  # characters of the node's name in that of the Job


class NodeShellForm(ContainerForm):
    """Namespace and duration, and the container."""

    namespace = forms.CharField(
        label=gettext_lazy("Namespace"),
        max_length=63,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Where the Job and its pod are created; it must admit privileged pods."),
    )
    seconds = forms.TypedChoiceField(label=gettext_lazy("Time to live"), choices=DURATIONS, coerce=int)
    field_order = ("uid", "typed", "namespace", "seconds")

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        return {"container": "debugger", "image": IMAGE, "namespace": NAMESPACE, "seconds": 900}

    def list_profiles(self) -> Sequence[str]:
        return PROFILES

    def clean_namespace(self) -> str:
        name = str(self.cleaned_data["namespace"]).strip()
        if not is_dns_label(name):
            raise ValidationError(_("A namespace has lowercase letters, digits and hyphens (max. 63)."))
        return name


def _build(subject: Subject, values: Values) -> Change:
    jobs = subject.opened.links.catalog.find("jobs.batch")
    if jobs is None:
        raise NotFound(_("This cluster does not serve Jobs."), status=404)
    node = subject.name.replace(".", "-")[:LONGEST_NODE].rstrip("-")
    name = make_name(f"node-shell-{node}")
    chosen = read_container(values)
    return open_node_shell(subject.name, jobs, values["namespace"], name, chosen, seconds=values["seconds"])


def _find_job_url(subject: Subject, answer: object) -> str:
    if not isinstance(answer, dict):
        return subject.address.path()
    namespace = str(answer.get("metadata", {}).get("namespace") or "")
    return subject.opened.links.object("batch", "Job", name_of(answer), namespace) or subject.address.path()


def _command(subject: Subject, values: Values) -> str:
    """kubectl has no time to live, and leaves its pod behind."""
    words = ["debug", f"node/{subject.name}", "-it", f"--image={values.get('image') or IMAGE}"]
    words += [f"--profile={values['profile']}"] if values.get("profile") else []
    words += ["--", *values["command"]] if values.get("command") else []
    return kubectl.command(subject.address.cluster, values.get("namespace") or NAMESPACE, *words)


PAGE = ActionPage(
    action=actions.NODE_SHELL,
    heading=gettext_lazy("Shell on node %(name)s"),
    sentence=gettext_lazy(
        "A Job starts a pod that sees the network, the processes and all files of %(name)s. Whoever may exec into it "
        "is root there. The cluster ends it when its time is over, and deletes it a minute after its end."
    ),
    button=gettext_lazy("Start the node shell"),
    done=gettext_lazy("The shell on node %(name)s starts: this is its Job."),
    form=NodeShellForm,
    build=_build,
    command=_command,
    next_url=_find_job_url,
    explain_error=explain_rejection,
)
