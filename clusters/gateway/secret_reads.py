"""Secret reads: records who read which Secret, once per minute and after the API server sent it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clusters.discovery import Resource
from clusters.feeds.feed import Feed
from clusters.feeds.object_content import ObjectContent
from people.audit.draft import AuditDraft
from people.audit.origin import current
from people.audit.rate_limit import RateLimiter
from people.audit.record import note_soon

INTERVAL_SECONDS = 60.0  # seconds: a page that is open, or opened again, is one row a minute
MAX_REMEMBERED = 20_000
SECRETS = Resource("", "v1", "secrets", "Secret", namespaced=True, verbs=frozenset({"get"}), preferred=True)

rate_limiter = RateLimiter(INTERVAL_SECONDS, MAX_REMEMBERED)


def is_secret(resource: Resource) -> bool:
    """Whether its objects hold values that are never read without a row."""
    return (resource.group, resource.plural) == (SECRETS.group, SECRETS.plural)


def note_when_read(feed: Feed[ObjectContent], draft: AuditDraft, is_viewing: Callable[[], bool]) -> None:
    """Record `draft` when the feed holds the object; where it is refused, that is recorded as a denial.

    Who has left before the object came, so that `is_viewing` says no, has not read it.
    """
    origin = current()
    whole = replace(draft, session=origin.session, address=origin.address)

    def look() -> None:
        is_there = feed.content.snapshot().object is not None
        is_viewer = is_viewing()
        if is_there or not is_viewer:
            feed.unlisten(look)
        if not (is_there and is_viewer):
            return
        if rate_limiter.is_due((draft.person_id, draft.cluster_id, draft.namespace, draft.name)):
            note_soon(whole)

    feed.listen(look)
    look()
