"""Who has read which Secret? One row a minute, once the API server has really sent it."""

from __future__ import annotations

from dataclasses import replace

from clusters.discovery import Resource
from clusters.watch.feed import Feed
from clusters.watch.single import ObjectContent
from people.audit.fact import Fact
from people.audit.origin import current
from people.audit.record import note_soon
from people.audit.seldom import Seldom

EVERY = 60.0  # seconds: a page that is open, or opened again, is one row a minute
MOST = 20_000
SECRETS = Resource("", "v1", "secrets", "Secret", namespaced=True, verbs=frozenset({"get"}), preferred=True)

_seen = Seldom(EVERY, MOST)


def is_secret(resource: Resource) -> bool:
    """Whether its objects hold values that are never read without a row."""
    return (resource.group, resource.plural) == (SECRETS.group, SECRETS.plural)


def note_when_read(feed: Feed[ObjectContent], fact: Fact) -> None:
    """Record `fact` when the feed holds the object; where it is refused, that is recorded as a denial."""
    origin = current()
    whole = replace(fact, session=origin.session, address=origin.address)

    def look() -> None:
        if feed.content.snapshot().object is None:
            return
        feed.unlisten(look)
        if _seen.is_due((fact.person_id, fact.cluster_id, fact.namespace, fact.name)):
            note_soon(whole)

    feed.listen(look)
    look()
