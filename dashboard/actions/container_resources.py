"""Quick edits of resource requests and limits: of a pod template, and of a running pod in place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.change import Change
from clusters.quick_edits.container_resources import (
    KINDS,
    RESOURCES,
    ContainerResources,
    find_pod_spec,
    list_containers,
    resize,
    set_resources,
)
from clusters.quick_edits.node_requests import NodeRequests, find_node_requests
from clusters.quick_edits.quantities import parse_quantity
from dashboard.actions.action_page import ActionPage, Values, find_rollout_url
from dashboard.actions.forms import PLAIN
from dashboard.actions.quick_edit_form import QuickEditForm, explain_rejection
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import text
from dashboard.pieces.notice import Detail, Notice

LONGEST = 40  # characters of a quantity
MEBIBYTE = 1024 * 1024


class ResourcesForm(QuickEditForm):
    """Four fields for each container; an empty one sets none."""

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        for index, one in enumerate(self._containers()):
            for kind in KINDS:
                for resource in RESOURCES:
                    self.fields[f"{kind}-{resource}-{index}"] = forms.CharField(
                        required=False,
                        max_length=LONGEST,
                        label=_label(one.name, kind, resource),
                        initial=one.values.get((kind, resource), ""),
                        widget=forms.TextInput(attrs=PLAIN),
                    )

    def _containers(self) -> Sequence[ContainerResources]:
        return list_containers(self.subject.found, find_pod_spec(self.subject.thing))

    def read_part(self) -> Any:
        return [[one.name, sorted(one.values.items())] for one in self._containers()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        changed = []
        for index, one in enumerate(self._containers()):
            values = {}
            for kind in KINDS:
                for resource in RESOURCES:
                    name = f"{kind}-{resource}-{index}"
                    value = str(cleaned.get(name, ""))
                    if value and parse_quantity(value) is None:
                        self.add_error(name, _("This is no quantity, such as 250m, 1.5, 128Mi or 1Gi."))
                    if value != one.values.get((kind, resource), ""):
                        values[kind, resource] = value
            if values:
                changed.append(ContainerResources(one.field, one.name, values))
        if not self.errors and not changed:
            raise ValidationError(_("Nothing was changed: change at least one value."))
        cleaned["changed"] = changed
        return cleaned


def _label(container: str, kind: str, resource: str) -> str:
    words = {
        ("requests", "cpu"): _("%(container)s: CPU request"),
        ("requests", "memory"): _("%(container)s: memory request"),
        ("limits", "cpu"): _("%(container)s: CPU limit"),
        ("limits", "memory"): _("%(container)s: memory limit"),
    }
    return words[kind, resource] % {"container": container}


def _build_resources(subject: Subject, values: Values) -> Change:
    return set_resources(subject.thing, subject.found, values["changed"])


def _build_resize(subject: Subject, values: Values) -> Change:
    return resize(subject.thing, subject.found, values["changed"])


def _command(subject: Subject, values: Values, *options: str) -> str:
    changed: Sequence[ContainerResources] = values.get("changed") or ()
    body: Any = dict(set_resources(subject.thing, subject.found, changed).body)
    body.pop("metadata", None)
    return kubectl.object_command(subject.address, "patch", *options, "-p", json.dumps(body))


def _describe_node(subject: Subject) -> Sequence[Notice]:
    """What the pod's node has left, and which containers a resize restarts."""
    return [*_describe_requests(subject), *_describe_restarts(subject)]


def _describe_requests(subject: Subject) -> Sequence[Notice]:
    node = text(subject.found, "spec", "nodeName")
    if not node:
        return [Notice(advice=_("The pod is on no node yet."), severity="info")]
    node_requests = find_node_requests(subject.cluster_session, node)
    if node_requests is None:
        advice = _("What is left on node %(node)s cannot be shown: you cannot read it, or all pods on it.")
        return [Notice(advice=advice % {"node": node}, severity="info")]
    details = tuple(Detail(_describe_resource(node_requests, resource)) for resource in RESOURCES)
    title = _("Its requests count on node %(node)s")
    advice = _("More than what is left is deferred by the kubelet until it fits; the pod runs on as it is.")
    return [Notice(title % {"node": node}, advice, "info", details=details)]


def _describe_resource(node_requests: NodeRequests, resource: str) -> str:
    whole, used = node_requests.allocatable[resource], node_requests.requested[resource]
    if resource == "cpu":
        words = {"used": f"{used:.2f}", "whole": f"{whole:.2f}", "left": f"{whole - used:.2f}"}
        return _("CPU: %(used)s of %(whole)s cores requested, %(left)s left") % words
    sizes = {name: f"{value / MEBIBYTE:.0f}" for name, value in
             (("used", used), ("whole", whole), ("left", whole - used))}  # fmt: skip
    return _("Memory: %(used)s of %(whole)s MiB requested, %(left)s MiB left") % sizes


def _describe_restarts(subject: Subject) -> Sequence[Notice]:
    restarting = [one for one in list_containers(subject.found, ("spec",)) if one.restarts]
    if not restarting:
        return [Notice(advice=_("No container restarts: each is resized while it runs."), severity="info")]
    details = tuple(Detail(f"{one.name}: {', '.join(one.restarts)}") for one in restarting)
    return [Notice(_("These containers restart when it changes"), severity="warning", details=details)]


PAGES = (
    ActionPage(
        action=actions.RESOURCES,
        heading=gettext_lazy("Resource requests and limits of %(name)s"),
        sentence=gettext_lazy("They change the pod template, from which new pods are created."),
        button=gettext_lazy("Save"),
        done=gettext_lazy("The resources of %(name)s were changed."),
        form=ResourcesForm,
        build=_build_resources,
        command=_command,
        next_url=find_rollout_url,
        explain_error=explain_rejection,
    ),
    ActionPage(
        action=actions.RESIZE,
        heading=gettext_lazy("Resize %(name)s"),
        sentence=gettext_lazy(
            "The running pod is resized in place. A controller's next pod has the old values again."
        ),
        button=gettext_lazy("Resize"),
        done=gettext_lazy("%(name)s is being resized."),
        form=ResourcesForm,
        build=_build_resize,
        command=lambda subject, values: _command(subject, values, "--subresource=resize"),
        describe=_describe_node,
        explain_error=explain_rejection,
    ),
)
