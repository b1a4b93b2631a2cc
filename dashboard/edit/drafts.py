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
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from clusters.changes import drafts
from clusters.changes.drafts import DraftContent, DraftUnavailable
from clusters.changes.errors import UnreadableText
from clusters.changes.patches import Method, read_method
from clusters.changes.reading_yaml import LARGEST, read_documents
from clusters.gateway.connect import ClusterSession
from clusters.models import Draft
from dashboard.address.paths import Address
from dashboard.edit.hidden_values import describe_not_kept, write_not_kept
from dashboard.frame.menu import CREATE
from dashboard.kinds.kind import Kind
from dashboard.kinds.masking import Hidden
from dashboard.kinds.table import find_kind, find_slug, kind_of, mask
from dashboard.objects import yaml_lines

PARTS = 3  # behind namespace and resource: the name, and of a patch its page and its method


@dataclass(frozen=True)
class DraftPage:
    """Where a text is typed: `key` is the path below the cluster, as drafts have it, `kind` that of what is edited."""

    key: str
    url: str
    kind: Kind

    def link(self, draft: Draft) -> str:
        """The page with this draft in it."""
        return f"{self.url}{'&' if '?' in self.url else '?'}draft={draft.pk}"


@dataclass(frozen=True)
class KeptDraft:
    """What became of a draft: `saved_at` is None where it was not kept, and `error` says why."""

    saved_at: datetime | None = None
    error: str = ""
    has_omissions: bool = False


@dataclass(frozen=True)
class DraftRow:
    """A draft in a list; `page_url` is where it was typed, `edit_url` opens the editor with it."""

    draft: Draft
    edit_url: str
    page_url: str


def read_key(text: str) -> UUID:
    """The key of a draft; a new one where the form brought none."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


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
    session: ClusterSession, page: DraftPage, key: UUID, content: DraftContent, *, is_late: bool = False
) -> KeptDraft:
    """Keep what was typed; nothing is kept of what is still the text that was started from. `is_late` as there."""
    if content.text == content.base:
        drafts.delete_draft(session.user, key)
        return KeptDraft()
    if len(content.text.encode("utf-8", "surrogatepass")) > LARGEST:
        return KeptDraft(error=_("The text is larger than 3 MiB, which no API server accepts."))
    kept = leave_out_values(content.text, page.kind)
    base_text = leave_out_values(content.base, page.kind)
    if kept is None or base_text is None:
        return KeptDraft(error=_("The text of a Secret is kept only while it is valid YAML."))
    content = replace(content, text=kept, base=base_text)
    try:
        saved_at = drafts.save_draft(session.user, session.cluster, page.key, key, content, is_late=is_late)
    except DraftUnavailable:
        return KeptDraft(error=_("This text was saved, or is of another page. Open the page again."))
    return KeptDraft(saved_at, has_omissions=has_omissions(kept))


def restore(session: ClusterSession, page: DraftPage, key: str) -> tuple[UUID, DraftContent] | None:
    """The person's draft of this page with this key; None where there is none that can be opened."""
    try:
        draft = drafts.find_draft(session.user, UUID(key))
        if draft.cluster_id != session.cluster.pk or draft.page != page.key:
            return None
        return draft.pk, drafts.open_draft(draft)
    except (ValueError, DraftUnavailable):
        return None


def list_other_drafts(session: ClusterSession, page: DraftPage, key: UUID) -> Sequence[Draft]:
    """The person's drafts of this page, without the one that is being typed."""
    found = drafts.list_drafts_of_page(session.user, session.cluster, page.key)
    return [one for one in found if one.pk != key]


def edit_page_of(address: Address) -> DraftPage:
    """The edit page of an object."""
    return DraftPage(_name_object(address), address.path("edit"), find_slug(address.resource))


def patch_page_of(address: Address, method: Method) -> DraftPage:
    """The apply and patch page of an object, each method by itself."""
    url = f"{address.path('patch')}?method={method}"
    return DraftPage(f"{_name_object(address)}/patch/{method}", url, find_slug(address.resource))


def create_page_of(address: Address) -> DraftPage:
    """The create page of a namespace; what kinds are created there is in the text."""
    return DraftPage(f"{address.namespaces[0]}/{CREATE}", address.path(), find_slug(CREATE))


def _name_object(address: Address) -> str:
    return "/".join((address.namespaces[0], address.resource, address.name))


def build_row(draft: Draft) -> DraftRow:
    """The draft with the address of its editor."""
    namespace, resource, *rest = draft.page.split("/")
    address = Address((draft.cluster.slug,), (namespace,), resource, rest[0] if rest else "")
    if resource == CREATE:
        page = create_page_of(address)
    elif len(rest) == PARTS:  # name, patch and method
        page = patch_page_of(address, read_method(rest[-1]))
    else:
        page = edit_page_of(address)
    return DraftRow(draft, page.link(draft), page.url)


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
