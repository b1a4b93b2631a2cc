"""Taints and labels of Nodes: forms that take kubectl's own terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.metadata_terms import WouldOverwrite, WrongTerm, format_terms, parse_terms
from clusters.actions.taints import apply_taints, list_taints, parse_taints, taint
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.forms import PLAIN, ActionForm
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import mapping, text
from dashboard.pieces.notice import Detail, Notice

LONGEST = 20_000  # characters of all terms
SHOWN = 100  # present taints or labels on the page


class TermsForm(ActionForm):
    """kubectl's terms, and whether they may overwrite."""

    terms = forms.CharField(
        max_length=LONGEST, widget=forms.Textarea(attrs={**PLAIN, "rows": 4, "class": "code"})
    )
    overwrite = forms.BooleanField(label=gettext_lazy("Overwrite present values"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "terms" not in cleaned:
            return cleaned
        try:
            cleaned |= self.read(cleaned["terms"], is_overwriting=cleaned.get("overwrite", False))
        except WrongTerm as error:
            self.add_error("terms", str(error))
        except WouldOverwrite as error:
            self.add_error("overwrite", _("%(problem)s Select this to overwrite.") % {"problem": error})
        return cleaned

    def read(self, terms: str, *, is_overwriting: bool) -> dict[str, Any]:
        """What `build` needs. Raises WrongTerm and WouldOverwrite."""
        raise NotImplementedError


class TaintForm(TermsForm):
    def __init__(self, data: object = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self.fields["terms"].label = _("Taints to add or remove")
        self.fields["terms"].help_text = _(
            "key=value:effect adds; key:effect- or key- removes. Effects: NoSchedule, PreferNoSchedule, and NoExecute, "
            "which also evicts the pods that do not tolerate it."
        )

    def read(self, terms: str, *, is_overwriting: bool) -> dict[str, Any]:
        parsed = parse_taints(terms)
        taints = apply_taints(self.subject.found, parsed, is_overwriting=is_overwriting)
        return {"words": [one.format() for one in parsed], "taints": taints}


class LabelForm(TermsForm):
    def __init__(self, data: object = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self.fields["terms"].label = _("Labels to set or remove")
        self.fields["terms"].help_text = _("key=value sets; key- removes.")

    def read(self, terms: str, *, is_overwriting: bool) -> dict[str, Any]:
        parsed = parse_terms("labels", terms)
        changes = parsed.find_changes(self.subject.found, is_overwriting=is_overwriting)
        if not changes:
            raise WrongTerm(_("Nothing would change: the labels have these values already."))
        return {"words": format_terms(parsed.values), "parsed": parsed, "changes": changes}


def _describe_taints(subject: Subject) -> Sequence[Notice]:
    return _describe_present(_("Taints now"), [_format_taint(one) for one in list_taints(subject.found)])


def _describe_labels(subject: Subject) -> Sequence[Notice]:
    labels = mapping(subject.found, "metadata", "labels")
    return _describe_present(_("Labels now"), [f"{key}={value}" for key, value in sorted(labels.items())])


def _format_taint(one: Any) -> str:
    value = f"={text(one, 'value')}" if text(one, "value") else ""
    return f"{text(one, 'key')}{value}:{text(one, 'effect')}"


def _describe_present(title: str, written: Sequence[str]) -> Sequence[Notice]:
    details = tuple(Detail(one) for one in written[:SHOWN])
    return [Notice(title, "" if written else _("None."), "info", details=details)]


def _terms_command(subject: Subject, values: Values, verb: str, example: str) -> str:
    words = [*(values.get("words") or [example]), *(["--overwrite"] if values.get("overwrite") else [])]
    return kubectl.object_command(subject.address, verb, *words)


PAGES = (
    ActionPage(
        action=actions.TAINT,
        heading=gettext_lazy("Taints of %(name)s"),
        sentence=gettext_lazy("Pods that do not tolerate a taint are not scheduled on this node."),
        button=gettext_lazy("Change taints"),
        done=gettext_lazy("The taints of %(name)s were changed."),
        form=TaintForm,
        build=lambda subject, values: taint(
            subject.thing, text(subject.found, "metadata", "resourceVersion"), values["taints"]
        ),
        command=lambda subject, values: _terms_command(subject, values, "taint", "KEY=VALUE:NoSchedule"),
        describe=_describe_taints,
    ),
    ActionPage(
        action=actions.LABEL,
        heading=gettext_lazy("Labels of %(name)s"),
        sentence=gettext_lazy("Node selectors and affinities choose nodes by their labels."),
        button=gettext_lazy("Change labels"),
        done=gettext_lazy("The labels of %(name)s were changed."),
        form=LabelForm,
        build=lambda subject, values: values["parsed"].patch(subject.thing, values["changes"]),
        command=lambda subject, values: _terms_command(subject, values, "label", "KEY=VALUE"),
        describe=_describe_labels,
    ),
)
