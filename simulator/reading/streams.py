"""Watch streams: events as lines of one response or as messages of a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from simulator.requests.call import Call
from simulator.requests.negotiation import JSON
from simulator.requests.responses import common_headers
from simulator.requests.upgrades import is_websocket

CLOSING_SECONDS = 2.0  # for the other side's farewell
LARGEST_MESSAGE = 64 * 1024  # bytes: nothing is expected from there


class StreamNotOpened(Exception):
    """The upgrade is rejected with `response`."""

    def __init__(self, response: web.StreamResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class Stream:
    response: web.StreamResponse
    write: Callable[[bytes], Awaitable[None]]  # one event


@contextlib.asynccontextmanager
async def open_stream(call: Call, gone: Callable[[], None]) -> AsyncIterator[Stream]:
    """With its head sent; `gone` is called when the other side of a WebSocket leaves. Raises Unopened."""
    if is_websocket(call):
        async with _socket(call, gone) as stream:
            yield stream
        return
    response = web.StreamResponse(headers=common_headers(call))
    response.headers["Content-Type"] = JSON
    await response.prepare(call.request)
    yield Stream(response, response.write)
    await response.write_eof()


@contextlib.asynccontextmanager
async def _socket(call: Call, gone: Callable[[], None]) -> AsyncIterator[Stream]:
    """As golang.org/x/net/websocket accepts one: only with an Origin."""
    if call.headers.get("Origin", "null") in ("", "null"):
        raise StreamNotOpened(web.Response(status=403))
    protocol = call.headers.get("Sec-WebSocket-Protocol", "")
    socket = web.WebSocketResponse(
        timeout=CLOSING_SECONDS,
        protocols=(protocol,) if protocol else (),
        compress=False,
        max_msg_size=LARGEST_MESSAGE,
    )
    await socket.prepare(call.request)
    listening = asyncio.create_task(_listen(socket, gone))

    async def write(event: bytes) -> None:
        await socket.send_str(event.decode())

    try:
        yield Stream(socket, write)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    await socket.close()


async def _listen(socket: web.WebSocketResponse, gone: Callable[[], None]) -> None:
    """What is sent there is not for anybody."""
    async for _ in socket:
        pass
    gone()
