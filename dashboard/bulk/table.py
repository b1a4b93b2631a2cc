"""Bulk table: what the page of each bulk action says and asks for, and which objects it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.metadata_terms import Field, MetadataTerms, WouldOverwrite, WrongTerm, parse_terms
from clusters.bulk.actions import BulkAction
from dashboard.kinds import actions
from dashboard.kinds.fields import KubernetesObject, dig
from dashboard.kinds.kind import Action
from dashboard.objects.bulk_buttons import BUTTONS, BulkButton

MAX_REPLICAS = 2**31 - 1  # what the API has room for
LONGEST = 20_000  # characters of all terms


class BulkForm(forms.Form):
    """What the action asks for once, for all objects."""

    def build_values(self) -> dict[str, Any]:
        """What is kept with the run, of a valid form: JSON."""
        return {}


class RestartForm(BulkForm):
    def build_values(self) -> dict[str, Any]:
        """One time for all attempts: what is sent again restarts nothing again."""
        return {"at": timezone.now().isoformat()}


class ScaleForm(BulkForm):
    replicas = forms.IntegerField(label=gettext_lazy("Replicas"), min_value=0, max_value=MAX_REPLICAS)

    def build_values(self) -> dict[str, Any]:
        return {"replicas": self.cleaned_data["replicas"]}


class TermsForm(BulkForm):
    """kubectl's terms, the same for all objects."""

    metadata_field: Field = "labels"
    terms = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("key=value sets, key- removes; one on each line."),
    )
    overwrite = forms.BooleanField(label=gettext_lazy("Overwrite present values"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "terms" in cleaned:
            try:
                cleaned["parsed"] = parse_terms(self.metadata_field, cleaned["terms"])
            except WrongTerm as error:
                self.add_error("terms", str(error))
        return cleaned

    def build_values(self) -> dict[str, Any]:
        return {
            "terms": dict(self.cleaned_data["parsed"].values),
            "overwrite": self.cleaned_data["overwrite"],
        }


class LabelForm(TermsForm):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["terms"].label = _("Labels")


class AnnotateForm(TermsForm):
    metadata_field = "annotations"

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["terms"].label = _("Annotations")


Values = Mapping[str, Any]
FindReason = Callable[[KubernetesObject, Values], str]


def _find_nothing(found: KubernetesObject, values: Values) -> str:
    return ""


def _unless(action: Action, reason: Promise) -> FindReason:
    return lambda found, values: "" if action.applies(found) else str(reason)


def _find_pause(found: KubernetesObject, values: Values) -> str:
    return _("The rollout is paused. Resume it first.") if dig(found, "spec", "paused") is True else ""


def _find_deletion(found: KubernetesObject, values: Values) -> str:
    return _("It is being deleted already.") if dig(found, "metadata", "deletionTimestamp") else ""


def _find_same_number(found: KubernetesObject, values: Values) -> str:
    same = values and dig(found, "spec", "replicas") == values["replicas"]
    return _("It has this number of replicas already.") if same else ""


def _compare_terms(metadata_field: Field) -> FindReason:
    def find(found: KubernetesObject, values: Values) -> str:
        if not values:
            return ""
        terms = MetadataTerms(metadata_field, values["terms"])
        try:
            changes = terms.find_changes(found, is_overwriting=values["overwrite"])
        except WouldOverwrite as error:
            return str(error)
        return "" if changes else _("Nothing would change.")

    return find


@dataclass(frozen=True, kw_only=True)
class BulkPage:
    """One action. `find_reason` says why an object is left out, by its content and the run's values (empty before
    they are typed). `sentence` is what happens to each."""

    button: BulkButton
    sentence: Promise
    form: type[BulkForm] = BulkForm
    find_reason: FindReason = field(default=_find_nothing)

    @property
    def action(self) -> BulkAction:
        return self.button.action

    @property
    def slug(self) -> str:
        return self.button.slug

    @property
    def title(self) -> Promise:
        return self.button.title


def _page(slug: str, sentence: Promise, **more: Any) -> tuple[str, BulkPage]:
    return slug, BulkPage(button=BUTTONS[slug], sentence=sentence, **more)


PAGES: Mapping[str, BulkPage] = dict(
    (
        _page(
            "restart",
            gettext_lazy("All pods of each are replaced, by its update strategy."),
            form=RestartForm,
            find_reason=_find_pause,
        ),
        _page(
            "scale",
            gettext_lazy("Each gets this number of replicas."),
            form=ScaleForm,
            find_reason=_find_same_number,
        ),
        _page(
            "suspend",
            gettext_lazy("Suspended CronJobs create no Jobs. Those that run go on."),
            find_reason=_unless(actions.SUSPEND, gettext_lazy("It is suspended already.")),
        ),
        _page(
            "stop",
            gettext_lazy("The Jobs are suspended: their active pods are deleted and no others are created."),
            find_reason=_unless(actions.STOP, gettext_lazy("It is stopped, or finished, already.")),
        ),
        _page(
            "unsuspend",
            gettext_lazy("They are no longer suspended."),
            find_reason=_unless(actions.UNSUSPEND, gettext_lazy("It is not suspended.")),
        ),
        _page(
            "cordon",
            gettext_lazy("No new pods are scheduled on them. Pods that run there go on."),
            find_reason=_unless(actions.CORDON, gettext_lazy("It is cordoned already.")),
        ),
        _page(
            "uncordon",
            gettext_lazy("New pods can be scheduled on them again."),
            find_reason=_unless(actions.UNCORDON, gettext_lazy("It is not cordoned.")),
        ),
        _page(
            "evict",
            gettext_lazy("Each pod is deleted as far as its PodDisruptionBudgets allow it."),
            find_reason=_find_deletion,
        ),
        _page(
            "label",
            gettext_lazy("Each gets these labels, as by kubectl label."),
            form=LabelForm,
            find_reason=_compare_terms("labels"),
        ),
        _page(
            "annotate",
            gettext_lazy("Each gets these annotations, as by kubectl annotate."),
            form=AnnotateForm,
            find_reason=_compare_terms("annotations"),
        ),
        _page(
            "delete",
            gettext_lazy("Each is deleted, and what it owns afterwards, in the background."),
            find_reason=_find_deletion,
        ),
    )
)
