"""Drafts of the edit page: what of a typed text is kept on the server, and how the page offers it again.

No value of a Secret is in a draft. Of a text that holds a Secret, wherever it is edited, each value that is no
placeholder is left out, and while such a text is no valid YAML nothing of it is kept, since nobody knows where its
values are.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from clusters.changes import drafts
from clusters.changes.drafts import DraftContent, DraftUnavailable
from clusters.changes.errors import UnreadableText
from clusters.changes.reading_yaml import LARGEST, read_documents
from clusters.gateway.connect import ClusterSession
from clusters.models import Draft
from dashboard.address.paths import Address
from dashboard.edit.hidden_values import describe_not_kept, write_not_kept
from dashboard.kinds.kind import Kind
from dashboard.kinds.masking import Hidden
from dashboard.kinds.table import find_kind, find_slug, kind_of, mask
from dashboard.objects import yaml_lines

PARTS = 3  # of a page: namespace, resource and name


@dataclass(frozen=True)
class KeptDraft:
    """What became of a draft: `saved_at` is None where it was not kept, and `error` says why."""

    saved_at: datetime | None = None
    error: str = ""
    has_omissions: bool = False


@dataclass(frozen=True)
class DraftRow:
    """A draft in a list; `edit_url` opens the editor with it, "" where its page is not an object's."""

    draft: Draft
    edit_url: str


def pack_base(text: str) -> str:
    """The text that was started from, compressed for a field of the form."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"))).decode()


def unpack_base(packed: str) -> str:
    """What `pack_base` made; "" for anything else, or for what is larger than any text."""
    try:
        reader = zlib.decompressobj()
        plain = reader.decompress(base64.urlsafe_b64decode(packed.encode("ascii")), LARGEST)
        return plain.decode("utf-8", "surrogatepass") if reader.eof else ""
    except (binascii.Error, zlib.error, ValueError):
        return ""


def keep_draft(
    session: ClusterSession, address: Address, key: UUID, content: DraftContent, *, is_late: bool = False
) -> KeptDraft:
    """Keep what was typed; nothing is kept of what is still the text that was started from. `is_late` as there."""
    if content.text == content.base:
        drafts.delete_draft(session.user, key)
        return KeptDraft()
    if len(content.text.encode("utf-8", "surrogatepass")) > LARGEST:
        return KeptDraft(error=_("The text is larger than 3 MiB, which no API server accepts."))
    kind = find_slug(address.resource)
    kept = leave_out_values(content.text, kind)
    base_text = leave_out_values(content.base, kind)
    if kept is None or base_text is None:
        return KeptDraft(error=_("The text of a Secret is kept only while it is valid YAML."))
    content = DraftContent(kept, base_text, content.version)
    try:
        saved_at = drafts.save_draft(
            session.user, session.cluster, page_of(address), key, content, is_late=is_late
        )
    except DraftUnavailable:
        return KeptDraft(error=_("This text was saved, or is of another page. Open the page again."))
    return KeptDraft(saved_at, has_omissions=has_omissions(kept))


def restore(session: ClusterSession, address: Address, key: str) -> tuple[UUID, DraftContent] | None:
    """The person's draft of this page with this key; None where there is none that can be opened."""
    try:
        draft = drafts.find_draft(session.user, UUID(key))
        if draft.cluster_id != session.cluster.pk or draft.page != page_of(address):
            return None
        return draft.pk, drafts.open_draft(draft)
    except (ValueError, DraftUnavailable):
        return None


def list_other_drafts(session: ClusterSession, address: Address, key: UUID) -> Sequence[Draft]:
    """The person's drafts of this page, without the one that is being typed."""
    found = drafts.list_drafts_of_page(session.user, session.cluster, page_of(address))
    return [one for one in found if one.pk != key]


def page_of(address: Address) -> str:
    """The path of an object below its cluster."""
    return "/".join((address.namespaces[0], address.resource, address.name))


def build_row(draft: Draft) -> DraftRow:
    """The draft with the address of its editor."""
    parts = draft.page.split("/")
    if len(parts) != PARTS:
        return DraftRow(draft, "")
    namespace, resource, name = parts
    path = Address((draft.cluster.slug,), (namespace,), resource, name).path("edit")
    return DraftRow(draft, f"{path}?draft={draft.pk}")


def leave_out_values(text: str, kind: Kind) -> str | None:
    """The text as it may be kept, where objects of `kind` are edited; None where nothing of it may be."""
    try:
        values = [document.value for document in read_documents(text)]
    except UnreadableText:
        return None if text and (kind.value_fields or _may_hold_secret(text)) else text
    if not kind.value_fields and not any(_holds_secret(value) for value in values):
        return text
    return "---\n".join(yaml_lines.text(_leave_out(value, kind)) for value in values)


def _may_hold_secret(text: str) -> bool:
    """Whether a line of a text that nobody can read looks as if it said `kind: Secret`."""
    return any("kind" in line and "Secret" in line for line in text.split("\n"))


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _is_secret(value) or any(_holds_secret(one) for one in value.values())
    return isinstance(value, list) and any(_holds_secret(one) for one in value)


def _is_secret(value: Mapping[str, Any]) -> bool:
    """Whether it says that it is a Secret, or a list of them, whose items need not say so."""
    kind = kind_of(value)
    return bool(kind.value_fields or find_kind(kind.group, kind.kind.removesuffix("List")).value_fields)


def _leave_out(value: Any, kind: Kind) -> Any:
    """Of an object of `kind` and of every Secret within it, no values; what is no object is of no use there."""
    if isinstance(value, Mapping):
        if kind.value_fields or _is_secret(value):
            return write_not_kept(mask(value, kind), value)
        return {key: _leave_out(one, kind) for key, one in value.items()}
    if kind.value_fields:
        return write_not_kept(Hidden(0), None)
    return [_leave_out(one, kind) for one in value] if isinstance(value, list) else value


def has_omissions(text: str) -> bool:
    """Whether something stands in the text for a value that a draft left out."""
    return describe_not_kept() in text
