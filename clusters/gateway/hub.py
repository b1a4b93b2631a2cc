"""Hub: the open feeds of this process, shared among viewers, bounded and closed."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from clusters.api.connection import Connection, Server
from clusters.api.errors import LimitReached
from clusters.api.memory import MEBIBYTE, Account, MemoryBudget
from clusters.api.pools import is_forgotten
from clusters.api.streams import Streams
from clusters.api.tables import Row
from clusters.discovery import Resource
from clusters.feeds.feed import Feed
from clusters.feeds.health import HealthProbe
from clusters.feeds.object_content import ObjectContent
from clusters.feeds.object_list_content import ObjectListContent, ObjectListQuery
from clusters.feeds.states import State
from clusters.feeds.timings import FeedTimings
from clusters.gateway.viewers import Viewers
from clusters.runtime import runtime
from clusters.tables.rows import RowKey
from clusters.tables.table_content import TableContent, TableQuery

FEEDS_A_PERSON = 200
SIBLINGS = 4  # feeds of the same kind that are searched for an equal row
log = logging.getLogger(__name__)
StartLoop = Callable[[str, Callable[[], Awaitable[None]]], asyncio.AbstractEventLoop]


@dataclass(frozen=True)
class FeedKey:
    """What a feed is of. Two viewers share a feed only where all of it is equal: the credential first of all."""

    fingerprint: str
    cluster: str
    resource: str  # plural.version.group
    namespace: str
    name: str = ""
    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0  # of whole objects; a table has none


@dataclass
class _Entry:
    feed: Feed[Any]
    account: Account
    task: asyncio.Task[None] | None
    viewers: Viewers
    unwatched_since: float  # monotonic seconds when its last viewer left; 0 while watched


class Hub:
    """Feeds by key, run in a thread of their own; every method is callable from any thread.

    Without `timings`, those of the settings hold; `start_loop` starts the loop that all of it runs in, and is given
    its name and what closes it. A person may have `feeds_a_person` of them.
    """

    def __init__(
        self,
        timings: FeedTimings | None = None,
        start_loop: StartLoop = runtime.start_loop,
        *,
        feeds_a_person: int = FEEDS_A_PERSON,
    ) -> None:
        self._feeds_a_person = feeds_a_person
        self._timings = timings
        self._start_loop = start_loop
        self._lock = threading.RLock()
        self._entries: dict[FeedKey, _Entry] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: Streams | None = None
        self._healths: dict[Server, asyncio.Task[None]] = {}
        self.budget = MemoryBudget(lambda: settings.QUARTERDECK_MAX_MEMORY * MEBIBYTE)

    def table(self, connection: Connection, query: TableQuery, *, eager: bool = True) -> Feed[TableContent]:
        """The feed of a list, opened or shared; give it back with `release`.

        One that is not eager pauses after the first rows, for a moment or until `Feed.load_eagerly`.
        """
        key = FeedKey(
            connection.fingerprint,
            connection.cluster,
            _resource_key(query.resource),
            query.namespace,
            label_selector=query.label_selector,
            field_selector=query.field_selector,
        )
        feed = self._open(
            key,
            connection,
            lambda account: TableContent(
                query, known=lambda row: self._find_equal_rows(key, row), account=account
            ),
        )
        if eager:
            feed.load_eagerly()
        return feed

    def object(
        self, connection: Connection, resource: Resource, namespace: str, name: str
    ) -> Feed[ObjectContent]:
        """The feed of one object, opened or shared; give it back with `release`."""
        key = FeedKey(connection.fingerprint, connection.cluster, _resource_key(resource), namespace, name)
        return self._open(
            key, connection, lambda account: ObjectContent(resource, namespace, name, account=account)
        )

    def objects(self, connection: Connection, query: ObjectListQuery) -> Feed[ObjectListContent]:
        """The feed of a selection of whole objects, opened or shared; give it back with `release`."""
        key = FeedKey(
            connection.fingerprint,
            connection.cluster,
            _resource_key(query.resource),
            query.namespace,
            label_selector=query.label_selector,
            field_selector=query.field_selector,
            limit=query.limit,
        )
        feed = self._open(key, connection, lambda account: ObjectListContent(query, account=account))
        feed.load_eagerly()
        return feed

    def release(self, feed: Feed[Any], connection: Connection | None = None) -> None:
        """One viewer less: who came by `connection`, or without it the first. The feed lives on for a minute.

        What the cluster refuses from now on is recorded for the others.
        """
        with self._lock:
            feed.viewers = max(0, feed.viewers - 1)
            for entry in self._entries.values():
                if entry.feed is feed:
                    entry.viewers.remove(connection)
                    entry.unwatched_since = entry.unwatched_since if feed.viewers else time.monotonic()

    def is_viewer(self, feed: Feed[Any], connection: Connection) -> bool:
        """Whether who came by this connection still looks at the feed."""
        with self._lock:
            return any(e.feed is feed and e.viewers.has(connection) for e in self._entries.values())

    def drop(self, holds: Callable[[Connection], bool], message: str) -> None:
        """Close, for good and with a message, the feeds whose connection `holds`: a credential or cluster changed."""
        with self._lock:
            keys = [key for key, entry in self._entries.items() if holds(entry.feed.connection)]
        for key in keys:
            self._close(key, message)

    def open_feeds(self) -> int:
        return len(self._entries)

    def rows(self) -> int:
        """How many rows all feeds hold together, with those of lists that are under way."""
        with self._lock:
            return sum(_count_rows(entry) for entry in self._entries.values())

    def count_states(self) -> Counter[State]:
        """How many feeds are in each state."""
        with self._lock:
            return Counter(entry.feed.state.state for entry in self._entries.values())

    # --- below: not for outsiders

    @property
    def timings(self) -> FeedTimings:
        return self._timings or settings.TIMINGS.feeds

    def _open(self, key: FeedKey, connection: Connection, content: Callable[[Account], Any]) -> Feed[Any]:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._evict(connection)
                entry = self._make_entry(key, connection, content)
                loop = self._ensure_loop()  # first: what is not started would be waited for by everybody
                self._entries[key] = entry
                started = asyncio.run_coroutine_threadsafe(self._start(key, entry), loop)
                started.add_done_callback(lambda done: self._handle_crash(key, entry, done))
            entry.unwatched_since = 0.0
            entry.feed.viewers += 1
            entry.viewers.add(connection, is_denied=entry.feed.state.state is State.DENIED)
            return entry.feed

    async def _start(self, key: FeedKey, entry: _Entry) -> None:
        streams = self._open_streams()
        with self._lock:
            if self._entries.get(key) is entry:
                entry.task = asyncio.create_task(entry.feed.run(streams))
                entry.task.add_done_callback(lambda task: self._handle_crash(key, entry, task))
        server = entry.feed.connection.server
        running = self._healths.get(server)
        if running is None or running.done():
            health = HealthProbe(lambda: self._feeds_on(server), self.timings)
            self._healths[server] = asyncio.create_task(health.run(streams))

    def _open_streams(self) -> Streams:
        if self._streams is None:
            self._streams = Streams()
            asyncio.get_running_loop().create_task(self._sweep())
        return self._streams

    async def _close_streams(self) -> None:
        if self._streams is not None:
            await self._streams.close()

    def _handle_crash(self, key: FeedKey, entry: _Entry, task: asyncio.Task[None] | Future[None]) -> None:
        """A feed that reached a limit, fell over a mistake of ours, or did not start, must not go on looking live."""
        error = None if task.cancelled() else task.exception()
        if error is None or self._entries.get(key) is not entry:
            return
        if isinstance(error, LimitReached):
            log.warning("A feed of %s on %s was closed: %s", key.resource, key.cluster, error.message)
            self._close(key, error.message)
            return
        log.error("The feed of %s failed", key.resource, exc_info=error)
        self._close(key, "This list failed on the Quarterdeck server. Reload the page.")

    def _feeds_on(self, server: Server) -> list[Feed[Any]]:
        with self._lock:
            return [e.feed for e in self._entries.values() if e.feed.connection.server == server]

    def _find_equal_rows(self, key: FeedKey, row: RowKey) -> Iterable[Row]:
        """Equal rows that other feeds of this kind on this cluster hold."""
        with self._lock:
            siblings = [
                entry.feed.content
                for other, entry in self._entries.items()
                if other != key
                and (other.cluster, other.resource, other.name, other.limit)
                == (key.cluster, key.resource, "", 0)
            ][:SIBLINGS]
        for content in siblings:
            found = content.row(row)
            if found is not None:
                yield found

    def _evict(self, connection: Connection) -> None:
        """Before one more is opened: close the oldest unwatched of this person; a watched one only where it must be."""
        mine = [(k, e) for k, e in self._entries.items() if e.feed.connection.person == connection.person]
        if len(mine) >= self._feeds_a_person:
            self._close(
                _oldest(mine),
                f"More than {self._feeds_a_person} lists are open, so the oldest one was closed.",
            )

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.timings.sweep)
            before = time.monotonic() - self.timings.keep
            with self._lock:
                idle = [
                    key
                    for key, e in self._entries.items()
                    if e.unwatched_since and e.unwatched_since < before
                ]
                over = [key for key in self._entries if is_forgotten(key.fingerprint)]
            for key in idle:
                self._close(key, "")
            for key in over:
                self._close(key, "The credential for this list was changed. Reload the page.")
            if self.rows() > settings.QUARTERDECK_MAX_ROWS:
                self._evict_rows()

    def _evict_rows(self) -> None:
        """Close a list of the person who holds most rows: one that nobody looks at before one that somebody does."""
        with self._lock:
            rows = {key: count for key, entry in self._entries.items() if (count := _count_rows(entry))}
            by_person: Counter[str] = Counter()
            for key, count in rows.items():
                by_person[self._entries[key].feed.connection.person] += count
            person, _most = by_person.most_common(1)[0]
            theirs = [key for key in rows if self._entries[key].feed.connection.person == person]
            largest = max(theirs, key=lambda key: (bool(self._entries[key].unwatched_since), rows[key]))
        self._close(largest, "This server reached its limit of rows, so your largest list was closed.")

    def _close(self, key: FeedKey, message: str) -> None:
        with self._lock:
            entry = self._entries.pop(key, None)
        if entry is None or self._loop is None:
            return
        entry.account.close()

        def close() -> None:
            if entry.task is not None:
                entry.task.cancel()
            entry.feed.close(message)

        self._loop.call_soon_threadsafe(close)

    def _make_entry(self, key: FeedKey, connection: Connection, content: Callable[[Account], Any]) -> _Entry:
        viewers = Viewers(lambda: feed.state.state is State.LOADING)
        account = self.budget.open(
            connection.person, connection.cluster, lambda message: self._close(key, message)
        )
        own = replace(connection, error_callback=viewers.report, account=account)
        feed: Feed[Any] = Feed(own, content(account), self.timings)
        return _Entry(feed, account, None, viewers, 0.0)

    def _ensure_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = self._start_loop("hub", self._close_streams)
        return self._loop


def _resource_key(resource: Resource) -> str:
    return f"{resource.plural}.{resource.version}.{resource.group}"


def _count_rows(entry: _Entry) -> int:
    return int(entry.feed.content.size() + entry.feed.content.loading_size())


def _oldest(entries: list[tuple[FeedKey, _Entry]]) -> FeedKey:
    """The one to close: unwatched before watched, and then the one that was left, or opened, first."""
    unwatched = [(key, entry) for key, entry in entries if entry.unwatched_since]
    if unwatched:
        return min(unwatched, key=lambda pair: pair[1].unwatched_since)[0]
    return entries[0][0]


hub = Hub()
