"""Terminal session: one open shell, command or attached process, with its screen history, viewers and end."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from clusters.access.reviews import review_async
from clusters.api.byte_streams import StreamLimits
from clusters.api.errors import ApiError, StreamBroken
from clusters.api.streams import Streams
from clusters.exec.client import ExecStream, open_exec
from clusters.exec.ending import ExecEnding
from clusters.exec.request import ExecRequest
from clusters.gateway.connect import ClusterSession, DeniedByRole
from clusters.terminal.history import HistoryPart, ScreenHistory
from clusters.terminal.launch import STAND_DOWN, TerminalLaunch, is_marked, is_not_there, skip_without_env
from clusters.terminal.timings import TerminalTimings
from people.audit.record import AuditTrailUnavailable

MAX_LAG = 128 * 1024  # bytes that a page may have to draw before the output waits for it
SIZE_LIMIT = 1000  # columns and rows
PING_SECONDS = 20.0
log = logging.getLogger(__name__)

EndReason = Literal[
    "exited",
    "closed",
    "unwatched",
    "signed-out",
    "changed",
    "denied",
    "stopping",
    "failed",
    "no-shell",
    "lost",
]


@dataclass(frozen=True)
class TerminalOwner:
    """Whose terminal it is: one signed-in browser's, whose session ends it."""

    user_id: int
    session_id: str


@dataclass(eq=False)
class Viewer:
    """A page that shows the terminal. `drawn` is how far it has drawn; `changed` may be called from any thread."""

    changed: Callable[[], None]
    drawn: int = 0
    is_slow: bool = False


@dataclass(frozen=True)
class TerminalEnding:
    """Why it ended, and with `exited` its exit code; `message` is what Kubernetes says."""

    reason: EndReason
    exit_code: int | None = None
    message: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class TerminalSession:
    """Runs in the loop of the terminals until it ends; what says so is for any thread."""

    def __init__(
        self,
        terminal_id: str,
        owner: TerminalOwner,
        session: ClusterSession,
        launch: TerminalLaunch,
        streams: Streams,
        timings: TerminalTimings,
    ) -> None:
        self.id = terminal_id
        self.owner = owner
        self.cluster_session = session
        self.launch = launch
        self.history = ScreenHistory()
        self.request: ExecRequest | None = None  # what runs, once it does
        self.ending: TerminalEnding | None = None
        self.started_at = datetime.now(UTC)
        self.unwatched_since: float | None = time.monotonic()
        self.reviewed_at = time.monotonic()
        self._streams = streams
        self._timings = timings
        self._loop = asyncio.get_running_loop()
        self._stream: ExecStream | None = None
        self._watchdog: ExecStream | None = None
        self._watchdog_task: asyncio.Task[None] | None = None
        self._size: tuple[int, int] = (80, 24)
        self._lock = threading.Lock()
        self._viewers: set[Viewer] = set()
        self._drawn = asyncio.Event()
        self._end_reason: EndReason | None = None
        self._task: asyncio.Task[None] | None = None

    # --- for any thread

    @property
    def is_running(self) -> bool:
        return self.ending is None

    @property
    def is_unwatched(self) -> bool:
        """Whether no page has shown it for so long that it ends."""
        since = self.unwatched_since
        return since is not None and time.monotonic() - since >= self._timings.unwatched

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[Viewer]:
        """Count as a page that shows it, until the block is left."""
        viewer = Viewer(changed)
        with self._lock:
            self._viewers.add(viewer)
            self.unwatched_since = None
        try:
            yield viewer
        finally:
            with self._lock:
                self._viewers.discard(viewer)
                if not self._viewers:
                    self.unwatched_since = time.monotonic()
            self._wake()

    @property
    def has_watchdog(self) -> bool:
        """Whether something waits in the container to end its processes, whatever becomes of this server."""
        return self._watchdog is not None

    def read(self, offset: int, most: int) -> HistoryPart:
        """Output from `offset` on; see ScreenHistory."""
        return self.history.read(offset, most)

    def note_drawn(self, viewer: Viewer, offset: int) -> None:
        """A page has drawn the output up to there."""
        viewer.drawn = max(viewer.drawn, min(offset, self.history.end))
        viewer.is_slow = viewer.is_slow and self.history.end - viewer.drawn > MAX_LAG
        self._wake()

    async def write(self, content: bytes) -> None:
        """What was typed; waits while the container does not take it, and drops it where nothing runs."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._write(content), self._loop))

    async def resize(self, columns: int, rows: int, *, redraw: bool = False) -> None:
        """Of the page that was resized last. `redraw`: have a program that fills the screen draw it again."""
        await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(self._resize(columns, rows, redraw), self._loop)
        )

    def end(self, reason: EndReason) -> None:
        """End it and all that runs in it, without waiting."""
        if not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end, reason)

    # --- in the loop of the terminals

    async def run(self) -> None:
        self._task = asyncio.current_task()
        try:
            self.ending = await self._run()
        except asyncio.CancelledError:
            self.ending = TerminalEnding(self._end_reason or "stopping")
            if self._end_reason is None:
                raise
        except (ApiError, DeniedByRole, AuditTrailUnavailable) as error:
            is_denied = isinstance(error, DeniedByRole) or getattr(error, "status", 0) == 403
            self.ending = TerminalEnding("denied" if is_denied else "failed", message=str(error))
        except Exception:
            log.exception("A terminal failed")
            self.ending = TerminalEnding("failed")
        finally:
            if not self._viewers:
                self.unwatched_since = time.monotonic()
            self._notify()
            await self._end_watchdog()

    async def review(self) -> None:
        """End it where the permission is gone. Unknown is never denied."""
        self.reviewed_at = time.monotonic()
        checks = (self.request or self.launch.list_requests()[0]).checks
        for check in checks:
            try:
                result = await review_async(self._streams, self.cluster_session.connection, check)
            except ApiError:
                return
            if result.state == "denied":
                self._end("denied")

    # --- below: not for outsiders

    async def _run(self) -> TerminalEnding:
        """What is launched, the first that is there."""
        requests, ending = self.launch.list_requests(), None
        while requests:
            request = requests.pop(0)
            limits = StreamLimits(head_seconds=self._timings.start, ping_seconds=PING_SECONDS)
            detail = {"terminal": self.id[:8]}
            async with open_exec(
                self._streams, self.cluster_session, request, detail=detail, limits=limits
            ) as stream:
                ending, is_missing = await self._follow(stream)
            if not is_missing:
                return self._describe(ending)
            if skip_without_env(ending, request):
                requests = [one for one in requests if not is_marked(one)]
        if self.launch.mode == "shell":
            return TerminalEnding("no-shell", message=ending.message if ending else "")
        return self._describe(ending)

    async def _follow(self, stream: ExecStream) -> tuple[ExecEnding | None, bool]:
        """Until its end; and whether it never was there, so that nothing of it is shown."""
        self._stream, self.request = stream, stream.request
        kept: list[bytes] = []
        keeping = asyncio.create_task(self._keep_alive(stream))
        try:
            with suppress(StreamBroken):
                await stream.resize(*self._size)
            while (output := await stream.read()) is not None:
                # `env` says on the terminal that the program is not there, and ends: wait for the end.
                is_of_env = is_marked(stream.request) and output.content.startswith(b"env: ")
                if is_of_env and not stream.sent and not kept and not self.history.end:
                    kept.append(output.content)
                    continue
                self._show(b"".join([*kept, output.content]))
                kept.clear()
                await self._wait_for_viewers()
        except asyncio.CancelledError:
            stream.detail["ended"] = self._end_reason or "stopping"
            await self._hang_up(stream)
            raise
        finally:
            keeping.cancel()
            self._stream = None
        is_missing = is_not_there(stream.ending, stream.sent) and not self.history.end
        if kept and not is_missing:
            self._show(b"".join(kept))
        return stream.ending, is_missing

    def _show(self, content: bytes) -> None:
        self.history.append(content)
        if self._watchdog_task is None and self.request is not None and is_marked(self.request):
            self._watchdog_task = asyncio.create_task(self._run_watchdog())
        self._notify()

    def _describe(self, ending: ExecEnding | None) -> TerminalEnding:
        if ending is None or ending.exit_code is None:
            return TerminalEnding("lost", message=ending.message if ending else "")
        return TerminalEnding("exited", ending.exit_code, ending.message)

    async def _write(self, content: bytes) -> None:
        stream = self._stream
        if stream is not None:
            with suppress(ApiError):
                await stream.write(content)

    async def _resize(self, columns: int, rows: int, redraw: bool) -> None:
        size = (min(max(columns, 2), SIZE_LIMIT), min(max(rows, 2), SIZE_LIMIT))
        stream, changed = self._stream, size != self._size
        self._size = size
        if stream is None or not (changed or redraw):
            return
        with suppress(ApiError):
            if redraw and not changed:
                await stream.resize(size[0], size[1] - 1)
            await stream.resize(*size)

    async def _keep_alive(self, stream: ExecStream) -> None:
        with suppress(ApiError):
            while True:
                await asyncio.sleep(self._timings.keep_alive)
                await stream.keep_alive()
                if self._watchdog is not None:
                    await self._watchdog.keep_alive()

    def _end(self, reason: EndReason) -> None:
        if self.ending is None and self._end_reason is None:
            self._end_reason = reason
            if self._task is not None:
                self._task.cancel()

    async def _run_watchdog(self) -> None:
        request = self.launch.build_watchdog()
        detail = {"terminal": self.id[:8], "watchdog": True}
        try:
            async with open_exec(self._streams, self.cluster_session, request, detail=detail) as watchdog:
                self._watchdog = watchdog
                while await watchdog.read() is not None:
                    continue
        except (ApiError, DeniedByRole, AuditTrailUnavailable) as error:
            log.info("A terminal has no watchdog: %s", error)
        finally:
            self._watchdog = None

    async def _hang_up(self, stream: ExecStream) -> None:
        """End what runs in the container, and wait for it, for a moment; by the watchdog, else by what is typed."""
        with suppress(ApiError, TimeoutError):
            async with asyncio.timeout(self._timings.hang_up):
                if self._watchdog is not None:
                    await self._watchdog.write(b"end\n")
                elif self.launch.mode != "attach":  # what is attached to is the container's own process
                    await stream.write(b"\x03\x04")
                    await stream.write(b"exit\r")
                if self.launch.mode != "attach":
                    while await stream.read() is not None:
                        continue
        if self._watchdog_task is not None and self._watchdog is not None:
            await asyncio.wait([self._watchdog_task], timeout=self._timings.hang_up)

    async def _end_watchdog(self) -> None:
        """Send it away after a shell that ended by itself; what is left of it otherwise is cut off."""
        if self._watchdog_task is None:
            return
        with suppress(ApiError, TimeoutError):
            async with asyncio.timeout(self._timings.hang_up):
                if self._watchdog is not None and self._end_reason is None:
                    await self._watchdog.write(STAND_DOWN)
                await asyncio.wait([self._watchdog_task])
        self._watchdog_task.cancel()
        await asyncio.wait([self._watchdog_task])

    async def _wait_for_viewers(self) -> None:
        """Read no further while a page has more to draw than MAX_LAG; one that draws nothing is not waited for."""
        while True:
            lagging = [
                one
                for one in tuple(self._viewers)
                if not one.is_slow and self.history.end - one.drawn > MAX_LAG
            ]
            if not lagging:
                return
            before = [one.drawn for one in lagging]
            self._drawn.clear()
            try:
                async with asyncio.timeout(self._timings.slow):
                    await self._drawn.wait()
            except TimeoutError:
                for one, drawn in zip(lagging, before, strict=True):
                    one.is_slow = one.drawn == drawn

    def _wake(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._drawn.set)

    def _notify(self) -> None:
        for one in tuple(self._viewers):
            one.changed()
