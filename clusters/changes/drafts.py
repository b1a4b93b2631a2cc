"""Drafts: text that a person typed and has not saved yet, encrypted, for seven days, at most twenty of a person.

A draft is sealed as credentials are, bound to its row, its owner, the cluster and the page it was typed on. What must
not be in it (values of Secrets) is left out by who calls.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from clusters.changes.objects import Version
from clusters.credentials.sealing import SealBroken, open_sealed, seal
from clusters.models import Cluster, Draft
from clusters.sharing import visible_clusters
from people.models import User

LIFETIME = timedelta(days=7)  # since it was saved last
LATEST = timedelta(hours=1)  # until a request of a page that was saved comes
MOST = 20  # drafts of one person; beyond them the oldest goes
LARGEST = 16 * 1024 * 1024  # bytes of a draft's content: two texts of 3 MiB, each character escaped


@dataclass(frozen=True)
class DraftContent:
    """`base` is the text that was started from, in the `version` of the object that it shows.

    `fields` are the other fields of the form.
    """

    text: str = field(repr=False)
    base: str = field(repr=False)
    version: Version
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


class DraftUnavailable(Exception):
    """There is no such draft of this person, or it cannot be decrypted any more."""


def save_draft(
    user: User, cluster: Cluster, page: str, key: UUID, content: DraftContent, *, is_late: bool = False
) -> datetime:
    """Write the draft with this key, in place of its earlier text; when it was saved.

    Raises DraftUnavailable where the key is another person's draft, or a draft of another page; where it may come late
    (`is_late`), also where the text was saved in the cluster meanwhile.
    """
    now = timezone.now()
    draft = Draft.objects.filter(pk=key).first() or Draft(pk=key, user=user, cluster=cluster, page=page)
    if (draft.user_id, draft.cluster_id, draft.page) != (user.pk, cluster.pk, page):
        raise DraftUnavailable
    if draft.is_saved and is_late:
        raise DraftUnavailable
    draft.is_saved = False
    draft.sealed = seal(_encode(content), context=context_of(draft))
    draft.saved_at = now
    draft.save()
    remove_expired(now)
    beyond = list(
        Draft.objects.filter(user=user, is_saved=False)
        .order_by("-saved_at")
        .values_list("pk", flat=True)[MOST:]
    )
    if beyond:
        Draft.objects.filter(pk__in=beyond).delete()
    return now


def list_drafts(user: User) -> Sequence[Draft]:
    """This person's drafts on clusters that they see, the newest first, each with its cluster; not their texts."""
    return list(_own(user).select_related("cluster").order_by("-saved_at").defer("sealed")[:MOST])


def list_drafts_of_page(user: User, cluster: Cluster, page: str) -> Sequence[Draft]:
    """Those of one page, the newest first."""
    found = _own(user).filter(cluster=cluster, page=page)
    return list(found.order_by("-saved_at").defer("sealed")[:MOST])


def find_draft(user: User, key: UUID) -> Draft:
    """Raises DraftUnavailable where this person has none with this key."""
    draft = _own(user).select_related("cluster").filter(pk=key).first()
    if draft is None:
        raise DraftUnavailable
    return draft


def open_draft(draft: Draft) -> DraftContent:
    """What is in it. Raises DraftUnavailable where it cannot be decrypted, or is none."""
    try:
        plain = zlib.decompressobj().decompress(
            open_sealed(bytes(draft.sealed), context=context_of(draft)), LARGEST
        )
        stored = json.loads(plain.decode("utf-8", "surrogatepass"))
        version = Version(stored["resource_version"], stored["uid"])
        return DraftContent(stored["text"], stored["base"], version, stored.get("fields", {}))
    except (SealBroken, zlib.error, ValueError, KeyError, TypeError) as wrong:
        raise DraftUnavailable from wrong


def delete_draft(user: User, key: UUID) -> None:
    """Remove this person's draft with this key, if there is one."""
    Draft.objects.filter(user=user, pk=key).delete()


def close_draft(user: User, key: UUID) -> None:
    """The text was saved in the cluster: forget it."""
    Draft.objects.filter(user=user, pk=key).update(sealed=b"", is_saved=True, saved_at=timezone.now())


def remove_expired(now: datetime) -> None:
    """Remove everybody's drafts that were saved too long ago, and sooner those of which the text is gone."""
    Draft.objects.filter(saved_at__lte=now - LIFETIME).delete()
    Draft.objects.filter(is_saved=True, saved_at__lte=now - LATEST).delete()


def context_of(draft: Draft) -> str:
    """What the sealed value is authenticated with."""
    bound = {"draft": str(draft.pk), "user": draft.user_id, "cluster": draft.cluster_id, "page": draft.page}
    return json.dumps(bound, sort_keys=True)


def _own(user: User) -> QuerySet[Draft]:
    return Draft.objects.filter(
        user=user,
        cluster__in=visible_clusters(user),
        saved_at__gt=timezone.now() - LIFETIME,
        is_saved=False,
    )


def _encode(content: DraftContent) -> bytes:
    held = {
        "text": content.text,
        "base": content.base,
        "resource_version": content.version.resource_version,
        "uid": content.version.uid,
        "fields": dict(content.fields),
    }
    return zlib.compress(json.dumps(held, ensure_ascii=False).encode("utf-8", "surrogatepass"))
