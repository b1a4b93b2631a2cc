"""Submission of the create page: what its form brings, and the text that is left after a part was created."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.http import QueryDict

from clusters.changes.drafts import DraftContent
from clusters.changes.objects import Version
from clusters.changes.reading_yaml import SEPARATOR, split_documents
from clusters.creation.new_objects import NewObject
from clusters.creation.results import CreationResult
from dashboard.edit.drafts import read_key, unpack_base
from dashboard.objects import yaml_lines

MAX_LEFT_OUT = 200
MAX_PATH = 1000  # characters of the path of a copied object
TOKEN_BYTES = 16


def make_token() -> str:
    """What generated names of one form are chosen by."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class Submission:
    """`text` has line feeds alone; `namespace` is for objects that name none; `token` is one form's own.

    `copied` is the path of the object that the text is a copy of, where its values are hidden. `reviewed` names the
    text whose review was shown, `left_out` are positions of objects that its dry run refused. `base` is the text that
    the page was opened with, `draft` the key under which the text is kept meanwhile.
    """

    text: str = field(repr=False)
    namespace: str
    token: str = field(default_factory=make_token)
    copied: str = ""
    is_create: bool = False
    reviewed: str = ""
    left_out: frozenset[int] = frozenset()
    base: str = field(default="", repr=False)
    draft: UUID = field(default_factory=uuid4)

    @property
    def digest(self) -> str:
        """Names what would be created: what is created is what was reviewed."""
        whole = "\0".join((self.token, self.namespace, self.copied, self.text))
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def content(self) -> DraftContent:
        """What a draft keeps of it; a form key too, so that a generated name stays the same."""
        fields = {"namespace": self.namespace, "copied": self.copied, "form_key": self.token}
        return DraftContent(self.text, self.base, Version("", ""), fields)

    @property
    def is_reviewed(self) -> bool:
        return self.reviewed == self.digest


def read_submission(posted: QueryDict) -> Submission:
    """The posted fields; browsers send line breaks as CR LF."""
    numbers = posted.get("left_out", "").split(",")[:MAX_LEFT_OUT]
    return Submission(
        posted.get("text", "").replace("\r\n", "\n"),
        posted.get("namespace", "").strip()[:253],
        posted.get("form_key", "")[:64] or make_token(),
        posted.get("copied", "")[:MAX_PATH],
        posted.get("step") == "create",
        posted.get("reviewed", "")[:64],
        frozenset(int(one) for one in numbers if one.isascii() and one.isdecimal() and len(one) < 6),
        unpack_base(posted.get("base", "")),
        read_key(posted.get("draft", "")),
    )


def restore(key: UUID, content: DraftContent) -> Submission:
    """The form as it was when this draft was kept."""
    fields = content.fields
    return Submission(
        content.text,
        fields.get("namespace", ""),
        fields.get("form_key", "") or make_token(),
        fields.get("copied", ""),
        base=content.base,
        draft=key,
    )


def keep_rest(submission: Submission, results: Sequence[CreationResult]) -> Submission:
    """A new form with what was not created, in the order of the text."""
    rest = sorted((one for one in results if not one.is_there), key=lambda one: one.new.position)
    written = [_write(submission.text, one) for one in rest]
    text = "---\n".join(written)
    return Submission(text, submission.namespace, copied=submission.copied, draft=submission.draft)


def _write(text: str, result: CreationResult) -> str:
    """The object as it was typed where it is a document of its own, with its comments; else printed.

    After a lost answer a generated name is written down, so that the same object is created once.
    """
    one = result.new
    if result.state == "unknown" and one.is_generated:
        return yaml_lines.text(one.value)
    return _find_source(text, one) or yaml_lines.text(one.document.value)


def _find_source(text: str, one: NewObject) -> str:
    """The document's own text; nothing where it is JSON, or an item of a list."""
    if one.is_item or text.lstrip()[:1] == "{":
        return ""
    chunks = [chunk for chunk, line in split_documents(text) if line <= one.document.line]
    lines = chunks[-1].splitlines(keepends=True)
    return "".join(lines[1:] if lines[0].startswith(SEPARATOR) else lines)
