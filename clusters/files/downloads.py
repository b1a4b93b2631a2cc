"""Downloads of files: read in an event loop of their own, a few parts ahead of who takes them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress

from clusters.runtime import runtime

MAX_WAITING = 4  # parts that are there and were not taken yet; an exec's part has 64 KiB at most
Source = AbstractAsyncContextManager[AsyncIterator[bytes]]
StartLoop = Callable[[str], asyncio.AbstractEventLoop]


class Download:
    """The parts of one file or archive. Any event loop may take them, and any thread may close it."""

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop
        self._first: bytes | None = None
        self._parts: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """In its loop: begin, and wait for the first part. Raises what the source raises before it."""
        self._task = asyncio.create_task(self._read())
        self._first = await self._take()

    async def read(self) -> AsyncIterator[bytes]:
        """All of it. An error breaks it off: a file that is not whole does not look like one that is."""
        try:
            part = self._first
            while part is not None:
                yield part
                part = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._take(), self._loop))
        finally:
            self.close()

    def close(self) -> None:
        """End it, if it has not ended, and with it its connection."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._cancel)

    # --- below: in its loop

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _take(self) -> bytes | None:
        part = await self._parts.get()
        if isinstance(part, Exception):
            raise part
        return part

    async def _read(self) -> None:
        ending: Exception | None = None
        try:
            async with self._source as content:
                async for part in content:
                    await self._parts.put(part)
        except Exception as error:  # noqa: BLE001 - whoever takes the parts raises it
            ending = error
        await self._parts.put(ending)


class DownloadService:
    """The downloads of one process; `start_loop` starts the loop that reads them.

    At shutdown their tasks are canceled, and each closes its own connection then.
    """

    def __init__(self, start_loop: StartLoop = runtime.start_loop) -> None:
        self._start_loop = start_loop
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, source: Source, *, seconds: float) -> Download:
        """Wait for the first part, in the thread of a request, whose audit context it has.

        Raises what the source raises before it, and TimeoutError after `seconds`; then nothing is open any more.
        """
        loop, context = self._ensure_loop(), contextvars.copy_context()
        download = Download(source, loop)

        async def begin() -> None:
            async with asyncio.timeout(seconds):
                await loop.create_task(download.open(), context=context)

        try:
            asyncio.run_coroutine_threadsafe(begin(), loop).result()
        except BaseException:
            download.close()
            raise
        return download

    def _ensure_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = self._start_loop("downloads")
            return self._loop


download_service = DownloadService()
