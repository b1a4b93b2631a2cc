"""Log service: the log views of this process, in an event loop of their own, opened and closed from any thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future

from clusters.api.streams import Streams
from clusters.logs.options import LogOptions, LogTarget
from clusters.logs.timings import LogTimings
from clusters.logs.view import LogView
from clusters.runtime import runtime

START_SECONDS = 10.0  # for the loop of the logs to open a view
StartLoop = Callable[[str, Callable[[], Awaitable[None]]], asyncio.AbstractEventLoop]


class OpenView:
    """A view that runs until `close`; every method is callable from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, view: LogView, task: asyncio.Task[None]) -> None:
        self.view = view
        self._loop = loop
        self._task = task

    def close(self) -> None:
        """End it, without waiting: its connections are closed, and what it read is recorded."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


class LogService:
    """The views of one process. `start_loop` starts the loop in which all of them run."""

    def __init__(self, start_loop: StartLoop = runtime.start_loop) -> None:
        self._start_loop = start_loop
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: Streams | None = None
        self._views: set[OpenView] = set()

    def open(
        self,
        targets: Sequence[LogTarget],
        options: LogOptions,
        timings: LogTimings,
        changed: Callable[[], None] = lambda: None,
    ) -> OpenView:
        """Begin to read. What it records in the audit trail comes from the request or socket of the caller."""
        loop, context = self._ensure_loop(), contextvars.copy_context()
        opened: Future[OpenView] = Future()

        def start() -> None:
            try:
                view = LogView(self._open_streams(), targets, options, timings, changed)
                task = loop.create_task(view.run(), context=context)
                one = OpenView(loop, view, task)
                self._views.add(one)
                task.add_done_callback(lambda _: self._views.discard(one))
                opened.set_result(one)
            except BaseException as error:
                opened.set_exception(error)
                raise

        loop.call_soon_threadsafe(start)
        return opened.result(START_SECONDS)

    def __len__(self) -> int:
        """How many views are open."""
        return len(self._views)

    def _open_streams(self) -> Streams:
        if self._streams is None:
            self._streams = Streams()
        return self._streams

    async def _close_streams(self) -> None:
        if self._streams is not None:
            await self._streams.close()

    def _ensure_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = self._start_loop("logs", self._close_streams)
            return self._loop


log_service = LogService()
