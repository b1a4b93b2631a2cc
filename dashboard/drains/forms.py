"""Form of a drain: the options of `kubectl drain` with its defaults, further nodes, and how many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.drains.drain import MAX_AT_ONCE, MAX_NODES
from clusters.drains.options import DrainOptions
from dashboard.address.paths import MAX_NAME, MAX_SELECTOR, is_object_name

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
MAX_SECONDS = 7 * 24 * 3600
CHOICES = ("ignore_daemonsets", "delete_emptydir_data", "force", "disable_eviction")


class DrainForm(forms.Form):
    """What is missing has kubectl's default: never the choice that deletes more."""

    ignore_daemonsets = forms.BooleanField(
        label=gettext_lazy("Leave pods of DaemonSets running"),
        required=False,
        help_text="--ignore-daemonsets",
    )
    delete_emptydir_data = forms.BooleanField(
        label=gettext_lazy("Evict pods with emptyDir volumes: their data is lost"),
        required=False,
        help_text="--delete-emptydir-data",
    )
    force = forms.BooleanField(
        label=gettext_lazy("Evict pods without a controller: nothing creates them again"),
        required=False,
        help_text="--force",
    )
    disable_eviction = forms.BooleanField(
        label=gettext_lazy("Delete pods instead of evicting them: PodDisruptionBudgets are ignored"),
        required=False,
        help_text="--disable-eviction",
    )
    grace_period = forms.IntegerField(
        label=gettext_lazy("Grace period (seconds)"),
        required=False,
        min_value=0,
        max_value=MAX_SECONDS,
        help_text=gettext_lazy("Empty: each pod's own. 0 kills them at once (--grace-period)."),
    )
    timeout = forms.IntegerField(
        label=gettext_lazy("Time limit for each node (seconds)"),
        required=False,
        min_value=0,
        max_value=MAX_SECONDS,
        help_text=gettext_lazy("Empty: none (--timeout)."),
    )
    skip_wait_for_delete_timeout = forms.IntegerField(
        label=gettext_lazy("Do not wait for pods that are being deleted for longer than (seconds)"),
        required=False,
        min_value=0,
        max_value=MAX_SECONDS,
        help_text=gettext_lazy("Empty: wait for all (--skip-wait-for-delete-timeout)."),
    )
    pod_selector = forms.CharField(
        label=gettext_lazy("Only pods with these labels"),
        required=False,
        max_length=MAX_SELECTOR,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("A label selector, such as app=web (--pod-selector)."),
    )
    more_nodes = forms.CharField(
        label=gettext_lazy("Further nodes"),
        required=False,
        max_length=MAX_NODES * (MAX_NAME + 1),
        widget=forms.TextInput(attrs=PLAIN),
        help_text=gettext_lazy("Names, separated by spaces. They are cordoned first, then drained."),
    )
    at_once = forms.IntegerField(
        label=gettext_lazy("Nodes at the same time"),
        required=False,
        min_value=1,
        max_value=MAX_AT_ONCE,
        help_text=gettext_lazy("Empty: one after the other, as with kubectl."),
    )

    def __init__(self, data: Any = None, *, node: str) -> None:
        super().__init__(data, auto_id="id_%s")
        self._node = node

    @property
    def choices(self) -> list[forms.BoundField]:
        return [self[name] for name in CHOICES]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in CHOICES]

    def clean_more_nodes(self) -> list[str]:
        names = str(self.cleaned_data["more_nodes"]).replace(",", " ").split()
        wrong = [name for name in names if not is_object_name(name)]
        if wrong:
            raise ValidationError(_("%(name)s cannot be the name of a node.") % {"name": wrong[0]})
        if len(names) >= MAX_NODES:
            raise ValidationError(
                _("At most %(count)d nodes can be drained together.") % {"count": MAX_NODES}
            )
        return names

    def list_nodes(self) -> Sequence[str]:
        """The node of the page, then the further ones, each once."""
        return list(dict.fromkeys([self._node, *self.cleaned_data["more_nodes"]]))

    def read_options(self) -> DrainOptions:
        values = self.cleaned_data
        return DrainOptions(
            ignore_daemonsets=values["ignore_daemonsets"],
            delete_emptydir_data=values["delete_emptydir_data"],
            force=values["force"],
            disable_eviction=values["disable_eviction"],
            grace_period=values["grace_period"],
            timeout=values["timeout"] or 0,
            skip_wait_for_delete_timeout=values["skip_wait_for_delete_timeout"] or 0,
            pod_selector=values["pod_selector"].strip(),
            at_once=values["at_once"] or 1,
        )

    def list_hidden(self) -> Sequence[tuple[str, str]]:
        """The valid options as the fields of the form that starts the drain."""
        return [
            (name, "on" if value is True else str(value))
            for name, value in self.data.items()
            if name in self.fields and value not in ("", None)
        ]
