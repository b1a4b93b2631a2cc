"""Patching: one submission of the apply and patch page, from the typed text to what the API server says to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, Conflict
from clusters.changes.applied import extract_applied
from clusters.changes.apply_conflicts import ApplyConflict, Resolution, find_live, read_conflicts, resolve
from clusters.changes.drafts import DraftContent
from clusters.changes.errors import UnreadableText
from clusters.changes.objects import Version, strip_server_fields, value_at, version_of
from clusters.changes.patches import Method, PatchTarget, send_patch
from clusters.changes.reading_yaml import Document, read_documents
from clusters.changes.updates import FIELD_MANAGER, Stored
from clusters.changes.violations import Violation, locate
from dashboard.edit.authors import add_patch_authors, list_undoers
from dashboard.edit.conflict import wait_for_newer, write_value
from dashboard.edit.drafts import read_key, unpack_base
from dashboard.edit.editing import Review, compare_stored, hash_text, make_target
from dashboard.edit.hidden_values import fill_placeholders, is_placeholder, write_placeholders
from dashboard.objects import yaml_lines
from dashboard.objects.opening import OpenObject

CHOICE = "conflict-"  # how the fields of a form are named that say what becomes of a conflict
RESOLUTIONS: Mapping[str, Resolution] = {"keep": "keep", "take": "take", "share": "share"}
MOST_FORCED = 500  # fields


@dataclass(frozen=True)
class PatchSubmission:
    """What the form brought.

    `version` is the one that was reviewed, `started` names what of the object was on the page then, `base` is the text
    that the page was opened with. `forced` are the conflicts that are to be taken over.
    """

    method: Method
    text: str = field(repr=False)
    version: Version
    step: str = "review"
    started: str = ""
    base: str = field(default="", repr=False)
    reviewed: str = ""
    draft: UUID = field(default_factory=uuid4)
    forced: frozenset[str] = frozenset()
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Names what was reviewed: the text, how it is sent, to which version, and what it takes over."""
        version = (self.version.uid, self.version.resource_version)
        return hash_text("\0".join((self.method, *version, *sorted(self.forced), self.text)))

    @property
    def content(self) -> DraftContent:
        """What a draft keeps of it."""
        return DraftContent(self.text, self.base, self.version)


@dataclass(frozen=True)
class ApplyConflictRow:
    """A conflict with both values as YAML, and what somebody chose for it so far."""

    conflict: ApplyConflict
    theirs: str = field(repr=False)
    yours: str = field(repr=False)
    choice: Resolution | None = None


@dataclass
class PatchOutcome:
    """What became of it; `submission` is what stands in the form from now on.

    `is_late`: the object is no longer what the page showed before.
    """

    submission: PatchSubmission
    violations: Sequence[Violation] = ()
    error: ApiError | None = None
    conflicts: Sequence[ApplyConflictRow] = ()
    review: Review | None = None
    stored: Stored | None = None
    is_late: bool = False


def read_patch(posted: QueryDict, method: Method) -> PatchSubmission:
    """The posted fields; browsers send line breaks as CR LF."""
    chosen = {
        name.removeprefix(CHOICE): RESOLUTIONS[value]
        for name, value in posted.items()
        if name.startswith(CHOICE) and isinstance(value, str) and value in RESOLUTIONS
    }
    return PatchSubmission(
        method,
        posted.get("text", "").replace("\r\n", "\n"),
        Version(posted.get("resource_version", "")[:64], posted.get("uid", "")[:64]),
        posted.get("step", ""),
        posted.get("started", "")[:64],
        unpack_base(posted.get("base", "")),
        posted.get("reviewed", "")[:64],
        read_key(posted.get("draft", "")),
        frozenset(one[:16] for one in posted.getlist("forced")[:MOST_FORCED]),
        chosen,
    )


def start_patch(opened: OpenObject, method: Method) -> PatchSubmission:
    """What a page begins with: what we applied before, the whole object, or an empty patch."""
    found = opened.found or {}
    if method == "apply":
        text = yaml_lines.text(extract_applied(found, FIELD_MANAGER))
    elif method == "replace":
        text = _write_current(opened)
    else:
        text = "[]\n" if method == "json" else "{}\n"
    return PatchSubmission(method, text, _current(opened), started=_name_current(opened), base=text)


def restore_patch(method: Method, key: UUID, content: DraftContent) -> PatchSubmission:
    """The form as it was when this draft was kept."""
    return PatchSubmission(method, content.text, content.version, base=content.base, draft=key)


def handle_patch(opened: OpenObject, submission: PatchSubmission, *, is_first: bool = True) -> PatchOutcome:
    """Resolve conflicts that somebody chose for, then a dry run, then save what was reviewed.

    Raises DeniedByRole and AuditTrailUnavailable; all else is in the outcome, so that nothing typed is lost.
    """
    is_save = submission.step == "save" and submission.reviewed == submission.digest
    started = _name_current(opened)
    is_late = bool(submission.started) and submission.started != started
    # controllers write the status all the time; of a Secret, equal placeholders do not say that the values are equal
    is_same = not is_late and not opened.is_secret and submission.version.uid == _current(opened).uid
    if not is_save or is_same:
        submission = replace(submission, version=_current(opened), started=started)
    outcome = PatchOutcome(submission, is_late=is_late)
    try:
        document = _read(submission)
        if submission.step == "resolve":
            document = _resolve(opened, outcome, document)
        _send(opened, outcome, document, is_save=is_save)
    except UnreadableText as wrong:
        outcome.violations = [Violation(wrong.message, wrong.line)]
    if is_first and isinstance(
        outcome.error, Conflict
    ):  # there is a newer version than the one that is known here
        wait_for_newer(opened, submission.version)
        again = handle_patch(opened, replace(outcome.submission, reviewed=""), is_first=False)
        return replace(again, is_late=again.is_late or is_save)
    return outcome


def _send(opened: OpenObject, outcome: PatchOutcome, document: Document, *, is_save: bool) -> None:
    """Force is sent only where every conflict that the API server names now is one that somebody chose to take."""
    submission = outcome.submission
    target = make_patch_target(opened, submission.method, submission.version)
    body = _fill(opened, document.value, submission.method)
    force = False
    try:
        if submission.method == "apply" and submission.forced:
            found = _find_conflicts(target, body)
            if any(one.id not in submission.forced for one in found):
                outcome.conflicts = _build_rows(opened, submission, document, found)
                return
            force = bool(found)
        stored = send_patch(target, body, dry_run=not is_save, force=force)
    except ApiError as error:
        found = read_conflicts(error, body) if submission.method == "apply" else []
        outcome.conflicts = _build_rows(opened, submission, document, found)
        if not found:
            outcome.error = error
            outcome.violations = locate(error, document)
        return
    if is_save:
        outcome.stored = stored
    else:
        outcome.review = _review(opened, submission.method, document.value, stored)


def _build_rows(
    opened: OpenObject, submission: PatchSubmission, document: Document, found: Sequence[ApplyConflict]
) -> Sequence[ApplyConflictRow]:
    live = write_placeholders(opened.found or {})
    rows = []
    for one in found:
        taken: Resolution | None = "take" if one.id in submission.forced else None
        theirs, yours = find_live(live, one.field), value_at(document.value, one.path)
        choice = taken or submission.resolutions.get(one.id)
        rows.append(
            ApplyConflictRow(one, write_value(theirs), write_value(yours) if one.path else "", choice)
        )
    return rows


def _review(opened: OpenObject, method: Method, typed: Any, stored: Stored) -> Review:
    live = opened.feed.content.snapshot().object or {}
    diff = compare_stored(opened, stored.object)
    if not opened.is_secret:
        diff = add_patch_authors(diff, method, live=live, typed=typed, stored=stored.object)
    return Review(diff, stored.warnings, list_undoers(opened, diff, live))


def _find_conflicts(target: PatchTarget, applied: Any) -> list[ApplyConflict]:
    try:
        send_patch(target, applied, dry_run=True)
    except Conflict as error:
        found = read_conflicts(error, applied)
        if not found:
            raise
        return found
    return []


def _resolve(opened: OpenObject, outcome: PatchOutcome, document: Document) -> Document:
    """The text with what is kept and shared; the conflicts are found anew, and not believed from the form."""
    submission = outcome.submission
    target = make_patch_target(opened, "apply", submission.version)
    if submission.method != "apply" or not isinstance(document.value, Mapping):
        return document
    try:
        found = _find_conflicts(target, _fill(opened, document.value, "apply"))
    except ApiError:
        return document  # the dry run that follows says the same, and is answered there
    live = write_placeholders(opened.found or {})
    resolved = resolve(document.value, live, found, submission.resolutions)
    taken = frozenset(one.id for one in found if submission.resolutions.get(one.id) == "take")
    # what is taken alone changes nothing of the text, which keeps its comments
    text = submission.text if resolved == document.value else yaml_lines.text(resolved)
    outcome.submission = replace(submission, text=text, forced=taken, resolutions={})
    return _read(outcome.submission)


def _fill(opened: OpenObject, typed: Any, method: Method) -> Any:
    """What is sent for the text: an apply has to say again what it is to keep, hidden values too.

    Raises UnreadableText where the text of a hidden value would be written in place of it.
    """
    if not opened.is_secret:
        return typed
    if method == "apply":
        typed = fill_placeholders(opened.found, typed, opened.feed.content.snapshot().object)
    _refuse_placeholders(typed)
    return typed


def make_patch_target(opened: OpenObject, method: Method, version: Version) -> PatchTarget:
    """The open object as what is patched."""
    base = make_target(opened, version)
    return PatchTarget(**vars(base), method=method)


def _read(submission: PatchSubmission) -> Document:
    documents = read_documents(submission.text)
    if len(documents) != 1:
        raise UnreadableText(_("Type exactly one document."), documents[1].line if documents else 0)
    wrong = next((one for one in documents[0].remarks if one.is_error), None)
    if wrong is not None:
        raise UnreadableText(wrong.message, wrong.line)
    return documents[0]


def _refuse_placeholders(value: Any) -> None:
    if is_placeholder(value):
        message = _("%(text)s stands for a hidden value. Type the value, or leave the field out.")
        raise UnreadableText(message % {"text": value})
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        _refuse_placeholders(one)


def _current(opened: OpenObject) -> Version:
    return version_of(opened.feed.content.snapshot().object or {})


def _write_current(opened: OpenObject) -> str:
    return yaml_lines.text(strip_server_fields(opened.found or {}, opened.resource))


def _name_current(opened: OpenObject) -> str:
    return hash_text(_write_current(opened))
