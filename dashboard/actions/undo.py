"""Undo: the page on which an earlier revision is chosen, with what it would change."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions import undo
from clusters.actions.change import Change
from clusters.actions.revisions import Revision, clean_template, list_revisions
from dashboard.actions.action_page import ActionPage, Values, find_rollout_url
from dashboard.actions.forms import ActionForm
from dashboard.actions.subject import Subject
from dashboard.actions.workloads import find_pause
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import KubernetesObject, mapping
from dashboard.kinds.selectors import format_selector
from dashboard.objects import yaml_lines

MAX_LINES = 400  # of one difference
CONTEXT = 2  # unchanged lines around a change


class UndoForm(ActionForm):
    """One of the revisions, the previous one at first. Raises ApiError where they cannot be listed."""

    def __init__(self, data: object = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        previous = undo.find_previous(self.revisions)
        self.fields["revision"] = forms.TypedChoiceField(
            label=_("Revision"),
            coerce=int,
            widget=forms.RadioSelect,
            choices=[(one.number, describe_revision(one)) for one in self.earlier],
            initial=previous.number if previous else None,
            help_text="" if self.earlier else _("There is no earlier revision to go back to."),
        )

    @cached_property
    def revisions(self) -> Sequence[Revision]:
        """All, the newest first."""
        return find_revisions(self.subject)

    @property
    def earlier(self) -> Sequence[Revision]:
        """Those whose template is another one than the present."""
        return [one for one in self.revisions if not undo.is_current(self.subject.found, one)]

    def own_pieces(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        """For each earlier revision its name and what undoing to it changes."""
        return [(describe_revision(one), _compare(self.subject, one)) for one in self.earlier]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = [one for one in self.earlier if one.number == cleaned.get("revision")]
        if not chosen and not self.errors:
            raise ValidationError(_("This revision is no longer there: choose another one."))
        cleaned["chosen"] = chosen[0] if chosen else None
        return cleaned


def find_revisions(subject: Subject) -> Sequence[Revision]:
    """All revisions of a workload, the newest first. Raises ApiError where they cannot be listed."""
    selector = format_selector(mapping(subject.found, "spec", "selector"))
    return list_revisions(subject.cluster_session, subject.thing, selector)


def describe_revision(revision: Revision) -> str:
    """Its number, when it was created, and its change cause where it has one."""
    words = {"number": revision.number, "created": revision.created, "cause": revision.change_cause}
    if revision.change_cause:
        return _("%(number)s, created %(created)s: %(cause)s") % words
    return _("%(number)s, created %(created)s") % words


def _compare(subject: Subject, revision: Revision) -> Sequence[tuple[str, str]]:
    return compare_templates(clean_template(mapping(subject.found, "spec", "template")), revision.template)


def compare_templates(before: KubernetesObject, after: KubernetesObject) -> Sequence[tuple[str, str]]:
    """The lines of two pod templates that differ, each with what becomes of it: removed, added, same or skip."""
    old, new = (yaml_lines.text(one).splitlines() for one in (before, after))
    names = {"-": "removed", "+": "added", " ": "same", "@": "skip"}
    lines = list(difflib.unified_diff(old, new, lineterm="", n=CONTEXT))[2 : MAX_LINES + 2]
    return [(names.get(line[:1], "same"), "…" if line.startswith("@") else line) for line in lines]


def _build(subject: Subject, values: Values) -> Change:
    return undo.undo(subject.thing, subject.found, values["chosen"])


def _command(subject: Subject, values: Values) -> str:
    number = values.get("revision")
    options = [f"--to-revision={number}"] if number else []
    return kubectl.object_command(subject.address, "rollout undo", *options)


PAGE = ActionPage(
    action=actions.UNDO,
    heading=gettext_lazy("Undo a rollout of %(name)s"),
    sentence=gettext_lazy("The pod template of that revision is rolled out again, under a new number."),
    button=gettext_lazy("Undo"),
    done=gettext_lazy("%(name)s is being rolled back."),
    next_url=find_rollout_url,
    form=UndoForm,
    build=_build,
    command=_command,
    find_blocker=find_pause,
)
