"""Debug actions: an ephemeral container in a pod, or a copy of the pod with one more container."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.change import Change
from clusters.api.errors import ApiError, Forbidden, NotFound
from clusters.api.paths import is_dns_label
from clusters.debugging.containers import (
    DebugContainer,
    add_debug_container,
    copy_with_debug_container,
    list_container_names,
    make_name,
)
from clusters.debugging.profiles import ENFORCE, list_admitted_profiles
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.forms import PLAIN, ActionForm
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import name_of, text
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import describe_error

LONGEST_IMAGE = 1024
LONGEST_COMMAND = 2000
LONGEST_COPY = 63
IMAGE = "busybox:1.37"
TITLES = {
    "general": gettext_lazy("General: can trace processes"),
    "baseline": gettext_lazy("Baseline: for the Pod Security level baseline"),
    "restricted": gettext_lazy("Restricted: not as root, without capabilities"),
    "netadmin": gettext_lazy("Network administration: can change the network"),
    "sysadmin": gettext_lazy("System administration: privileged"),
}


class ContainerForm(ActionForm):
    """Name, image, command and profile of a debug container."""

    container = forms.CharField(
        label=gettext_lazy("Name of the container"), max_length=63, widget=forms.TextInput(attrs=PLAIN)
    )
    image = forms.CharField(
        label=gettext_lazy("Image"), max_length=LONGEST_IMAGE, widget=forms.TextInput(attrs=PLAIN)
    )
    command = forms.CharField(
        label=gettext_lazy("Command"),
        required=False,
        max_length=LONGEST_COMMAND,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Empty for the command of the image, which for most is a shell."),
    )
    profile = forms.ChoiceField(label=gettext_lazy("Profile"))

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self.fields["profile"].choices = [(name, TITLES[name]) for name in self.list_profiles()]  # type: ignore[attr-defined]

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        return {"container": make_name("debugger", list_container_names(subject.found)), "image": IMAGE}

    def list_profiles(self) -> Sequence[str]:
        """Those that the pod's namespace admits."""
        return list_admitted_profiles(read_security_level(self.subject))

    def clean_container(self) -> str:
        name = str(self.cleaned_data["container"]).strip()
        if not is_dns_label(name):
            raise ValidationError(_("A name has lowercase letters, digits and hyphens (max. 63)."))
        if name in list_container_names(self.subject.found):
            raise ValidationError(_("This pod has a container of that name."))
        return name

    def clean_command(self) -> list[str]:
        try:
            return shlex.split(self.cleaned_data["command"])
        except ValueError:
            raise ValidationError(_("A quotation mark is not closed.")) from None


class DebugForm(ContainerForm):
    """The same, with the container whose processes are seen."""

    target = forms.ChoiceField(label=gettext_lazy("Sees the processes of"), required=False)

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        names = list_container_names(subject.found, "containers")
        choices = [*((name, name) for name in names), ("", _("no other container"))]
        self.fields["target"].choices = choices  # type: ignore[attr-defined]


class CopyForm(ContainerForm):
    """The same, with the name of the copy."""

    copy_name = forms.CharField(
        label=gettext_lazy("Name of the copy"),
        max_length=LONGEST_COPY,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Lowercase letters, digits and hyphens (max. 63)."),
    )
    field_order = ("uid", "typed", "copy_name")

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        return {**super().build_initial(subject), "copy_name": make_name(subject.name[: LONGEST_COPY - 6])}

    def clean_copy_name(self) -> str:
        name = str(self.cleaned_data["copy_name"]).strip()
        if not is_dns_label(name):
            raise ValidationError(_("A name has lowercase letters, digits and hyphens (max. 63)."))
        return name


def read_security_level(subject: Subject) -> str:
    """What Pod Security admission enforces in the pod's namespace; empty where it enforces nothing or is not known."""
    namespaces = subject.opened.links.catalog.find("namespaces")
    if namespaces is None:
        return ""
    try:
        found = subject.cluster_session.client.get(namespaces.object_path("", subject.namespace))
    except ApiError:
        return ""
    return text(found, "metadata", "labels", ENFORCE)


def read_container(values: Values) -> DebugContainer:
    """What the form's valid values choose."""
    return DebugContainer(
        values["container"], values["image"], values["profile"], values["command"], values.get("target", "")
    )


def _describe_level(subject: Subject) -> Sequence[Notice]:
    level = read_security_level(subject)
    if len(list_admitted_profiles(level)) > 2:
        return ()
    words = {"namespace": subject.namespace, "level": level}
    advice = _(
        "Namespace %(namespace)s enforces the Pod Security level %(level)s: other profiles do not fit it."
    )
    return [Notice(advice=advice % words, severity="info")]


def _build_copy(subject: Subject, values: Values) -> Change:
    return copy_with_debug_container(
        subject.found, subject.resource, subject.namespace, values["copy_name"], read_container(values)
    )


def _find_copy_url(subject: Subject, answer: object) -> str:
    name = name_of(answer) if isinstance(answer, dict) else ""
    return subject.opened.links.object("", "Pod", name, subject.namespace) or subject.address.path()


def _build_debug_container(subject: Subject, values: Values) -> Change:
    existing = list_container_names(subject.found, "ephemeralContainers")
    return add_debug_container(subject.thing, read_container(values), existing)


def _command(subject: Subject, values: Values) -> str:
    """With the options of both ways."""
    words = ["debug", "-it", subject.name, f"--image={values.get('image') or IMAGE}"]
    words += [f"--container={values['container']}"] if values.get("container") else []
    words += [f"--target={values['target']}"] if values.get("target") else []
    words += [f"--copy-to={values['copy_name']}"] if values.get("copy_name") else []
    words += [f"--profile={values['profile']}"] if values.get("profile") else []
    words += ["--", *values["command"]] if values.get("command") else []
    return kubectl.command(subject.address.cluster, subject.namespace, *words)


def explain_rejection(error: ApiError) -> Notice | None:
    """On the form, so that what was chosen can be changed; a missing permission has a page of its own."""
    return (
        None
        if isinstance(error, (NotFound, Forbidden)) and not _is_admission(error)
        else describe_error(error)
    )


def _is_admission(error: ApiError) -> bool:
    """Whether Pod Security admission refuses it, which also answers 403."""
    return "violates PodSecurity" in str(error)


PAGES = (
    ActionPage(
        action=actions.DEBUG,
        heading=gettext_lazy("Debug %(name)s"),
        sentence=gettext_lazy(
            "A container is added to the running pod. It can be neither changed nor removed as long as the pod lives."
        ),
        button=gettext_lazy("Add the container"),
        done=gettext_lazy("A debug container was added to %(name)s."),
        form=DebugForm,
        build=_build_debug_container,
        command=_command,
        describe=_describe_level,
        find_blocker=lambda subject: (
            "" if actions.DEBUG.applies(subject.found) else _("This pod has ended: nothing can run in it.")
        ),
        explain_error=explain_rejection,
    ),
    ActionPage(
        action=actions.DEBUG_COPY,
        heading=gettext_lazy("Debug a copy of %(name)s"),
        sentence=gettext_lazy(
            "A new pod is created without labels and probes. It stays until somebody deletes it."
        ),
        button=gettext_lazy("Create the copy"),
        done=gettext_lazy("This is the copy of %(name)s."),
        form=CopyForm,
        build=_build_copy,
        command=_command,
        describe=_describe_level,
        next_url=_find_copy_url,
        explain_error=explain_rejection,
    ),
)
