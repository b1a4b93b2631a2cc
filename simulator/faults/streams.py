"""What may become of a watch under way? Each is a fault for `cluster.faults.on(..., watches)`."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.faults.answers import abort
from simulator.faults.switchboard import Fault, GoOn
from simulator.requests.answers import common_headers, encoded
from simulator.requests.call import Call
from simulator.requests.negotiation import JSON
from simulator.requests.statuses import expired

Write = Callable[[bytes], Awaitable[None]]


def gone_in_stream() -> Fault:
    """410 as the API server says it to a watch: 200, and an ERROR event with the Status."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        status = expired("too old resource version: 1 (2)").status()
        return await _said(call, encoded({"type": "ERROR", "object": status}) + b"\n")

    return fault


def ended_at_once() -> Fault:
    """200 and the end, without an event."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        return await _said(call, b"")

    return fault


def truncated(after: int = 0) -> Fault:
    """The connection breaks in the middle of a line, when so many events were sent whole."""

    async def fault(call: Call, go_on: GoOn) -> web.StreamResponse:
        sent = 0

        async def write(event: bytes, onward: Write) -> None:
            nonlocal sent
            sent += 1
            if sent <= after:
                await onward(event)
                return
            await onward(event[: len(event) // 2])
            abort(call)
            raise ConnectionResetError

        call.disturbance = write
        return await go_on()

    return fault


def no_json(line: bytes = b"<html>Bad Gateway</html>\n") -> Fault:
    """Instead of each event a line that is none."""

    async def fault(call: Call, go_on: GoOn) -> web.StreamResponse:
        async def write(_event: bytes, onward: Write) -> None:
            await onward(line)

        call.disturbance = write
        return await go_on()

    return fault


def gzipped() -> Fault:
    """One gzip member for each event, as Go's writer leaves them when it is flushed and begun anew."""

    async def fault(call: Call, go_on: GoOn) -> web.StreamResponse:
        async def write(event: bytes, onward: Write) -> None:
            await onward(gzip.compress(event))

        call.disturbance = write
        call.stream_headers["Content-Encoding"] = "gzip"
        return await go_on()

    return fault


def in_pieces(size: int = 7) -> Fault:
    """Each event in pieces of so many bytes: lines end where they like."""

    async def fault(call: Call, go_on: GoOn) -> web.StreamResponse:
        async def write(event: bytes, onward: Write) -> None:
            for start in range(0, len(event), size):
                await onward(event[start : start + size])

        call.disturbance = write
        return await go_on()

    return fault


async def _said(call: Call, content: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers=common_headers(call))
    response.headers["Content-Type"] = JSON
    await response.prepare(call.request)
    if content:
        await response.write(content)
    await response.write_eof()
    return response
