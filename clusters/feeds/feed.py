"""Feed: a list followed by a watch from its resourceVersion, with retries for every kind of error."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from clusters.api.connection import Connection
from clusters.api.errors import (
    ApiError,
    BadRequest,
    CredentialMissing,
    Forbidden,
    Gone,
    Invalid,
    LimitReached,
    MethodNotAllowed,
    NotFound,
    ResponseTooLarge,
    StreamBroken,
    Unauthorized,
)
from clusters.api.metrics import count_retry
from clusters.api.streams import Streams
from clusters.discovery import drop
from clusters.feeds import backoff
from clusters.feeds.access_checks import keep_reviewing
from clusters.feeds.content import Content
from clusters.feeds.states import CURRENT, FeedState, State, now, state_of
from clusters.feeds.timings import FeedTimings

C = TypeVar("C", bound=Content)
Listener = Callable[[], None]

FINAL_STATES = (
    State.UNAUTHORIZED,
    State.DENIED,
    State.REJECTED,
    State.GONE,
    State.CLOSED,
)  # no outage says more than these


class Feed(Generic[C]):
    """A content kept up to date under one credential.

    It runs in the hub's loop; `listen`, `state` and `wait` are for any thread.
    """

    def __init__(self, connection: Connection, content: C, timings: FeedTimings) -> None:
        self.connection = connection
        self.timings = timings
        self.content = content
        self.viewers = 0
        self.feed_count = 1  # feeds that are open on the same API server
        self.state = FeedState()
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._holds = False
        self._is_watchable = content.can_watch
        self._failures = 0
        self._doubts = 0
        self._losses = 0  # of the position (410), in a row
        self._cycle: asyncio.Task[float] | None = None
        self._cycle_started_at = 0.0  # on the loop's clock
        self._unhealthy_since: float | None = (
            None  # when the API server last failed its health check, until it passes
        )
        self._confirmed_at = now()  # when what is held was last known to be all there is
        self._reason: ApiError | None = None
        self._wake = asyncio.Event()
        self._eager = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.denied = asyncio.Event()  # set at a refusal, for the reviews

    # --- for any thread

    def listen(self, listener: Listener) -> None:
        """`listener` is called from the hub's thread at each change; it must not block."""
        with self._lock:
            self._listeners.add(listener)

    def unlisten(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def wait(self, timeout: float) -> None:
        """Block until the first answer of any kind, at most `timeout` seconds."""
        self._answered.wait(timeout)

    def load_eagerly(self) -> None:
        """Somebody needs more than the first rows: a list that holds back goes on."""
        with self._lock:
            if self._loop is None:
                self._eager.set()
            else:
                self._loop.call_soon_threadsafe(self._eager.set)

    # --- in the hub's loop

    async def run(self, streams: Streams) -> None:
        """List, watch, and begin again, until cancelled. LimitReached ends it: it would be reached again."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        reviews = asyncio.create_task(keep_reviewing(self, streams))
        try:
            while True:
                self._wake.clear()
                pause = await self._run_cycle(streams)
                await backoff.wait_for_event(self._wake, pause)
        finally:
            reviews.cancel()
            if self._cycle is not None:
                self._cycle.cancel()

    def interrupt(self, error: ApiError) -> None:
        """End the cycle in progress as if it had failed with `error`."""
        self._reason = error
        if self._cycle is not None and not self._cycle.done():
            self._cycle.cancel()

    def retry_now(self) -> None:
        """Do not wait any longer for the next cycle."""
        self._wake.set()

    def report_unhealthy(self, error: ApiError) -> None:
        """The API server fails its health check: say so, though the watch may still be open and silent."""
        self._unhealthy_since = asyncio.get_running_loop().time()
        named = state_of(error)
        if self.state.state not in (named, *FINAL_STATES):
            self._set(named, error)

    def report_healthy(self) -> None:
        """The API server passes its health check. If it did not before: look, with a fresh stream."""
        if self._unhealthy_since is None:
            if self.state.state is State.LIVE:
                self._confirmed_at = now()
            return
        asyncio.get_running_loop().call_later(
            backoff.compute_recovery_delay(self.timings, self.feed_count), self._resume, self._unhealthy_since
        )
        self._unhealthy_since = None

    def _resume(self, unhealthy_since: float) -> None:
        """A cycle that began while the server was ill hangs on a dead connection; a younger one may go on."""
        if self.state.state not in (State.UNREACHABLE, State.FAILING):
            return
        self._failures = 1
        if self._cycle_started_at <= unhealthy_since and self._cycle is not None and not self._cycle.done():
            self.interrupt(self.state.error or StreamBroken())
        self._wake.set()

    def close(self, message: str) -> None:
        """Close for good: the credential changed, or a bound was met."""
        self.content.clear()
        self.state = FeedState(State.CLOSED, message=message)
        self._notify()

    async def _run_cycle(self, streams: Streams) -> float:
        self._reason = None
        self._cycle_started_at = asyncio.get_running_loop().time()
        self._cycle = asyncio.create_task(self._list_and_watch(streams))
        await asyncio.wait({self._cycle})
        if self._cycle.cancelled():
            return self._handle_error(self._reason or StreamBroken())
        return self._cycle.result()

    async def _list_and_watch(self, streams: Streams) -> float:
        """One cycle; returns the pause before the next in seconds."""
        try:
            if self._failures:
                await self._wait_until_ready(streams)
            if not self._holds or not self.content.resource_version or await self._is_rolled_back(streams):
                await self._load(streams)
            if not self.content.can_watch:
                self._holds = False
                self._failures = self._doubts = self._losses = 0
                self._set(State.POLLED)
                return self.timings.poll
            await self._follow_or_poll(streams)
        except LimitReached:
            raise
        except ApiError as error:
            return self._handle_error(error)
        return 0.0

    async def _follow_or_poll(self, streams: Streams) -> None:
        """What was read may perhaps not be watched: then the list or GET decides, and is repeated."""
        try:
            await self._follow(streams)
        except (MethodNotAllowed, Forbidden):
            self._holds = self.content.can_watch = False

    async def _load(self, streams: Streams) -> None:
        async with contextlib.aclosing(self.content.load(streams, self.connection)) as pages:
            async for loaded, total in pages:
                if self.state.state is State.LOADING:
                    self.state = FeedState(State.LOADING, self.state.since, loaded=loaded, total=total)
                self._notify()
                if loaded != total:
                    await self._hold_back()
        self._holds = True

    async def _hold_back(self) -> None:
        """Until somebody needs the rest: the page that shows the first rows is not to wait while it is read."""
        await backoff.wait_for_event(self._eager, self.timings.hold)
        self._eager.set()

    async def _wait_until_ready(self, streams: Streams) -> None:
        """After a failure, ask for readiness first: an API server that just started refuses what RBAC will allow."""
        with contextlib.suppress(Unauthorized, Forbidden, NotFound):
            await streams.get(self.connection, "/readyz", timeout=self.timings.ready_timeout)

    async def _is_rolled_back(self, streams: Streams) -> bool:
        """After a failure: is the server's resourceVersion below ours (an etcd restored from a backup)?"""
        if self._failures == 0:
            return False
        newest, held = (
            await self.content.fetch_newest_version(streams, self.connection),
            self.content.resource_version,
        )
        return not (_is_number(newest) and _is_number(held)) or int(newest) < int(held)

    async def _follow(self, streams: Streams) -> None:
        lifetime = random.randint(*self.timings.lifetime)  # noqa: S311 - spreads load, guards nothing
        loop = asyncio.get_running_loop()
        started, events = loop.time(), 0
        settled: list[asyncio.TimerHandle] = []  # after a failure, a stream that ends at once was never live

        def opened() -> None:
            pause = self.timings.settle if self._failures else 0
            settled.append(loop.call_later(pause, self._set, State.LIVE))

        lines = streams.watch(
            self.connection,
            self.content.watch_path(),
            self._watch_query(lifetime),
            accept=self.content.watch_accept(),
            open_callback=opened,
        )
        try:
            async with asyncio.timeout(lifetime + self.timings.overdue), contextlib.aclosing(lines):
                async for line in lines:
                    is_new = self.content.apply(line)
                    events += 1  # an ERROR is none: it must not count as success
                    self._confirmed_at = now()
                    if is_new and self._unhealthy_since is None:
                        self._set(State.LIVE)
                    if is_new:
                        self._notify()
                    if self.content.needs_list:
                        break
        except TimeoutError:
            raise StreamBroken() from None
        finally:
            for timer in settled:
                timer.cancel()
            if events or loop.time() - started > self.timings.steady:
                self._failures = self._doubts = self._losses = 0
        self._check_end(loop.time() - started, events, lifetime)

    def _watch_query(self, lifetime: int) -> list[tuple[str, str]]:
        """Without a resourceVersion the API server first sends what is there."""
        begin = self.content.resource_version
        return [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            *([("resourceVersion", begin)] if begin else []),
            ("timeoutSeconds", str(lifetime)),
            *self.content.watch_query(),
        ]

    def _check_end(self, age: float, events: int, lifetime: float) -> None:
        if events == 0 and age < 1:
            raise StreamBroken()
        if self.content.needs_list or age < lifetime - self.timings.early:
            self._holds = False
            drop(self.connection.cluster)  # a CRD that is changed ends its watches

    def _handle_error(self, error: ApiError) -> float:
        """Say what happened and how long to wait, in seconds."""
        if isinstance(error, Gone):
            self._holds = False
            self._losses += 1
            self._set(State.EXPIRED, error)
            if self._losses > 1:
                return self._backoff(self._losses)
            return random.uniform(0, self.timings.relist)  # noqa: S311 - spreads load, guards nothing
        if isinstance(error, (Unauthorized, Forbidden, CredentialMissing)):
            return self._handle_denied(error)
        if isinstance(error, (BadRequest, Invalid)):
            self._drop(State.REJECTED, error)
            return self.timings.denied
        if isinstance(error, (NotFound, MethodNotAllowed)):
            self._holds = False
            drop(self.connection.cluster)  # perhaps the kind is no longer served
            self._set(State.GONE, error)
            return self.timings.not_found
        self._failures += 1
        count_retry(self.connection.cluster, "feed")
        pause = max(self._backoff(self._failures), error.retry_after or 0.0)
        if isinstance(error, ResponseTooLarge):
            pause = max(pause, self.timings.too_large)
        is_first = isinstance(error, StreamBroken) and self.state.state in (*CURRENT, State.RECONNECTING)
        is_first = is_first and self._failures == 1
        self._set(State.RECONNECTING if is_first else state_of(error), error, pause)
        return pause

    def _backoff(self, failures: int) -> float:
        return backoff.compute_failure_delay(
            self.timings, failures, is_watched=self.viewers > 0, feed_count=self.feed_count
        )

    def _handle_denied(self, error: ApiError) -> float:
        """After an outage the first refusals are doubted; else the rows go at once."""
        if self._failures and self._doubts < backoff.DENIED_RETRIES:
            self._doubts += 1
            self._set(State.RECONNECTING, error)
            return self.timings.denied_retry
        self._drop(State.DENIED if isinstance(error, Forbidden) else State.UNAUTHORIZED, error)
        return self.timings.denied

    def _drop(self, state: State, error: ApiError) -> None:
        self._holds = False
        self.content.can_watch = self._is_watchable
        self.content.clear()
        self._set(state, error)
        self.denied.set()

    def _set(self, state: State, error: ApiError | None = None, pause: float = 0.0) -> None:
        if state in CURRENT:
            self._confirmed_at = now()
        before, message = self.state, error.message if error is not None else ""
        waits = error is not None and error.retry_after is not None and pause > 0
        if (before.state, before.message, type(before.error)) == (state, message, type(error)) and not waits:
            return
        self.state = FeedState(
            state,
            before.since if before.state is state else now(),
            message,
            self.content.size(),
            error=error,
            as_of=self._confirmed_at if state not in CURRENT and self.content.size() else None,
            retry_at=now() + timedelta(seconds=pause) if waits else None,
        )
        self._notify()

    def _notify(self) -> None:
        if self.state.is_settled:
            self._answered.set()
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()


def _is_number(version: str) -> bool:
    """Whether a resourceVersion is one that can be compared; etcd's have 64 bits."""
    return len(version) <= 20 and version.isascii() and version.isdigit()
