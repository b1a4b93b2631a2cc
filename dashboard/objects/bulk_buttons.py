"""Bulk buttons: the actions that a list offers for its selected rows, by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from clusters.bulk.actions import ACTIONS, BulkAction
from clusters.discovery import Resource
from dashboard.kinds.kind import Kind
from dashboard.objects.kind_pages import list_actions

# Of every kind whose API has what they need; the others are of the kinds that have the action of the same page.
OF_EVERY_KIND = ("delete", "scale", "label", "annotate")


@dataclass(frozen=True)
class BulkButton:
    """An action with its name; `slug` is what a form sends."""

    action: BulkAction
    title: Promise
    icon: str

    @property
    def slug(self) -> str:
        return self.action.slug


BUTTONS: Mapping[str, BulkButton] = {
    slug: BulkButton(ACTIONS[slug], title, icon)
    for slug, title, icon in (
        ("restart", gettext_lazy("Restart"), "refresh"),
        ("scale", gettext_lazy("Scale"), "pod"),
        ("suspend", gettext_lazy("Suspend"), "pause"),
        ("stop", gettext_lazy("Stop"), "pause"),
        ("unsuspend", gettext_lazy("Resume"), "play"),
        ("cordon", gettext_lazy("Cordon"), "lock"),
        ("uncordon", gettext_lazy("Uncordon"), "check"),
        ("evict", gettext_lazy("Evict"), "leave"),
        ("label", gettext_lazy("Label"), "edit"),
        ("annotate", gettext_lazy("Annotate"), "edit"),
        ("delete", gettext_lazy("Delete"), "trash"),
    )
}


def list_buttons(kind: Kind, resource: Resource) -> Sequence[BulkButton]:
    """The bulk actions of a kind, as a cluster serves it; in the order of the table."""
    offered = {*OF_EVERY_KIND, *(action.page for action in list_actions(kind))}
    return [one for one in BUTTONS.values() if one.slug in offered and _is_served(one.action, resource)]


def _is_served(action: BulkAction, resource: Resource) -> bool:
    if action.subresource:
        return action.subresource in resource.subresources
    return action.verb in resource.verbs
