"""Editing: one submission of the edit page, from the typed text to what the API server says to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID, uuid4

from django.http import QueryDict
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.api.errors import Conflict as ConflictError
from clusters.changes.drafts import DraftContent
from clusters.changes.errors import UnreadableText
from clusters.changes.merging import Choice
from clusters.changes.objects import Version, strip_server_fields, version_of
from clusters.changes.reading_yaml import Document, read_documents
from clusters.changes.undoing import Undoer
from clusters.changes.updates import Before, Stored, Target, patch, update
from clusters.changes.violations import Violation, check_identity, locate
from clusters.changes.yaml_values import Remark
from dashboard.edit.authors import add_authors, list_undoers
from dashboard.edit.conflict import Conflict, Typed, find_conflict, wait_for_newer
from dashboard.edit.diff import Diff, compare
from dashboard.edit.drafts import read_key, unpack_base
from dashboard.edit.hidden_values import (
    describe_not_kept,
    list_placeholders,
    mark_differing,
    write_placeholders,
)
from dashboard.kinds.table import mask
from dashboard.objects import yaml_lines
from dashboard.objects.opening import OpenObject

CHOICE = "choice-"  # how the fields of a form are named that choose between two sides


@dataclass(frozen=True)
class Submission:
    """What the form brought. `text` has line feeds alone.

    `started` names the text that the page was opened with, `base` is that text ("" where it is not known), `reviewed`
    names the text whose review was shown. `draft` is the key under which the text is kept meanwhile, `choices` are
    those of fields that collide.
    """

    text: str = field(repr=False)
    version: Version
    step: Literal["review", "save", "merge"] = "review"
    reviewed: str = ""
    started: str = ""
    base: str = field(default="", repr=False)
    draft: UUID = field(default_factory=uuid4)
    choices: Mapping[str, Choice] = field(default_factory=dict)

    @property
    def is_save(self) -> bool:
        return self.step == "save"

    @property
    def content(self) -> DraftContent:
        """What a draft keeps of it."""
        return DraftContent(self.text, self.base, self.version)

    @property
    def digest(self) -> str:
        """Names the text, and what it was started from: what is saved is what was reviewed."""
        return hash_text("\0".join((self.version.uid, self.started, self.text)))

    @property
    def is_reviewed(self) -> bool:
        return self.reviewed == self.digest


@dataclass(frozen=True)
class Review:
    """What would be stored, as a diff of the object as it is, with the API server's warnings."""

    diff: Diff
    warnings: tuple[str, ...] = ()
    undoers: Sequence[Undoer] = ()


@dataclass
class Outcome:
    """What became of a submission: violations at lines, remarks, an error of the API server, a conflict, a review, or
    `stored`. `merged` is the submission that stands for it from now on, where both sides were merged."""

    violations: list[Violation] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()
    error: ApiError | None = None
    conflict: Conflict | None = None
    merged: Submission | None = None
    review: Review | None = None
    stored: Stored | None = None


def read_submission(posted: QueryDict) -> Submission:
    """The posted fields; browsers send line breaks as CR LF, and leave one out at the beginning of a text area."""
    base, started = unpack_base(posted.get("base", "")), posted.get("started", "")[:64]
    return Submission(
        posted.get("text", "").replace("\r\n", "\n"),
        Version(posted.get("resource_version", "")[:64], posted.get("uid", "")[:64]),
        _read_step(posted.get("step", "")),
        posted.get("reviewed", "")[:64],
        started,
        base if hash_text(base) == started else "",
        read_key(posted.get("draft", "")),
        _read_choices(posted),
    )


def _read_step(text: str) -> Literal["review", "save", "merge"]:
    """What is no other step is a review, which changes nothing."""
    return "save" if text == "save" else "merge" if text == "merge" else "review"


def _read_choices(posted: QueryDict) -> dict[str, Choice]:
    choices: dict[str, Choice] = {}
    for name, value in posted.items():
        if name.startswith(CHOICE) and value in ("theirs", "yours"):
            choices[name.removeprefix(CHOICE)] = "theirs" if value == "theirs" else "yours"
    return choices


def restore(key: UUID, content: DraftContent) -> Submission:
    """The form as it was when this draft was kept."""
    base = content.base
    return Submission(content.text, content.version, started=hash_text(base), base=base, draft=key)


def start(opened: OpenObject) -> Submission:
    """The form of somebody who opens the page: the object as it is, hidden values as placeholders."""
    text = yaml_lines.text(strip_server_fields(_masked(opened), opened.resource))
    return Submission(text, version_of(_raw(opened)), started=hash_text(text), base=text)


def advance(opened: OpenObject, submission: Submission) -> Submission:
    """The submission in the version that is there now, where nothing of what is edited changed since it was started.

    Controllers write the status of a Deployment or a Node all the time, and each write is a new resourceVersion. Of a
    Secret, equal placeholders do not say that the values are equal, and without a version nothing is taken for one.
    """
    current = start(opened)
    is_same_text = submission.started == current.started and submission.version.uid == current.version.uid
    if not is_same_text or opened.is_secret or not submission.version.resource_version:
        return submission
    return replace(submission, version=current.version)


def hash_text(text: str) -> str:
    """Names a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def make_target(opened: OpenObject, version: Version) -> Target:
    """The open object as what is written."""
    address = opened.address
    return Target(
        opened.cluster_session, opened.resource, address.namespace, address.name, version, opened.is_secret
    )


def handle(opened: OpenObject, submission: Submission) -> Outcome:
    """Check, then a dry run, then save where the review of exactly this text was shown before.

    Raises DeniedByRole and AuditTrailUnavailable; all else is in the outcome, so that nothing typed is lost.
    """
    outcome = Outcome()
    document = _read(opened, submission, outcome)
    if document is None or outcome.violations:
        return outcome
    outcome.conflict = _find_conflict(opened, submission, document)
    if outcome.conflict is not None:
        return _merge(opened, submission, outcome)
    outcome.remarks = document.remarks
    try:
        if submission.is_save and submission.is_reviewed:
            outcome.stored = _write(opened, submission.version, document.value, dry_run=False)
        else:
            stored = _write(opened, submission.version, document.value, dry_run=True)
            outcome.review = _review(opened, document.value, stored)
    except UnreadableText as wrong:
        outcome.violations.append(Violation(wrong.message, wrong.line))
    except ApiError as error:
        if isinstance(error, ConflictError):
            wait_for_newer(opened, submission.version)
            outcome.conflict = _find_conflict(opened, submission, document)
        if outcome.conflict is None:
            outcome.error = error
            outcome.violations = locate(error, document)
    return outcome


def _find_conflict(opened: OpenObject, submission: Submission, document: Document) -> Conflict | None:
    typed = Typed(document.value, submission.text, submission.base, submission.version, submission.choices)
    return find_conflict(opened, typed)


def _merge(opened: OpenObject, submission: Submission, outcome: Outcome) -> Outcome:
    """The review of what both sides merge to, once somebody has seen it and chosen for all that collides."""
    conflict = outcome.conflict
    if conflict is None or submission.step != "merge" or not conflict.merge.is_decided:
        return outcome
    merged = replace(
        submission,
        text=yaml_lines.text(conflict.merge.merged),
        version=conflict.version,
        step="review",
        base=conflict.current,
        started=hash_text(conflict.current),
        choices={},
    )
    return replace(handle(opened, merged), merged=merged)


def _read(opened: OpenObject, submission: Submission, outcome: Outcome) -> Document | None:
    """The one document of the text, which is the object that is edited."""
    try:
        documents = read_documents(submission.text)
    except UnreadableText as wrong:
        outcome.violations.append(Violation(wrong.message, wrong.line))
        return None
    if len(documents) != 1:
        message = (
            _("There are several documents, and one object is edited here.")
            if documents
            else _("The text is empty. To delete the object, use Delete.")
        )
        outcome.violations.append(Violation(message, documents[1].line if documents else 0))
        return None
    outcome.violations += check_identity(documents[0], _identity(opened))
    outcome.remarks = tuple(one for one in documents[0].remarks if not one.is_error)
    return documents[0]


def _identity(opened: OpenObject) -> Mapping[str, str]:
    resource, address = opened.resource, opened.address
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": address.namespace,
        "name": address.name,
    }


def _write(opened: OpenObject, version: Version, typed: Mapping[str, Any], *, dry_run: bool) -> Stored:
    target = make_target(opened, version)
    if not target.is_masked:
        return update(target, typed, dry_run=dry_run)
    masked = strip_server_fields(_masked(opened), opened.resource)
    placeholders = frozenset((*list_placeholders(masked), describe_not_kept()))
    before = Before(write_placeholders(masked), version_of(_raw(opened)), placeholders)
    return patch(target, before, typed, dry_run=dry_run)


def _review(opened: OpenObject, typed: Mapping[str, Any], stored: Stored) -> Review:
    """Whose each line is follows from values: those of a Secret are hidden, and so it is not said of one."""
    live = _raw(opened)
    diff = compare_stored(opened, stored.object)
    if not opened.is_secret:
        diff = add_authors(diff, live=live, typed=typed, stored=stored.object)
    return Review(diff, stored.warnings, list_undoers(opened, diff, live))


def compare_stored(opened: OpenObject, stored: Mapping[str, Any]) -> Diff:
    """The diff without what only the server sets, hidden values as placeholders that say whether they differ."""
    raw = _raw(opened)
    before = strip_server_fields(_masked(opened), opened.resource)
    after = strip_server_fields(mark_differing(mask(stored, opened.kind), stored, raw), opened.resource)
    return compare(before, after)


def _raw(opened: OpenObject) -> Mapping[str, Any]:
    return opened.feed.content.snapshot().object or {}


def _masked(opened: OpenObject) -> Mapping[str, Any]:
    return opened.found or {}
