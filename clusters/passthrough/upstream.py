"""Upstream: sends a request to an API server as it came, with the person's own credential, and streams the response.

Bodies are opaque and flow both ways as fast as the slower side; an upgrade hands over the connection itself, which is
never used again (CVE-2018-1002105).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import yarl
from multidict import CIMultiDict

from clusters.api.async_sessions import SessionPool
from clusters.api.byte_streams import Call, classify_errors
from clusters.api.circuit_breaker import breaker
from clusters.api.connection import Connection
from clusters.api.errors import StreamBroken
from clusters.passthrough.raw_paths import Target

HEAD_SECONDS = 120.0  # a webhook may take 30 s, and an aggregated API 60
MAX_BUFFERED = 256 * 1024  # bytes of an upgraded connection that wait for the client
AUTOMATIC = (
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Content-Type",
)  # what aiohttp adds where it is missing
Body = bytes | AsyncIterator[bytes] | None


@dataclass(frozen=True, repr=False)
class Forwarded:
    """A request as it is sent on: headers without a credential; `length` of a body that streams, where it is known.

    `upgrade` is the protocol that the client wants to change to, such as `websocket` or `SPDY/3.1`.
    """

    method: str
    target: Target
    headers: Sequence[tuple[bytes, bytes]]
    body: Body = None
    length: int | None = None
    upgrade: str = ""
    head_seconds: float | None = HEAD_SECONDS


class Upstream:
    """The connections of the pass-through to all clusters; of one event loop."""

    def __init__(self) -> None:
        self._sessions = SessionPool()

    @asynccontextmanager
    async def send(self, connection: Connection, request: Forwarded) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response, its body unread and as it was encoded. Raises ApiError where there is none.

        Leaving the block closes the connection, unless the body was read to its end.
        """
        call = Call(connection, request.method, request.target.path)
        with classify_errors(call):
            headers = _build_headers(connection, request)
            is_upgrade = bool(request.upgrade)
            async with (
                self._sessions.use(connection, upgrades=is_upgrade) as session,
                await _request(session, connection, request, headers) as response,
            ):
                yield response

    async def close(self) -> None:
        await self._sessions.close()


class UpgradedConnection:
    """The bytes of a connection after `101 Switching Protocols`; who reads slowly makes the API server wait."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        connection = response.connection
        if connection is None or connection.transport is None or connection.protocol is None:
            raise StreamBroken("The API server closed the connection that it upgraded.")
        self._transport: Any = connection.transport
        self._protocol: Any = connection.protocol
        self._parts: list[bytes] = []
        self._buffered = 0
        self._is_paused = False
        self._has_ended = False
        self._changed = asyncio.Event()
        self._protocol.set_parser(self, self)

    async def read(self) -> bytes:
        """What has arrived; nothing at the end."""
        while not self._parts and not self._has_ended:
            self._changed.clear()
            await self._changed.wait()
        content, self._parts, self._buffered = b"".join(self._parts), [], 0
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return content

    async def write(self, content: bytes) -> None:
        """Send it, and wait until the connection takes more."""
        if self._transport.is_closing():
            raise StreamBroken("The API server closed the connection.")
        self._transport.write(content)
        await self._protocol._drain_helper()  # as aiohttp's own writers wait

    # --- what aiohttp's protocol calls

    def feed_data(self, content: bytes) -> tuple[bool, bytes]:
        self._parts.append(bytes(content))
        self._buffered += len(content)
        if self._buffered > MAX_BUFFERED and not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()
        self._changed.set()
        return False, b""

    def feed_eof(self) -> None:
        self._has_ended = True
        self._changed.set()

    def set_exception(self, *_raised: object) -> None:
        self.feed_eof()


def _build_headers(connection: Connection, request: Forwarded) -> CIMultiDict[str]:
    """CredentialMissing where there is none: nothing is opened, nor sent, without a credential."""
    credential = connection.identity.headers()
    headers = CIMultiDict((name.decode("ascii"), _decode(value)) for name, value in request.headers)
    if request.upgrade:
        headers.add("Connection", "Upgrade")
        headers.add("Upgrade", request.upgrade)
    if request.length is not None:
        headers["Content-Length"] = str(request.length)
    headers.update(credential)
    return headers


def _decode(value: bytes) -> str:
    """aiohttp writes headers as UTF-8."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin1")


async def _request(
    session: aiohttp.ClientSession, connection: Connection, request: Forwarded, headers: CIMultiDict[str]
) -> aiohttp.ClientResponse:
    server = connection.server
    address = yarl.URL(server.url.rstrip("/") + request.target.path_and_query, encoded=True)
    async with asyncio.timeout(request.head_seconds):
        response = await session.request(
            request.method,
            address,
            data=request.body or None,
            headers=headers,
            skip_auto_headers=AUTOMATIC,
            allow_redirects=False,
            auto_decompress=False,
            middlewares=(),
            server_hostname=server.tls_server_name or None,
            proxy=server.proxy_url or None,
        )
    breaker.record_response(server)
    return response
