"""WebSocket channels of exec and attach: stdin, stdout, stderr, status and resize over one connection."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from simulator.pods.shell.streams import Console, Input
from simulator.requests.call import Call
from simulator.requests.responses import encode_json

STDIN, STDOUT, STDERR, STATUS, RESIZE = range(5)
CLOSE_CHANNEL = 255  # v5: the next byte names a channel of which no more is to come
V5 = "v5.channel.k8s.io"
PROTOCOLS = (V5, "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io")
LARGEST_MESSAGE = 4 * 1024 * 1024  # bytes that are taken in one; who sends more is cut off
MAX_SENT_BYTES = 32 * 1024  # bytes of a message from here, as the real one copies
CLOSING_SECONDS = 2.0  # for the other side's close frame


class UnknownProtocol(Exception):
    """None of the offered protocols is known."""


def negotiate_protocol(call: Call) -> str:
    """v5 where it is offered, else the first known one; "" where none is offered. Raises UnknownProtocol."""
    header = call.headers.get("Sec-WebSocket-Protocol", "")
    offered = [one.strip() for one in header.split(",") if one.strip()]
    if not offered:
        return ""
    for one in [V5, *offered]:
        if one in offered and one in PROTOCOLS:
            return one
    raise UnknownProtocol


@dataclass(frozen=True)
class RequestedStreams:
    """Which streams the caller wants, of `stdin`, `stdout`, `stderr` and `tty` in the query."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @classmethod
    def from_call(cls, call: Call) -> RequestedStreams:
        stdin, stdout, stderr, tty = (call.query.flag(name) for name in ("stdin", "stdout", "stderr", "tty"))
        return cls(stdin, stdout, stderr and not tty, tty)

    @property
    def is_empty(self) -> bool:
        return not (self.stdin or self.stdout or self.stderr)


@dataclass
class Channels:
    """One open connection. `stdin` is what comes from the client, `console` has the terminal's size."""

    protocol: str
    requested: RequestedStreams
    socket: web.WebSocketResponse
    stdin: Input = field(default_factory=Input)
    console: Console = field(default_factory=Console)

    @classmethod
    async def open(cls, call: Call, protocol: str, requested: RequestedStreams) -> Channels:
        """101, and an empty message on the lowest channel that is written, as the real one says that it is there."""
        socket = web.WebSocketResponse(
            timeout=CLOSING_SECONDS,
            protocols=(protocol,) if protocol else (),
            compress=False,
            max_msg_size=LARGEST_MESSAGE,
        )
        await socket.prepare(call.request)
        found = cls(protocol, requested, socket)
        await found._send(STDOUT if requested.stdout else STDERR if requested.stderr else STATUS, b"")
        return found

    async def write_stdout(self, chunk: bytes) -> None:
        if self.requested.stdout:
            await self._write(STDOUT, chunk)

    async def write_stderr(self, chunk: bytes) -> None:
        if self.requested.stderr:
            await self._write(STDERR, chunk)

    async def send_status(self, status: dict[str, Any]) -> None:
        """The last word: of the API server itself in v5, of the kubelet in the others, of which the oldest have plain
        text, and none for a success."""
        is_old = not self.protocol.startswith(("v4", "v5"))
        if self.protocol == V5:
            status = {"metadata": {}} | status
        if not is_old:
            await self._send(STATUS, encode_json(status))
        elif status["status"] != "Success":
            await self._send(STATUS, str(status["message"]).encode())

    async def close(self) -> None:
        await self.socket.close()

    async def receive(self) -> None:
        """Until the other side closes. A sender waits for a slow reader."""
        async for message in self.socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                break
            data: bytes = message.data if message.type == WSMsgType.BINARY else message.data.encode()
            if not await self._process_message(data):
                break

    async def _process_message(self, data: bytes) -> bool:
        """False for an invalid message, after which the connection is closed."""
        if not data:
            return True
        if self.protocol == V5 and data[0] == CLOSE_CHANNEL:
            if len(data) != 2 or data[1] > RESIZE:
                return False
            if data[1] == STDIN and self.requested.stdin:
                await self.stdin.close()
            return True
        channel, rest = data[0], data[1:]
        if "base64" in self.protocol:
            channel, rest = channel - ord("0"), _decode_base64(rest)
        if channel == STDIN and self.requested.stdin:
            await self.stdin.feed(rest)
        elif channel == RESIZE:
            self._resize(rest)
        return True

    def _resize(self, data: bytes) -> None:
        try:
            size = json.loads(data)
            self.console.columns, self.console.rows = int(size["Width"]), int(size["Height"])
        except (ValueError, KeyError, TypeError):
            return  # as the real one, which then reads no further size

    async def _write(self, channel: int, chunk: bytes) -> None:
        for begin in range(0, len(chunk), MAX_SENT_BYTES):
            await self._send(channel, chunk[begin : begin + MAX_SENT_BYTES])

    async def _send(self, channel: int, data: bytes) -> None:
        if "base64" in self.protocol:
            await self.socket.send_str(f"{channel}{base64.b64encode(data).decode()}")
        else:
            await self.socket.send_bytes(bytes([channel]) + data)


def _decode_base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""
