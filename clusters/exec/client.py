"""Exec client: a command in a container over a WebSocket, audited, with its channels and its end."""

from __future__ import annotations

import asyncio
import contextvars
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from clusters.api.byte_streams import StreamLimits
from clusters.api.errors import StreamBroken
from clusters.api.streams import Streams
from clusters.api.websockets import (
    ERROR,
    EXEC_PROTOCOLS,
    RESIZE,
    STDERR,
    STDIN,
    STDOUT,
    WebSocket,
)
from clusters.exec.ending import MAX_MESSAGE, ExecEnding, read_ending
from clusters.exec.request import ExecRequest
from clusters.gateway.connect import ClusterSession
from clusters.runtime import runtime

Result = TypeVar("Result")
MAX_STATUS = 64 * 1024  # bytes of a Status
MAX_STDIN = 32 * 1024  # bytes of one frame of standard input


class Output(NamedTuple):
    """What came from the container; `is_error` on standard error."""

    content: bytes
    is_error: bool = False


class ExecStream:
    """An open command. One task reads, any number write. A reader that is slow makes the container wait.

    `ending` is there once `read` has returned None. `sent` and `received` are bytes of the standard streams.
    """

    def __init__(self, socket: WebSocket, request: ExecRequest, audit_id: str) -> None:
        self.request = request
        self.audit_id = audit_id
        self.ending: ExecEnding | None = None
        self.sent = 0
        self.received = 0
        self.detail: dict[str, str] = {}  # what else the audit trail says of its end
        self._socket = socket
        self._status = b""

    @property
    def can_end_stdin(self) -> bool:
        """Whether a command that reads to the end of its input can be told that it is there: v4 cannot."""
        return self._socket.can_close_channels

    async def read(self) -> Output | None:
        """The next output; None at the end, however it came to that."""
        while self.ending is None:
            try:
                frame = await self._socket.receive_channel()
            except StreamBroken:
                frame = None
            if frame is None:
                self.ending = read_ending(self._status)
                break
            channel, content = frame
            if channel in (STDOUT, STDERR):
                self.received += len(content)
                return Output(content, channel == STDERR)
            if channel == ERROR and len(self._status) < MAX_STATUS:
                self._status += content
        return None

    async def write(self, content: bytes) -> None:
        """Standard input; waits while the container does not take it. StreamBroken where it is over."""
        for start in range(0, len(content), MAX_STDIN):
            part = content[start : start + MAX_STDIN]
            await self._socket.send_channel(STDIN, part)
            self.sent += len(part)

    async def keep_alive(self) -> None:
        """Standard input without a byte: a kubelet counts it as activity, which a ping is not."""
        await self._socket.send_channel(STDIN, b"")

    async def end_stdin(self) -> None:
        """Nothing more comes on standard input. ValueError unless `can_end_stdin`."""
        await self._socket.close_channel(STDIN)

    async def resize(self, columns: int, rows: int) -> None:
        await self._socket.send_channel(RESIZE, json.dumps({"Width": columns, "Height": rows}).encode())


@asynccontextmanager
async def open_exec(
    streams: Streams,
    session: ClusterSession,
    request: ExecRequest,
    *,
    detail: Mapping[str, Any] | None = None,
    limits: StreamLimits = StreamLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[ExecStream]:
    """Run it, with a row in the audit trail before and one after; leaving the block closes the connection.

    Raises DeniedByRole and AuditTrailUnavailable, and then nothing was sent; ApiError as the API server refuses it.
    The second row has the bytes in each direction and the exit code. With v5 what a kubelet refuses is no error here,
    but the `ending`.
    """
    audit_id = str(uuid.uuid4())
    described = {**request.detail, **(detail or {})}
    async with AsyncExitStack() as stack:
        audited = await run_with_database(session.open, request.attributes, described)
        await stack.enter_async_context(audited)
        socket = await stack.enter_async_context(
            streams.open_websocket(
                audited.connection,
                request.path,
                request.query,
                protocols=EXEC_PROTOCOLS,
                limits=limits,
                audit_id=audit_id,
            )
        )
        audited.record_response(101, audit_id)
        stream = ExecStream(socket, request, audit_id)
        try:
            yield stream
        finally:
            ending = stream.ending
            audited.record_detail(sent=stream.sent, received=stream.received, **stream.detail)
            if ending is not None and ending.exit_code is not None:
                audited.record_detail(exit_code=ending.exit_code)
            elif ending is not None:
                audited.record_detail(ending=ending.message)


class ExecOutput(NamedTuple):
    """Of a command that ran to its end, or was stopped at `max_bytes`: `is_cut`."""

    stdout: bytes
    stderr: bytes
    ending: ExecEnding
    is_cut: bool = False


async def run_exec(
    streams: Streams,
    session: ClusterSession,
    request: ExecRequest,
    *,
    content: bytes = b"",
    max_bytes: int = 1024 * 1024,
    seconds: float = 30.0,
    detail: Mapping[str, Any] | None = None,
) -> ExecOutput:
    """Run a short command, with `content` on its standard input, and collect what it says.

    Raises as `open_exec`, and TimedOut after `seconds`.
    """
    parts: dict[bool, bytearray] = {False: bytearray(), True: bytearray()}
    limits = StreamLimits(total_seconds=seconds)
    async with open_exec(streams, session, request, detail=detail, limits=limits) as stream:
        if content:
            await stream.write(content)
        if request.stdin and stream.can_end_stdin:
            await stream.end_stdin()
        while (output := await stream.read()) is not None:
            parts[output.is_error] += output.content
            if sum(map(len, parts.values())) > max_bytes:
                cut = ExecEnding(None, f"The output is larger than {max_bytes:,} bytes."[:MAX_MESSAGE])
                return ExecOutput(bytes(parts[False][:max_bytes]), bytes(parts[True][:max_bytes]), cut, True)
        ending = stream.ending or read_ending(b"")
        return ExecOutput(bytes(parts[False]), bytes(parts[True]), ending)


async def run_with_database(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call what uses the database in a thread of the pool for it, as part of the request under way."""
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(runtime.pool("exec"), lambda: context.run(function, *arguments))
