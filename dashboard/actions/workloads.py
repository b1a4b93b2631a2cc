"""Workload actions: scale, restart, set image, pause and resume."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions import pausing
from clusters.actions.change import Change
from clusters.actions.images import POD_SPECS, ContainerImage, list_images, set_images
from clusters.actions.restart import restart
from clusters.actions.scale import Autoscaler, find_autoscalers, scale
from dashboard.actions.action_page import ActionPage, Values, find_rollout_url
from dashboard.actions.forms import PLAIN, ActionForm
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import dig, number
from dashboard.pieces.notice import Notice

MAX_REPLICAS = 2**31 - 1  # what the API has room for
LONGEST_IMAGE = 1024  # characters


class ScaleForm(ActionForm):
    """The number of replicas that there shall be."""

    replicas = forms.IntegerField(
        label=gettext_lazy("Replicas"),
        min_value=0,
        max_value=MAX_REPLICAS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @classmethod
    def build_initial(cls, subject: Subject) -> dict[str, Any]:
        return {"replicas": number(subject.found, "spec", "replicas")}


class ImageForm(ActionForm):
    """A field for each container, with its present image."""

    def __init__(self, data: object = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self.images = list_images(subject.found, POD_SPECS[subject.key])
        for index, one in enumerate(self.images):
            name = one.name if one.field == "containers" else _("%(name)s (init)") % {"name": one.name}
            self.fields[f"image-{index}"] = forms.CharField(
                label=name, max_length=LONGEST_IMAGE, initial=one.image, widget=forms.TextInput(attrs=PLAIN)
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for index in range(len(self.images)):
            image = str(cleaned.get(f"image-{index}", ""))
            if any(sign.isspace() for sign in image):
                self.add_error(f"image-{index}", _("An image has no spaces."))
        cleaned["changed"] = self.list_changed(cleaned)
        if not self.errors and not cleaned["changed"]:
            raise ValidationError(_("No image was changed: change at least one."))
        return cleaned

    def list_changed(self, values: Values) -> list[ContainerImage]:
        """The containers whose image is another one now."""
        return [
            ContainerImage(one.field, one.name, image)
            for index, one in enumerate(self.images)
            if (image := values.get(f"image-{index}")) and image != one.image
        ]


def _describe_autoscalers(subject: Subject) -> Sequence[Notice]:
    found = find_autoscalers(subject.cluster_session, subject.thing)
    if found is None:
        text = _("You cannot list HorizontalPodAutoscalers here: one of them may set another number again.")
        return [Notice(advice=text, severity="info")]
    return [_describe_autoscaler(one) for one in found]


def _describe_autoscaler(one: Autoscaler) -> Notice:
    words = {
        "name": one.name,
        "minimum": one.minimum if one.minimum is not None else 1,
        "maximum": one.maximum,
    }
    return Notice(
        _("HorizontalPodAutoscaler %(name)s sets the replicas, from %(minimum)s to %(maximum)s.") % words,
        _(
            "It will soon set its own number again. Change the autoscaler instead. With 0 replicas it stops scaling."
        ),
        "warning",
    )


def find_pause(subject: Subject) -> str:
    """kubectl restarts and undoes nothing that is paused, since nothing would happen until it is resumed."""
    if dig(subject.found, "spec", "paused") is True:
        return _("The rollout is paused. Resume it first.")
    return ""


def _describe_owner(subject: Subject) -> Sequence[Notice]:
    """A ReplicaSet's template is for pods to come alone."""
    if subject.key != ("apps", "replicasets"):
        return ()
    return [Notice(advice=_("Only pods that are created from now on have the new image."), severity="info")]


def _build_images(subject: Subject, values: Values) -> Change:
    return set_images(subject.thing, values["changed"])


def _image_command(subject: Subject, values: Values) -> str:
    changed: Sequence[ContainerImage] = values.get("changed") or ()
    words = [f"{one.name}={one.image}" for one in changed] or ["CONTAINER=IMAGE"]
    return kubectl.object_command(subject.address, "set image", *words)


def _scale_command(subject: Subject, values: Values) -> str:
    replicas = values.get("replicas", number(subject.found, "spec", "replicas"))
    return kubectl.object_command(subject.address, "scale", f"--replicas={json.dumps(replicas or 0)}")


PAGES = (
    ActionPage(
        action=actions.SCALE,
        heading=gettext_lazy("Scale %(name)s"),
        sentence=gettext_lazy("Pods are created or deleted until there are as many."),
        button=gettext_lazy("Scale"),
        done=gettext_lazy("%(name)s is being scaled."),
        form=ScaleForm,
        build=lambda subject, values: scale(subject.thing, values["replicas"]),
        command=_scale_command,
        describe=_describe_autoscalers,
        delay=lambda subject, values: {"replicas": 0} if values["replicas"] == 0 else None,
    ),
    ActionPage(
        action=actions.RESTART,
        heading=gettext_lazy("Restart %(name)s"),
        sentence=gettext_lazy("All pods are replaced, by the update strategy of the object."),
        button=gettext_lazy("Restart"),
        done=gettext_lazy("%(name)s is being restarted."),
        next_url=find_rollout_url,
        build=lambda subject, values: restart(subject.thing, timezone.now()),
        command=lambda subject, values: kubectl.object_command(subject.address, "rollout restart"),
        find_blocker=find_pause,
    ),
    ActionPage(
        action=actions.SET_IMAGE,
        heading=gettext_lazy("Set the images of %(name)s"),
        sentence=gettext_lazy("A changed image changes the pod template, from which new pods are created."),
        button=gettext_lazy("Set image"),
        done=gettext_lazy("The images of %(name)s were changed."),
        next_url=find_rollout_url,
        form=ImageForm,
        build=_build_images,
        command=_image_command,
        describe=_describe_owner,
    ),
    ActionPage(
        action=actions.PAUSE,
        heading=gettext_lazy("Pause %(name)s"),
        sentence=gettext_lazy("Changes of the pod template start no rollout until it is resumed."),
        button=gettext_lazy("Pause"),
        done=gettext_lazy("The rollout of %(name)s is paused."),
        next_url=find_rollout_url,
        build=lambda subject, values: pausing.pause(subject.thing),
        command=lambda subject, values: kubectl.object_command(subject.address, "rollout pause"),
        find_blocker=lambda subject: (
            "" if actions.PAUSE.applies(subject.found) else _("It is paused already.")
        ),
    ),
    ActionPage(
        action=actions.RESUME,
        heading=gettext_lazy("Resume %(name)s"),
        sentence=gettext_lazy("Changes that were made while it was paused are rolled out now."),
        button=gettext_lazy("Resume"),
        done=gettext_lazy("The rollout of %(name)s is resumed."),
        next_url=find_rollout_url,
        build=lambda subject, values: pausing.resume(subject.thing),
        command=lambda subject, values: kubectl.object_command(subject.address, "rollout resume"),
        find_blocker=lambda subject: "" if actions.RESUME.applies(subject.found) else _("It is not paused."),
    ),
)
