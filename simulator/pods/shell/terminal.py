"""Terminal of a pretend container: echo, erase, Ctrl-C, Ctrl-D, and line ends as a screen wants them."""

from __future__ import annotations

import asyncio
import re

from simulator.pods.shell.streams import LONGEST_LINE, Console, Input, Write

INTERRUPT = b"\x03"  # what a prompt reads where Ctrl-C was typed at it
END, RETURN, ERASE, CLEAR = 0x04, (0x0A, 0x0D), (0x08, 0x7F), 0x15
SEQUENCES = re.compile(
    rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?"
)  # arrow keys and the like, which nothing here knows


class Terminal:
    """Between a person and a program: `raw` is what is typed, `input` what the program reads, line by line."""

    def __init__(self, raw: Input, screen: Write) -> None:
        self.input = Input()
        self.console = Console()
        self._raw = raw
        self._screen = screen
        self._line = bytearray()

    async def write(self, chunk: bytes) -> None:
        """What a program shows."""
        await self._screen(chunk.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    async def run(self) -> None:
        """Until nothing more can be typed."""
        while chunk := await self._raw.read():
            for byte in SEQUENCES.sub(b"", chunk):
                await self._typed(byte)
        await self.input.end()

    async def _typed(self, byte: int) -> None:
        if byte == INTERRUPT[0]:
            await self._interrupted()
        elif byte in RETURN:
            await self._screen(b"\r\n")
            await self._entered(b"\n")
        elif byte == END:
            await self._entered(b"") if self._line else await self.input.end_once()
        elif byte in ERASE:
            await self._erased()
        elif byte == CLEAR:
            await self._screen(b"\b \b" * len(self._line.decode(errors="replace")))
            self._line.clear()
        elif (byte >= 0x20 or byte == 0x09) and len(self._line) < LONGEST_LINE:
            self._line.append(byte)
            await self._screen(bytes([byte]))

    async def _entered(self, end: bytes) -> None:
        line, self._line = bytes(self._line) + end, bytearray()
        await self.input.feed(line)

    async def _erased(self) -> None:
        if self._line:
            while self._line and self._line[-1] & 0xC0 == 0x80:  # the rest of a letter of several bytes
                self._line.pop()
            self._line.pop()
            await self._screen(b"\b \b")

    async def _interrupted(self) -> None:
        self._line.clear()
        self.input.drop()
        await self._screen(b"^C\r\n")
        foreground = self.console.foreground
        if foreground is None:
            await self.input.feed(INTERRUPT + b"\n")
        elif not foreground.done():
            foreground.cancel()


async def interruptible(console: Console | None, work: asyncio.Task[int]) -> int:
    """The exit code of a program, 130 where Ctrl-C ended it."""
    before = console.foreground if console else None
    if console:
        console.foreground = work
    try:
        return await work
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            work.cancel()
            raise
        return 130
    finally:
        if console:
            console.foreground = before
