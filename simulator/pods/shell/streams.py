"""Standard streams of a program in a container: bounded, so that who writes faster than is read waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

WAITING = 64  # chunks of stdin that nobody has read yet; then the sender waits
LONGEST_LINE = 64 * 1024  # bytes; a longer line is cut in two

Write = Callable[[bytes], Awaitable[None]]


class Input:
    """Bytes that come from somebody, until they end."""

    def __init__(self, first: bytes = b"", *, is_ended: bool = False) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)  # None is the end for good
        self._rest = first
        self._is_ended = is_ended

    async def feed(self, chunk: bytes) -> None:
        if chunk:
            await self._chunks.put(chunk)

    async def end_once(self) -> None:
        """As Ctrl-D does: whoever reads now sees an end, and may read on."""
        await self._chunks.put(b"")

    async def end(self) -> None:
        await self._chunks.put(None)

    def drop(self) -> None:
        """What nobody has read yet, as a terminal does at Ctrl-C."""
        self._rest = b""
        while not self._chunks.empty():
            self._is_ended |= self._chunks.get_nowait() is None

    async def read(self) -> bytes:
        """Some bytes; b"" is the end."""
        found, self._rest = self._rest, b""
        return found or await self._next()

    async def line(self) -> bytes:
        """With its \\n, where there is one; b"" is the end."""
        found = self._rest
        while b"\n" not in found and len(found) < LONGEST_LINE and (chunk := await self._next()):
            found += chunk
        line, sign, self._rest = found.partition(b"\n")
        return line + sign

    async def _next(self) -> bytes:
        if self._is_ended:
            return b""
        chunk = await self._chunks.get()
        self._is_ended = chunk is None
        return chunk or b""


@dataclass
class Console:
    """A terminal's size in characters (0 until it is told), and what Ctrl-C ends (None: nothing)."""

    columns: int = 0
    rows: int = 0
    foreground: asyncio.Task[int] | None = None


@dataclass(frozen=True)
class Streams:
    """Of one program. `console` is None where it has no terminal."""

    input: Input
    out: Write
    error: Write
    console: Console | None = None
