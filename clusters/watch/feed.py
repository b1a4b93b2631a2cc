"""What changed? One feed: a list, then a watch from its resourceVersion, through every kind of failure."""

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
    MethodNotAllowed,
    NotFound,
    StreamBroken,
    Unauthorized,
)
from clusters.api.streams import Streams
from clusters.discovery import drop
from clusters.watch import pauses
from clusters.watch.content import Content
from clusters.watch.reviews import keep_reviewing
from clusters.watch.states import CURRENT, FeedState, State, now, state_of

C = TypeVar("C", bound=Content)
Listener = Callable[[], None]

PATIENCE = 5.0  # seconds that an answer about readiness may take
LIFETIME = (240, 360)  # seconds that one watch is asked to last
SETTLE = 0.4  # seconds that a stream must stand after a failure before it is called live
OVERDUE = 15.0  # seconds after which a watch that should have ended is left: its connection is a dead one
SETTLED = (
    State.LAPSED,
    State.DENIED,
    State.REJECTED,
    State.GONE,
    State.ENDED,
)  # no outage says more than these
HOLD = 1.0  # seconds that the first rows of a list stand alone at most, while nobody needs the rest
STEADY = 30.0  # a watch that stood this many seconds was no failure
EARLY = 10.0  # a watch that ends this many seconds before its time ended for a reason: list again


class Feed(Generic[C]):
    """A content kept up to date under one credential.

    It runs in the hub's loop; `listen`, `state` and `wait` are for any thread.
    """

    def __init__(self, connection: Connection, content: C) -> None:
        self.connection = connection
        self.content = content
        self.viewers = 0
        self.crowd = 1  # feeds that are open on the same API server
        self.state = FeedState()
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._holds = False
        self._is_watchable = content.can_watch
        self._failures = 0
        self._doubts = 0
        self._losses = 0  # of the position (410), in a row
        self._turn: asyncio.Task[float] | None = None
        self._began = 0.0  # when the turn did, on the loop's clock
        self._ill: float | None = None  # when the API server last failed its health check, until it passes
        self._seen = now()  # when what is held was last known to be all there is
        self._reason: ApiError | None = None
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refused = asyncio.Event()  # set at a refusal, for the reviews

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

    def hurry(self) -> None:
        """Somebody needs more than the first rows: a list that holds back goes on."""
        with self._lock:
            if self._loop is None:
                self._hurry.set()
            else:
                self._loop.call_soon_threadsafe(self._hurry.set)

    # --- in the hub's loop

    async def run(self, streams: Streams) -> None:
        """List, watch, and begin again, until cancelled."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        reviews = asyncio.create_task(keep_reviewing(self, streams))
        try:
            while True:
                self._wake.clear()
                pause = await self._one_turn(streams)
                await pauses.within(self._wake, pause)
        finally:
            reviews.cancel()
            if self._turn is not None:
                self._turn.cancel()

    def interrupt(self, error: ApiError) -> None:
        """End the turn under way as if it had failed with `error`."""
        self._reason = error
        if self._turn is not None and not self._turn.done():
            self._turn.cancel()

    def look_again(self) -> None:
        """Do not wait any longer for the next turn."""
        self._wake.set()

    def not_answering(self, error: ApiError) -> None:
        """The API server fails its health check: say so, though the watch may still be open and silent."""
        self._ill = asyncio.get_running_loop().time()
        named = state_of(error)
        if self.state.state not in (named, *SETTLED):
            self._set(named, error)

    def answering(self) -> None:
        """The API server passes its health check. If it did not before: look, with a fresh stream."""
        if self._ill is None:
            if self.state.state is State.LIVE:
                self._seen = now()
            return
        asyncio.get_running_loop().call_later(pauses.after_recovery(self.crowd), self._resume, self._ill)
        self._ill = None

    def _resume(self, ill: float) -> None:
        """A turn that began while the server was ill hangs on a dead connection; a younger one may go on."""
        if self.state.state not in (State.UNREACHABLE, State.FAILING):
            return
        self._failures = 1
        if self._began <= ill and self._turn is not None and not self._turn.done():
            self.interrupt(self.state.error or StreamBroken())
        self._wake.set()

    def end(self, message: str) -> None:
        """Close for good: the credential changed, or a bound was met."""
        self.content.clear()
        self.state = FeedState(State.ENDED, message=message)
        self._changed()

    async def _one_turn(self, streams: Streams) -> float:
        self._reason = None
        self._began = asyncio.get_running_loop().time()
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
            if not self._holds or not self.content.resource_version or await self._went_back(streams):
                await self._load(streams)
            if not self.content.can_watch:
                self._holds = False
                self._failures = self._doubts = self._losses = 0
                self._set(State.POLLED)
                return pauses.POLL
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
            if loaded != total:
                await self._hold_back()
        self._holds = True

    async def _hold_back(self) -> None:
        """Until somebody needs the rest: the page that shows the first rows is not to wait while it is read."""
        await pauses.within(self._hurry, HOLD)
        self._hurry.set()

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
        loop = asyncio.get_running_loop()
        started, events = loop.time(), 0
        settled: list[asyncio.TimerHandle] = []  # after a failure, a stream that ends at once was never live

        def opened() -> None:
            settled.append(loop.call_later(SETTLE if self._failures else 0, self._set, State.LIVE))

        lines = streams.watch(
            self.connection,
            self.content.watch_path(),
            self._watch_query(lifetime),
            accept=self.content.watch_accept(),
            opened=opened,
        )
        try:
            async with asyncio.timeout(lifetime + OVERDUE), contextlib.aclosing(lines):
                async for line in lines:
                    is_new = self.content.apply(line)
                    events += 1  # an ERROR is none: it must not count as success
                    self._seen = now()
                    if is_new and self._ill is None:
                        self._set(State.LIVE)
                    if is_new:
                        self._changed()
                    if self.content.needs_list:
                        break
        except TimeoutError:
            raise StreamBroken() from None
        finally:
            for timer in settled:
                timer.cancel()
            if events or loop.time() - started > STEADY:
                self._failures = self._doubts = self._losses = 0
        self._ended(loop.time() - started, events, lifetime)

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
            self._losses += 1
            self._set(State.EXPIRED, error)
            return random.uniform(0, pauses.LOST) if self._losses == 1 else self._backoff(self._losses)  # noqa: S311
        if isinstance(error, (Unauthorized, Forbidden, CredentialMissing)):
            return self._refused(error)
        if isinstance(error, (BadRequest, Invalid)):
            self._drop(State.REJECTED, error)
            return pauses.REFUSED
        if isinstance(error, (NotFound, MethodNotAllowed)):
            self._holds = False
            drop(self.connection.cluster)  # perhaps the kind is no longer served
            self._set(State.GONE, error)
            return pauses.ABSENT
        self._failures += 1
        pause = max(self._backoff(self._failures), error.retry_after or 0.0)
        is_first = isinstance(error, StreamBroken) and self.state.state in (*CURRENT, State.RECONNECTING)
        is_first = is_first and self._failures == 1
        self._set(State.RECONNECTING if is_first else state_of(error), error, pause)
        return pause

    def _backoff(self, failures: int) -> float:
        return pauses.after_failure(failures, is_watched=self.viewers > 0, crowd=self.crowd)

    def _refused(self, error: ApiError) -> float:
        """After an outage the first refusals are doubted; else the rows go at once."""
        if self._failures and self._doubts < pauses.DOUBTS:
            self._doubts += 1
            self._set(State.RECONNECTING, error)
            return pauses.DOUBT
        self._drop(State.DENIED if isinstance(error, Forbidden) else State.LAPSED, error)
        return pauses.REFUSED

    def _drop(self, state: State, error: ApiError) -> None:
        self._holds = False
        self.content.can_watch = self._is_watchable
        self.content.clear()
        self._set(state, error)
        self.refused.set()

    def _set(self, state: State, error: ApiError | None = None, pause: float = 0.0) -> None:
        if state in CURRENT:
            self._seen = now()
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
            as_of=self._seen if state not in CURRENT and self.content.size() else None,
            again=now() + timedelta(seconds=pause) if waits else None,
        )
        self._changed()

    def _changed(self) -> None:
        if self.state.is_settled:
            self._answered.set()
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
