"""Counters: one poller per credential and cluster, in its own event loop, while it has viewers.

All counters run in one event loop of their own thread: a cluster that hangs holds a socket there, and no thread.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from cachetools import LRUCache
from django.conf import settings

from clusters.api.connection import Connection
from clusters.api.errors import ApiError, CredentialMissing, Unauthorized, Unreachable
from clusters.api.pools import is_forgotten
from clusters.api.streams import Streams
from clusters.counting import poll
from clusters.counting.poll import PollState
from clusters.counting.snapshot import Count, CountStatus, Permissions, Reach, Snapshot, now
from clusters.counting.timings import CountingTimings
from clusters.runtime import runtime

SLOWDOWN = 5.0  # a poll never takes more than a fifth of the time
MAX_COUNTERS = 2000  # counters of one process
MOST_NAMES = 200  # namespaces known to the viewers of one counter

Key = tuple[str, str]
log = logging.getLogger(__name__)
Listener = Callable[[], None]


class Counter:
    """The counts of one cluster under one credential. `snapshot` is replaced as a whole; read it from any thread."""

    def __init__(self, connection: Connection, timings: CountingTimings, page_rows: int = poll.PAGE) -> None:
        self.connection = connection
        self.viewers: list[Connection] = []  # each with the connection that it came by
        self.waiting = 0  # viewers that do not look at this moment
        self.poll_state = PollState(connection, timings, page_rows, self._changed)
        self.poll_started_at = float("-inf")  # monotonic time of the last poll's begin
        self.unwatched_since = 0.0  # monotonic time when the last viewer left; 0 while somebody looks
        self.task: asyncio.Task[None] | None = None
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._settled = threading.Event()

    @property
    def snapshot(self) -> Snapshot:
        return self.poll_state.snapshot

    @property
    def is_settled(self) -> bool:
        """Whether a first poll has ended, well or badly."""
        return self._settled.is_set()

    def listen(self, listener: Listener) -> None:
        """`listener` is called from the counters' thread at each change; it must not block."""
        with self._lock:
            self._listeners.add(listener)

    def unlisten(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def wait(self, seconds: float) -> None:
        """Block until the first poll has ended, at most so many seconds."""
        self._settled.wait(max(0.0, seconds))

    def settle(self) -> None:
        self._settled.set()

    def fail(self, error: ApiError) -> None:
        """Say what is in the way. A refused credential loses its numbers; else the old ones stay, with their age."""
        before, reach = self.snapshot, _reach_of(error)
        since = before.since if before.reach is reach else now()
        after = replace(before, reach=reach, since=since, error=error)
        if reach is Reach.UNAUTHORIZED:
            gone: Count[Any] = Count(CountStatus.FAILED, error=error)
            after = replace(after, nodes=gone, pods=gone, warnings=gone, permissions=Permissions())
        self.poll_state.show(after)

    def _changed(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()


class Counters:
    """The counters of this process, by credential and cluster; every method is for any thread.

    Without `timings`, those of the settings hold. There are at most `max_counters`; lists are read in pages of
    `page_rows` rows.
    """

    def __init__(
        self,
        timings: CountingTimings | None = None,
        *,
        max_counters: int = MAX_COUNTERS,
        page_rows: int = poll.PAGE,
    ) -> None:
        self._timings = timings
        self._max_counters = max_counters
        self._page_rows = page_rows
        self._lock = threading.RLock()
        self._counters: dict[Key, Counter] = {}
        # Those of them that nobody looks at; `_evict` and `_sweep` end them before it would drop one by itself.
        self._idle: LRUCache[Key, Counter] = LRUCache(max_counters)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: Streams | None = None

    def add_viewer(self, connection: Connection, known: Iterable[str] = ()) -> Counter | None:
        """One viewer more; give it back with `leave`. None where this process counts as much as it may.

        `known` are namespaces that the viewer knows of, for who may not list pods in all of them.
        """
        with self._lock:
            counter = self._counters.get(_key(connection))
            if counter is None:
                if not self._evict():
                    return None
                counter = Counter(connection, self.timings, self._page_rows)
                self._counters[_key(connection)] = counter
            names = counter.poll_state.known_namespaces
            names.update(dict.fromkeys(list(known)[: max(0, MOST_NAMES - len(names))]))
            self._enter(counter, connection)
            return counter

    def remove_viewer(self, counter: Counter, connection: Connection) -> None:
        """One viewer less. No poll begins without viewers; the numbers are kept for a minute.

        What is requested from now on is requested for one of the others: a denial is recorded as theirs.
        """
        with self._lock:
            counter.viewers = [one for one in counter.viewers if one is not connection]
            if counter.viewers:
                counter.poll_state.connection = counter.viewers[-1]
            elif not counter.unwatched_since:
                counter.unwatched_since = time.monotonic()
                self._note_idle(counter)

    def pause(self, counter: Counter, connection: Connection) -> None:
        """A viewer looks away, and may look again: the counter stays, and is counted for the others only."""
        with self._lock:
            counter.waiting += 1
            self.remove_viewer(counter, connection)

    def resume(self, counter: Counter, connection: Connection) -> None:
        """A viewer that had paused looks again."""
        with self._lock:
            counter.waiting = max(0, counter.waiting - 1)
            self._enter(counter, connection)

    def remove_paused_viewer(self, counter: Counter, _connection: Connection) -> None:
        """A viewer that had paused is gone."""
        with self._lock:
            counter.waiting = max(0, counter.waiting - 1)
            self._note_idle(counter)

    def forget(self, fingerprint: str) -> None:
        """Drop the numbers of a credential that nobody looks with any more: at sign-out."""
        with self._lock:
            for key in [key for key in self._idle if key[0] == fingerprint]:
                self._end(key)

    def __len__(self) -> int:
        return len(self._counters)

    # --- below: not for outsiders

    @property
    def timings(self) -> CountingTimings:
        return self._timings or settings.TIMINGS.counting

    def _note_idle(self, counter: Counter) -> None:
        """Nobody looks at it, and nobody has paused: it may go."""
        key = _key(counter.connection)
        if _is_idle(counter) and self._counters.get(key) is counter:
            self._idle[key] = counter

    def _enter(self, counter: Counter, connection: Connection) -> None:
        counter.viewers.append(connection)
        counter.poll_state.connection = connection
        counter.unwatched_since = 0.0
        self._idle.pop(_key(connection), None)
        self._call(lambda: self._begin(counter))

    def _evict(self) -> bool:
        """Below the bound, or with the one gone that was left first."""
        if len(self._counters) < self._max_counters:
            return True
        if not self._idle:
            return False
        self._end(self._idle.popitem()[0])
        return True

    def _end(self, key: Key) -> None:
        counter = self._counters.pop(key)
        self._idle.pop(key, None)
        self._call(lambda: counter.task.cancel() if counter.task is not None else None)

    def _call(self, callback: Callable[[], object]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = runtime.start_loop("counting", self._stop)
                self._loop.call_soon_threadsafe(lambda: self._create_task(self._sweep()))
            self._loop.call_soon_threadsafe(callback)

    # --- in the loop

    def _create_task(self, coroutine: Any) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(coroutine)

    async def _stop(self) -> None:
        """The process ends: nothing is counted from now on."""
        with self._lock:
            self._counters.clear()
            self._idle.clear()
        if self._streams is not None:
            await self._streams.close()

    def _begin(self, counter: Counter) -> None:
        is_open = self._counters.get(_key(counter.connection)) is counter
        if is_open and counter.viewers and (counter.task is None or counter.task.done()):
            counter.task = self._create_task(self._run(counter))
            counter.task.add_done_callback(lambda task: self._handle_end(counter, task))

    def _handle_end(self, counter: Counter, task: asyncio.Task[None]) -> None:
        """Somebody may have come back while it was being stopped."""
        if not task.cancelled() and task.exception() is not None:
            log.error("A cluster could not be counted", exc_info=task.exception())
        self._begin(counter)

    async def _run(self, counter: Counter) -> None:
        """Poll as long as somebody looks."""
        unseen = time.monotonic() - counter.poll_started_at
        if unseen > self.timings.retention:  # what happened in the meantime is unknown: `since` begins again
            counter.poll_state.show(replace(counter.snapshot, reach=Reach.CONNECTING))
        await asyncio.sleep(self.timings.poll - unseen)
        while counter.viewers:
            counter.poll_started_at = time.monotonic()
            pause = await self._poll(counter)
            counter.settle()
            await asyncio.sleep(pause)

    async def _poll(self, counter: Counter) -> float:
        """One poll; returns the pause until the next in seconds."""
        streams = self._streams = self._streams or Streams()
        started = time.monotonic()
        try:
            if counter.snapshot.reach in (Reach.UNREACHABLE, Reach.FAILING):
                await poll.probe(streams, counter.poll_state)
            alone = await poll.poll_cluster(streams, counter.poll_state)
        except ApiError as error:
            counter.fail(error)
            return max(_pause_after(error, self.timings), error.retry_after or 0.0)
        took = time.monotonic() - started
        return max(self.timings.poll - took, took * (SLOWDOWN - 1), alone) + random.uniform(0, 0.5)  # noqa: S311 - spreads load

    async def _sweep(self) -> None:
        """Stop what nobody looks at; forget what is old, and all of a credential that was changed."""
        while True:
            await asyncio.sleep(self.timings.sweep)
            clock, timings = time.monotonic(), self.timings
            with self._lock:
                everything = list(self._counters.items())
            for key, one in everything:
                if is_forgotten(key[0]):
                    await self._close(key, one)
                elif _is_idle(one) and one.unwatched_since < clock - timings.retention:
                    self._drop(key, one)
                elif (
                    one.unwatched_since
                    and one.unwatched_since < clock - timings.grace
                    and one.task is not None
                ):
                    one.task.cancel()

    async def _close(self, key: Key, counter: Counter) -> None:
        """The credential was changed or revoked: its numbers go at once, and so do its connections."""
        self._drop(key, counter)
        counter.poll_state.show(Snapshot())
        if self._streams is not None:
            await self._streams.forget(key[0])

    def _drop(self, key: Key, counter: Counter) -> None:
        with self._lock:
            if self._counters.get(key) is counter and (_is_idle(counter) or is_forgotten(key[0])):
                self._end(key)


def _key(connection: Connection) -> Key:
    return (connection.fingerprint, connection.cluster)


def _is_idle(counter: Counter) -> bool:
    return bool(counter.unwatched_since) and not counter.waiting


def _reach_of(error: ApiError) -> Reach:
    if isinstance(error, Unauthorized | CredentialMissing):
        return Reach.UNAUTHORIZED
    return Reach.UNREACHABLE if isinstance(error, Unreachable) else Reach.FAILING


def _pause_after(error: ApiError, timings: CountingTimings) -> float:
    pauses = {Reach.UNAUTHORIZED: timings.unauthorized_retry, Reach.UNREACHABLE: timings.retry}
    return pauses.get(_reach_of(error), timings.poll)


counters = Counters()
