"""Quick edits of entries: labels and annotations of any object, and the keys of ConfigMaps and Secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.actions.change import Change
from clusters.quick_edits.entries import EntryChanges, change_entries, read_entries
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.forms import PLAIN
from dashboard.actions.quick_edit_form import QuickEditForm, explain_rejection
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.kinds import actions
from dashboard.kinds.fields import dig
from dashboard.kinds.masking import Hidden
from dashboard.pieces.notice import Notice

LONGEST_AREA = 16  # lines of a text area
MOST_ENTRIES = 100  # of one section
LARGEST = 256 * 1024  # characters of all values of one page
LONGEST_KEY = 320


@dataclass(frozen=True)
class Section:
    """Entries below one path. New values of hidden ones are written as text to `written_to`."""

    id: str
    title: Promise
    path: tuple[str, ...]
    rows: int = 0  # least lines of a value's text area; 0 is a single line
    new: int = 1  # empty rows for new entries
    written_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntryRow:
    """One entry with its fields; a new one has a field for its key."""

    key: str
    value: forms.BoundField
    remove: forms.BoundField | None = None
    new_key: forms.BoundField | None = None


class EntriesForm(QuickEditForm):
    """Fields for each entry, and a few for new ones."""

    sections: ClassVar[tuple[Section, ...]] = ()

    def __init__(self, data: Any = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        self._keys: dict[str, list[str]] = {}
        for section in self.sections:
            found = read_entries(subject.found, section.path)
            typed = [name.partition(":")[2] for name in data or () if name.startswith(f"{section.id}:")]
            self._keys[section.id] = list(dict.fromkeys([*sorted(found), *typed]))[:MOST_ENTRIES]
            for key in self._keys[section.id]:
                self.fields[f"{section.id}:{key}"] = _make_value(section, found.get(key, ""), key)
                self.fields[f"{section.id}-remove:{key}"] = forms.BooleanField(
                    required=False, label=_("Remove")
                )
            for index in range(section.new):
                self.fields[f"{section.id}-key-{index}"] = forms.CharField(
                    required=False,
                    max_length=LONGEST_KEY,
                    label=_("New key"),
                    widget=forms.TextInput(attrs=PLAIN),
                )
                self.fields[f"{section.id}-new-{index}"] = _make_value(section, "", "")

    def read_part(self) -> Any:
        return [read_entries(self.subject.found, section.path) for section in self.sections]

    def own_fields(self) -> list[forms.BoundField]:
        """They stand in groups."""
        return []

    def groups(self) -> Sequence[tuple[Section, Sequence[EntryRow]]]:
        """The fields of each section."""
        return [(section, self._list_rows(section)) for section in self.sections]

    def _list_rows(self, section: Section) -> Sequence[EntryRow]:
        known = [
            EntryRow(key, self[f"{section.id}:{key}"], self[f"{section.id}-remove:{key}"])
            for key in self._keys[section.id]
        ]
        new = [
            EntryRow("", self[f"{section.id}-new-{index}"], new_key=self[f"{section.id}-key-{index}"])
            for index in range(section.new)
        ]
        return [*known, *new]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        changes = [change for section in self.sections for change in self._collect(section, cleaned)]
        if not self.errors and not changes:
            raise ValidationError(_("Nothing was changed: change at least one entry."))
        cleaned["changes"] = changes
        return cleaned

    def _collect(self, section: Section, cleaned: Mapping[str, Any]) -> Sequence[EntryChanges]:
        found = read_entries(self.subject.found, section.path)
        written: dict[str, str | None] = {}
        removed: dict[str, str | None] = {}
        for key in self._keys[section.id]:
            value = _normalize(cleaned.get(f"{section.id}:{key}", ""))
            if cleaned.get(f"{section.id}-remove:{key}"):
                removed[key] = None
            elif isinstance(found.get(key), Hidden):
                written.update({key: value} if value else {})
            elif value != _normalize(found.get(key, "")):
                written[key] = value
        for index in range(section.new):
            self._collect_new(section, index, cleaned, found, written)
        target = section.written_to or section.path
        parts = [EntryChanges(target, written), EntryChanges(section.path, removed)]
        return [one for one in parts if one.values]

    def _collect_new(
        self,
        section: Section,
        index: int,
        cleaned: Mapping[str, Any],
        found: Mapping[str, Any],
        written: dict[str, str | None],
    ) -> None:
        name = f"{section.id}-key-{index}"
        key = str(cleaned.get(name, "")).strip()
        value = _normalize(cleaned.get(f"{section.id}-new-{index}", ""))
        if not key and value:
            self.add_error(name, _("This value has no key: type one."))
        elif key and (key in found or key in written):
            self.add_error(name, _("There is an entry “%(key)s” already.") % {"key": key})
        elif key:
            written[key] = value


def _make_value(section: Section, value: Any, key: str) -> forms.CharField:
    is_hidden = isinstance(value, Hidden)
    attrs = {**PLAIN, "placeholder": str(value)} if is_hidden else dict(PLAIN)
    if section.rows:
        lines = 0 if is_hidden else str(value).count("\n") + 1
        attrs["rows"] = str(max(section.rows, min(lines, LONGEST_AREA)))
    widget = forms.Textarea(attrs) if section.rows else forms.TextInput(attrs)
    return forms.CharField(
        required=False,
        strip=False,
        max_length=LARGEST,
        label=key or _("New value"),
        initial="" if is_hidden else value,
        widget=widget,
    )


def _normalize(value: Any) -> str:
    """As a browser sends a text area: line breaks of one kind."""
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


class LabelsForm(EntriesForm):
    """Labels and annotations."""

    sections = (
        Section("labels", gettext_lazy("Labels"), ("metadata", "labels"), new=3),
        Section("annotations", gettext_lazy("Annotations"), ("metadata", "annotations"), rows=2, new=2),
    )


class ConfigKeysForm(EntriesForm):
    """The keys of a ConfigMap that hold text."""

    sections = (Section("data", gettext_lazy("Keys"), ("data",), rows=2),)


class SecretKeysForm(EntriesForm):
    """The keys of a Secret: values are typed as text and stay hidden."""

    sections = (Section("data", gettext_lazy("Keys"), ("data",), rows=2, written_to=("stringData",)),)


def _build(subject: Subject, values: Values) -> Change:
    return change_entries(subject.thing, subject.found, values["changes"])


def _find_hindrance(subject: Subject, form: type[EntriesForm]) -> str:
    entries = [read_entries(subject.found, section.path) for section in form.sections]
    if any(len(one) > MOST_ENTRIES for one in entries):
        return _("These are too many entries for this page. Use Edit.")
    if sum(len(str(value)) for one in entries for value in one.values()) > LARGEST:
        return _("These values are too large for this page. Use Edit.")
    if form is not LabelsForm and dig(subject.found, "immutable") is True:
        return _("It is immutable: its keys cannot be changed. Copy it under another name.")
    return ""


def _command_labels(subject: Subject, values: Values) -> str:
    changes: Sequence[EntryChanges] = values.get("changes") or ()
    commands = []
    for verb, field in (("label", "labels"), ("annotate", "annotations")):
        every = {key: value for one in changes if one.path[-1] == field for key, value in one.values.items()}
        words = [f"{key}-" if value is None else f"{key}={value}" for key, value in every.items()]
        if words:
            commands.append(kubectl.object_command(subject.address, verb, *words, "--overwrite"))
    return "\n".join(commands) or kubectl.object_command(subject.address, "label", "KEY=VALUE", "--overwrite")


def _command_keys(subject: Subject, values: Values) -> str:
    """Values of a Secret are not repeated in a command."""
    changes: Sequence[EntryChanges] = values.get("changes") or ()
    body: dict[str, dict[str, str | None]] = {}
    for one in changes:
        is_hidden = one.path[0] == "stringData"
        body.setdefault(one.path[0], {}).update(
            {key: "VALUE" if is_hidden else value for key, value in one.values.items()}
        )
    patch = json.dumps(body or {"data": {"KEY": "VALUE"}}, ensure_ascii=False)
    return kubectl.object_command(subject.address, "patch", "--type=merge", "-p", patch)


def _describe_labels(subject: Subject) -> Sequence[Notice]:
    text = _(
        "Selectors of Services and controllers find objects by their labels: a changed one may be found no more."
    )
    return [Notice(advice=text, severity="info")]


def _describe_pods(subject: Subject) -> Sequence[Notice]:
    text = _(
        "Pods that mount it see the change after a while. Environment variables are read when a container starts."
    )
    return [Notice(advice=text, severity="info")]


PAGES = (
    ActionPage(
        action=actions.LABELS,
        heading=gettext_lazy("Labels and annotations of %(name)s"),
        sentence=gettext_lazy("Only the changed entries are written."),
        button=gettext_lazy("Save"),
        done=gettext_lazy("Labels and annotations of %(name)s were changed."),
        form=LabelsForm,
        build=_build,
        command=_command_labels,
        describe=_describe_labels,
        find_blocker=lambda subject: _find_hindrance(subject, LabelsForm),
        explain_error=explain_rejection,
    ),
    ActionPage(
        action=actions.CONFIG_KEYS,
        heading=gettext_lazy("Keys of %(name)s"),
        sentence=gettext_lazy("Only the changed keys are written. Binary data stays untouched."),
        button=gettext_lazy("Save"),
        done=gettext_lazy("The keys of %(name)s were changed."),
        form=ConfigKeysForm,
        build=_build,
        command=_command_keys,
        describe=_describe_pods,
        find_blocker=lambda subject: _find_hindrance(subject, ConfigKeysForm),
        explain_error=explain_rejection,
    ),
    ActionPage(
        action=actions.SECRET_KEYS,
        heading=gettext_lazy("Keys of %(name)s"),
        sentence=gettext_lazy(
            "An empty field leaves a hidden value untouched. What you type is written as text."
        ),
        button=gettext_lazy("Save"),
        done=gettext_lazy("The keys of %(name)s were changed."),
        form=SecretKeysForm,
        build=_build,
        command=_command_keys,
        describe=_describe_pods,
        find_blocker=lambda subject: _find_hindrance(subject, SecretKeysForm),
        explain_error=explain_rejection,
    ),
)
