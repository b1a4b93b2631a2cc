"""What changed? One feed: a list, then a watch from its resourceVersion, through every kind of failure."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from clusters.access import review_async
from clusters.api.connection import Connection
from clusters.api.errors import (
    ApiError,
    BadRequest,
    CredentialMissing,
    Forbidden,
    Gone,
    Invalid,
    MethodNotAllowed,
    NotFound,
    StreamBroken,
    TooManyRequests,
    Unauthorized,
)
from clusters.api.streams import Streams
from clusters.discovery import drop
from clusters.watch.content import Content
from clusters.watch.states import FeedState, State, now

C = TypeVar("C", bound=Content)
Listener = Callable[[], None]

POLL = 15.0  # seconds between reads of a kind without watch
REVIEW = 30.0  # seconds between reviews of an open feed (the bound that design section 5 states is 40)
REFUSED = 30.0  # seconds until what was refused is asked again
DOUBT = 1.5  # seconds until a refusal right after a failure is asked again, and
DOUBTS = 3  # how often: an API server that restarts may refuse before it has read its RBAC
PATIENCE = 5.0  # seconds that an answer about readiness may take
ABSENT = 10.0  # seconds until an object or kind that is not there is asked again
LIFETIME = (240, 360)  # seconds that one watch is asked to last
STEADY = 30.0  # a watch that stood this many seconds was no failure
EARLY = 10.0  # a watch that ends this many seconds before its time ended for a reason: list again
BACKOFF = (0.8, 30.0)  # seconds: first and longest pause after a failure, doubled each time, with jitter


class Feed(Generic[C]):
    """A content kept up to date under one credential.

    It runs in the hub's loop; `listen`, `state` and `wait` are for any thread.
    """

    def __init__(self, connection: Connection, content: C) -> None:
        self.connection = connection
        self.content = content
        self.viewers = 0
        self.state = FeedState()
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._holds = False
        self._is_watchable = content.can_watch
        self._failures = 0
        self._doubts = 0
        self._turn: asyncio.Task[float] | None = None
        self._reason: ApiError | None = None
        self._wake = asyncio.Event()

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

    # --- in the hub's loop

    async def run(self, streams: Streams) -> None:
        """List, watch, and begin again, until cancelled."""
        reviews = asyncio.create_task(self._review(streams))
        try:
            while True:
                self._wake.clear()
                pause = await self._one_turn(streams)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
        finally:
            reviews.cancel()
            if self._turn is not None:
                self._turn.cancel()

    def interrupt(self, error: ApiError) -> None:
        """End the turn under way as if it had failed with `error`."""
        self._reason = error
        if self._turn is not None and not self._turn.done():
            self._turn.cancel()

    def not_answering(self, error: ApiError) -> None:
        """The API server fails its health check: say so, though the watch may still be open and silent."""
        if self.state.state in (State.LIVE, State.POLLED, State.RECONNECTING, State.EXPIRED):
            self._set(State.UNREACHABLE, error)

    def answering(self) -> None:
        """The API server is healthy again: look at once, with a fresh stream."""
        if self.state.state is State.UNREACHABLE:
            self._failures = 0
            if self._turn is not None and not self._turn.done():
                self.interrupt(StreamBroken())
            self._wake.set()

    def end(self, message: str) -> None:
        """Close for good: the credential changed, or a bound was met."""
        self.content.clear()
        self.state = FeedState(State.ENDED, message=message)
        self._changed()

    async def _one_turn(self, streams: Streams) -> float:
        self._reason = None
        self._turn = asyncio.create_task(self._list_and_watch(streams))
        await asyncio.wait({self._turn})
        if self._turn.cancelled():
            return self._after(self._reason or StreamBroken())
        return self._turn.result()

    async def _list_and_watch(self, streams: Streams) -> float:
        """One turn; returns the pause before the next in seconds."""
        try:
            if self._failures:
                await self._is_ready(streams)
            if not self._holds or await self._went_back(streams):
                await self._load(streams)
            if not self.content.can_watch:
                self._holds = False
                self._set(State.POLLED)
                return POLL
            await self._follow_if_it_may(streams)
        except ApiError as error:
            return self._after(error)
        return 0.0

    async def _follow_if_it_may(self, streams: Streams) -> None:
        """What was read may perhaps not be watched: then the list or GET decides, and is repeated."""
        try:
            await self._follow(streams)
        except (MethodNotAllowed, Forbidden):
            self._holds = self.content.can_watch = False

    async def _load(self, streams: Streams) -> None:
        async for loaded, total in self.content.load(streams, self.connection):
            if self.state.state is State.LOADING:
                self.state = FeedState(State.LOADING, self.state.since, loaded=loaded, total=total)
            self._changed()
        self._holds = True

    async def _is_ready(self, streams: Streams) -> None:
        """After a failure, ask for readiness first: an API server that just started refuses what RBAC will allow."""
        with contextlib.suppress(Unauthorized, Forbidden, NotFound):
            await streams.get(self.connection, "/readyz", timeout=PATIENCE)

    async def _went_back(self, streams: Streams) -> bool:
        """After a failure: is the server's resourceVersion below ours (an etcd restored from a backup)?"""
        if self._failures == 0:
            return False
        newest, held = await self.content.newest(streams, self.connection), self.content.resource_version
        return not (newest.isdigit() and held.isdigit()) or int(newest) < int(held)

    async def _follow(self, streams: Streams) -> None:
        lifetime = random.randint(*LIFETIME)  # noqa: S311 - spreads load, guards nothing
        query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self.content.resource_version),
            ("timeoutSeconds", str(lifetime)),
            *self.content.watch_query(),
        ]
        clock = asyncio.get_running_loop().time
        started, events = clock(), 0
        lines = streams.watch(
            self.connection,
            self.content.watch_path(),
            query,
            accept=self.content.watch_accept(),
            opened=lambda: self._set(State.LIVE),
        )
        try:
            async with contextlib.aclosing(lines):
                async for line in lines:
                    events += 1
                    if self.content.apply(line):
                        self._changed()
                    if self.content.needs_list:
                        break
        finally:
            if events or clock() - started > STEADY:
                self._failures = self._doubts = 0
        self._ended(clock() - started, events, lifetime)

    def _ended(self, age: float, events: int, lifetime: float) -> None:
        if events == 0 and age < 1:
            raise StreamBroken()
        if self.content.needs_list or age < lifetime - EARLY:
            self._holds = False
            drop(self.connection.cluster)  # a CRD that is changed ends its watches

    def _after(self, error: ApiError) -> float:
        """Say what happened and how long to wait, in seconds."""
        if isinstance(error, Gone):
            self._holds = False
            self._set(State.EXPIRED, error)
            return random.uniform(0, 1)  # noqa: S311
        if isinstance(error, (Unauthorized, Forbidden, CredentialMissing)):
            return self._refused(error)
        if isinstance(error, (BadRequest, Invalid)):
            self._drop(State.REJECTED, error)
            return REFUSED
        if isinstance(error, (NotFound, MethodNotAllowed)):
            self._holds = False
            drop(self.connection.cluster)  # perhaps the kind is no longer served
            self._set(State.GONE, error)
            return ABSENT
        self._failures += 1
        broke = isinstance(error, (StreamBroken, TooManyRequests))
        self._set(State.RECONNECTING if broke and self._failures == 1 else State.UNREACHABLE, error)
        return max(self._backoff(), error.retry_after or 0.0)

    def _refused(self, error: ApiError) -> float:
        """After an outage the first refusals are doubted; else the rows go at once."""
        if self._failures and self._doubts < DOUBTS:
            self._doubts += 1
            self._set(State.RECONNECTING, error)
            return DOUBT
        self._drop(State.DENIED, error)
        return REFUSED

    def _drop(self, state: State, error: ApiError) -> None:
        self._holds = False
        self.content.can_watch = self._is_watchable
        self.content.clear()
        self._set(state, error)

    def _backoff(self) -> float:
        first, longest = BACKOFF
        return min(longest, first * 2.0 ** min(self._failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311

    async def _review(self, streams: Streams) -> None:
        """Ask again, every 30 s, for the rights that this feed stands on: Kubernetes lets an open watch go on."""
        while True:
            await asyncio.sleep(REVIEW - random.uniform(0, 2))  # noqa: S311
            if self.state.state is State.DENIED:
                continue
            for ask in self.content.asks():
                try:
                    answer = await review_async(streams, self.connection, ask)
                except Unauthorized as error:
                    self.interrupt(error)
                    break
                except ApiError:
                    continue  # unknown is never shown as denied
                if answer.state == "denied":
                    self.interrupt(Forbidden(status=403, reason="Forbidden", message=answer.reason))
                    break

    def _set(self, state: State, error: ApiError | None = None) -> None:
        same = self.state.state is state
        message = error.message if error is not None else ""
        if same and self.state.message == message:
            return
        self.state = FeedState(
            state, self.state.since if same else now(), message, self.content.size(), error=error
        )
        self._changed()

    def _changed(self) -> None:
        if self.state.is_settled:
            self._answered.set()
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
