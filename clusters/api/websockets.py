"""WebSockets: upgrades of an API server for exec, attach and port-forward, with frames and channels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

import aiohttp
from aiohttp.http import WebSocketError

from clusters.api.byte_streams import MEBIBYTE, Call, StreamLimits, classify_errors, read_error
from clusters.api.circuit_breaker import breaker
from clusters.api.errors import ApiError, Forbidden, NotAcceptable, NotKubernetes, ResponseTooLarge
from clusters.api.token_redaction import redact_frame
from clusters.api.transport_errors import transport_error

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
EXEC_PROTOCOLS = (V5, V4)  # the API server chooses v5 where it knows it
PORT_FORWARD_PROTOCOLS = ("SPDY/3.1+portforward.k8s.io",)  # frames of SPDY/3.1 inside

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
_CLOSE = 255  # of v5: a frame that ends the channel that it names

FRAME_LIMIT = 16 * MEBIBYTE
CLOSE_SECONDS = 2.0  # for the other side's part of the closing handshake


class WebSocket:
    """An open WebSocket to an API server. A caller that receives slowly makes the server wait.

    Pings are sent and no answer is required: behind data that nobody receives it would not arrive.
    """

    def __init__(self, call: Call, socket: aiohttp.ClientWebSocketResponse, limits: StreamLimits) -> None:
        self._call = call
        self._socket = socket
        self._limits = limits
        self._pings: asyncio.Task[None] | None = None
        self.size = 0  # bytes received so far

    async def __aenter__(self) -> Self:
        self._pings = asyncio.create_task(self._ping())
        return self

    async def __aexit__(self, *_raised: object) -> None:
        if self._pings is not None:
            self._pings.cancel()
        await self.close()

    @property
    def protocol(self) -> str:
        """The subprotocol that the server chose among those that were offered."""
        return self._socket.protocol or ""

    @property
    def close_code(self) -> int | None:
        """RFC 6455's code once it is closed: 1000 in good order, 1006 where the connection just ended.

        1006 is common and says nothing about the command: its end is a Status on the channel ERROR.
        """
        return self._socket.close_code

    @property
    def can_close_channels(self) -> bool:
        """Whether the end of stdin can be said at all: v4 has no way to."""
        return self.protocol == V5

    async def send(self, frame: bytes) -> None:
        """One binary frame; waits while the server does not take it. StreamBroken where the socket is closed."""
        with classify_errors(self._call):
            await self._socket.send_bytes(frame)

    async def send_channel(self, channel: int, content: bytes) -> None:
        """A frame of the protocols with channels."""
        await self.send(bytes([channel]) + content)

    async def close_channel(self, channel: int) -> None:
        """Half-close: nothing more comes on the channel (the end of stdin). ValueError unless the protocol is v5."""
        if not self.can_close_channels:
            raise ValueError(f"{self.protocol} cannot close a channel")
        await self.send(bytes([_CLOSE, channel]))

    async def receive(self) -> bytes | None:
        """The next frame; None once the socket is closed (`close_code` says how), however it came to that."""
        with classify_errors(self._call):
            async with asyncio.timeout(self._limits.idle_seconds):
                message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.ERROR:
                raise _describe_failure(message.data)
            if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
                return None
            frame = message.data if isinstance(message.data, bytes) else message.data.encode()
            self.size += len(frame)
            self._limits.check_size(self.size)
        return redact_frame(frame, self._call.connection.identity) if self._has_channels else frame

    async def receive_channel(self) -> tuple[int, bytes] | None:
        """Channel and content of the next frame that has any: the server greets with an empty one."""
        while (frame := await self.receive()) is not None:
            if len(frame) > 1:
                return frame[0], frame[1:]
        return None

    async def close(self, code: int = aiohttp.WSCloseCode.OK) -> None:
        """Close it, and wait at most two seconds for the server to agree; nothing where it is closed already."""
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code)

    @property
    def _has_channels(self) -> bool:
        return self.protocol.endswith(".channel.k8s.io")

    async def _ping(self) -> None:
        with suppress(aiohttp.ClientError, OSError):
            while True:
                await asyncio.sleep(self._limits.ping_seconds)
                await self._socket.ping()


async def open_websocket(
    session: aiohttp.ClientSession,
    call: Call,
    protocols: Sequence[str],
    limits: StreamLimits,
    headers: Mapping[str, str],
) -> WebSocket:
    """The WebSocket of an upgrade that was granted; the error of one that was refused, or what aiohttp raises."""
    server = call.connection.server
    try:
        async with asyncio.timeout(limits.head_seconds):
            socket = await session.ws_connect(
                call.address,
                protocols=protocols,
                headers=call.add_credential(headers),
                proxy=server.proxy_url or None,
                server_hostname=server.tls_server_name or None,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                max_msg_size=FRAME_LIMIT,
            )
    except ApiError as refused:
        if refused.status:
            breaker.record_response(server)
        raise
    breaker.record_response(server)
    opened = WebSocket(call, socket, limits)
    if socket.protocol is None:
        await opened.close(aiohttp.WSCloseCode.PROTOCOL_ERROR)
        raise NotKubernetes("It accepted the WebSocket, but none of the subprotocols that were offered.")
    return opened


async def check_upgrade(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Middleware of a session for upgrades: a refusal is its error, raised while the body can still be read.

    aiohttp itself would follow a redirect and drop the body. Such a session uses no connection twice: behind a
    refused upgrade, whoever is on the way may take it for a tunnel (CVE-2018-1002105).
    """
    response = await handler(request)
    if response.status == 101:
        return response
    try:
        raise await _read_denial(response, request.headers.get("Sec-WebSocket-Protocol", ""))
    finally:
        response.close()


async def _read_denial(response: aiohttp.ClientResponse, protocols: str) -> ApiError:
    """An empty 403 is a server that knows none of the subprotocols: who is not permitted gets a Status."""
    if response.status < 300:
        return NotKubernetes(f"It responded with {response.status} to a WebSocket upgrade.")
    error = await read_error(response)
    if isinstance(error, Forbidden) and not error.message:
        return NotAcceptable(
            f"It refused the WebSocket without giving a reason; it may support none of {protocols}.",
            status=response.status,
        )
    return error


def _describe_failure(raised: BaseException) -> ApiError:
    """A frame that is too large or none at all, or a connection that failed."""
    if not isinstance(raised, WebSocketError):
        return transport_error(raised)
    if raised.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
        return ResponseTooLarge(f"A frame is larger than {FRAME_LIMIT // MEBIBYTE} MiB.")
    return NotKubernetes("It sent a frame that is not valid in a WebSocket.")
