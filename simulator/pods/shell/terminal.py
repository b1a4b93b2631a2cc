"""Terminal of a simulated container: echo, erase, Ctrl-C, Ctrl-D, and line ends as a screen needs them."""

from __future__ import annotations

import asyncio
import re

from simulator.pods.shell.streams import MAX_LINE_BYTES, Console, Input, Write

INTERRUPT = b"\x03"  # what a prompt reads when Ctrl-C is typed
END, RETURN, ERASE, CLEAR = 0x04, (0x0A, 0x0D), (0x08, 0x7F), 0x15
SEQUENCES = re.compile(
    rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?"
)  # arrow keys and other escape sequences, which are ignored


class Terminal:
    """Line discipline: `raw` is what is typed, `input` what the program reads, line by line."""

    def __init__(self, raw: Input, screen: Write) -> None:
        self.input = Input()
        self.console = Console()
        self._raw = raw
        self._screen = screen
        self._line = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Writes a program's output to the screen."""
        await self._screen(chunk.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    async def run(self) -> None:
        """Reads what is typed until `raw` is closed."""
        while chunk := await self._raw.read():
            for byte in SEQUENCES.sub(b"", chunk):
                await self._handle_byte(byte)
        await self.input.close()

    async def _handle_byte(self, byte: int) -> None:
        if byte == INTERRUPT[0]:
            await self._interrupt()
        elif byte in RETURN:
            await self._screen(b"\r\n")
            await self._submit_line(b"\n")
        elif byte == END:
            await self._submit_line(b"") if self._line else await self.input.send_eof()
        elif byte in ERASE:
            await self._erase()
        elif byte == CLEAR:
            await self._screen(b"\b \b" * len(self._line.decode(errors="replace")))
            self._line.clear()
        elif (byte >= 0x20 or byte == 0x09) and len(self._line) < MAX_LINE_BYTES:
            self._line.append(byte)
            await self._screen(bytes([byte]))

    async def _submit_line(self, end: bytes) -> None:
        line, self._line = bytes(self._line) + end, bytearray()
        await self.input.feed(line)

    async def _erase(self) -> None:
        if self._line:
            while self._line and self._line[-1] & 0xC0 == 0x80:  # the rest of a character of several bytes
                self._line.pop()
            self._line.pop()
            await self._screen(b"\b \b")

    async def _interrupt(self) -> None:
        self._line.clear()
        self.input.discard()
        await self._screen(b"^C\r\n")
        foreground = self.console.foreground
        if foreground is None:
            await self.input.feed(INTERRUPT + b"\n")
        elif not foreground.done():
            foreground.cancel()


async def run_interruptible(console: Console | None, work: asyncio.Task[int]) -> int:
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
