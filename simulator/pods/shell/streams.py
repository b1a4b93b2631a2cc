"""Standard streams of a program in a container: bounded, so that a writer waits for a slow reader."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MAX_QUEUED_CHUNKS = 64  # unread chunks of stdin; then the sender waits
MAX_LINE_BYTES = 64 * 1024  # bytes; a longer line is cut in two

Write = Callable[[bytes], Awaitable[None]]


class Input:
    """Standard input: a bounded queue of chunks, until it is closed."""

    def __init__(self, first: bytes = b"", *, is_closed: bool = False) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED_CHUNKS)  # None closes it
        self._rest = first
        self._is_closed = is_closed

    async def feed(self, chunk: bytes) -> None:
        if chunk:
            await self._chunks.put(chunk)

    async def send_eof(self) -> None:
        """As Ctrl-D does: the current read returns the end; later ones may read on."""
        await self._chunks.put(b"")

    async def close(self) -> None:
        await self._chunks.put(None)

    def discard(self) -> None:
        """Discards what is unread, as a terminal does at Ctrl-C."""
        self._rest = b""
        while not self._chunks.empty():
            self._is_closed |= self._chunks.get_nowait() is None

    async def read(self) -> bytes:
        """Some bytes; b"" is the end."""
        found, self._rest = self._rest, b""
        return found or await self._next()

    async def read_line(self) -> bytes:
        """A line with its \\n, where there is one; b"" is the end."""
        found = self._rest
        while b"\n" not in found and len(found) < MAX_LINE_BYTES and (chunk := await self._next()):
            found += chunk
        line, sign, self._rest = found.partition(b"\n")
        return line + sign

    async def _next(self) -> bytes:
        if self._is_closed:
            return b""
        chunk = await self._chunks.get()
        self._is_closed = chunk is None
        return chunk or b""


@dataclass
class Console:
    """A terminal's size in characters (0 until it is known), and the task that Ctrl-C cancels (None: nothing)."""

    columns: int = 0
    rows: int = 0
    foreground: asyncio.Task[int] | None = None


@dataclass(frozen=True)
class Streams:
    """Standard streams of one program. `console` is None without a terminal."""

    input: Input
    out: Write
    error: Write
    console: Console | None = None
