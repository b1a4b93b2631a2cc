"""Streaming client: watches and async calls to API servers over aiohttp, one session per credential."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import yarl

from clusters.api import circuit_breaker, last_denied
from clusters.api.async_sessions import new_session
from clusters.api.connection import USER_AGENT, Connection
from clusters.api.errors import ApiError, Busy, NotKubernetes, ResponseTooLarge, StreamBroken, error_from
from clusters.api.paths import url
from clusters.api.tables import TABLE_ACCEPT
from clusters.api.token_redaction import redact_error, redact_line
from clusters.api.transport_errors import transport_error

MEBIBYTE = 1024 * 1024
LINE_LIMIT = 16 * MEBIBYTE
HEAD_SECONDS = 30.0
_BODY_LIMIT = 64 * MEBIBYTE
_MAX_IDLE_SESSIONS = 256
_OPEN = 1024
_Query = Sequence[tuple[str, str]]


@dataclass
class _PooledSession:
    session: aiohttp.ClientSession
    fingerprint: str
    users: int = 0
    used: float = field(default_factory=time.monotonic)


class Streams:
    """The open streams of one event loop: one aiohttp session for each credential, never shared by two."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[object, ...], _PooledSession] = OrderedDict()

    async def get(
        self,
        connection: Connection,
        path: str,
        query: _Query = (),
        *,
        accept: str = "application/json",
        timeout: float = 15.0,  # noqa: ASYNC109 - the caller's bound for the whole call
    ) -> bytes:
        """The body of a GET, at most 64 MiB, or an ApiError."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        return await self._call(connection, "GET", path, query, headers=headers, seconds=timeout)

    async def post(
        self,
        connection: Connection,
        path: str,
        body: Mapping[str, Any],
        query: _Query = (),
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - the caller's bound for the whole call
    ) -> bytes:
        """The body of the answer to a POST of `body` as JSON, or an ApiError."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
        }
        return await self._call(
            connection,
            "POST",
            path,
            query,
            headers=headers,
            content=msgspec.json.encode(body),
            seconds=timeout,
        )

    async def watch(
        self,
        connection: Connection,
        path: str,
        query: _Query,
        *,
        accept: str = TABLE_ACCEPT,
        head_seconds: float | None = HEAD_SECONDS,
        open_callback: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[bytes, None]:
        """Lines without their newline, until the server ends the stream; a cut last line is dropped.

        There is no time-out between lines: an idle watch is silent, so feeds check health too.
        A premature end is StreamBroken. Close it (`contextlib.aclosing`), or its connection stays open.
        `head_seconds` is None where the head itself comes late (`follow` of a log without a line); `opened` is
        called when it is there, which for an idle watch is long before its first line.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        async with self._response(
            connection, "GET", path, query, headers=headers, head_seconds=head_seconds
        ) as found:
            open_callback()
            async for line in _lines(found.content):
                yield redact_line(line, connection.identity)

    async def close(self) -> None:
        """Close all sessions, and with them all streams."""
        kept, self._sessions = list(self._sessions.values()), OrderedDict()
        for one in kept:
            await one.session.close()

    async def forget(self, fingerprint: str) -> None:
        """Close the session of a credential that was changed or revoked, and what still streams over it."""
        for key in [key for key, kept in self._sessions.items() if kept.fingerprint == fingerprint]:
            await self._sessions.pop(key).session.close()

    async def _call(
        self,
        connection: Connection,
        method: str,
        path: str,
        query: _Query,
        *,
        headers: dict[str, str],
        seconds: float,
        content: bytes | None = None,
    ) -> bytes:
        try:
            async with (
                asyncio.timeout(seconds),
                self._response(
                    connection, method, path, query, headers=headers, head_seconds=None, content=content
                ) as found,
            ):
                return await _body(found)
        except TimeoutError as late:
            raise transport_error(late, method, path) from None

    @asynccontextmanager
    async def _response(
        self,
        connection: Connection,
        method: str,
        path: str,
        query: _Query,
        *,
        headers: dict[str, str],
        head_seconds: float | None,
        content: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response with a good status; whatever fails, also while its body is read, is an ApiError."""
        try:
            address = yarl.URL(url(connection.server, path, query), encoded=True)
            connection.identity.headers()  # before anything is opened: nothing is sent without a credential
            async with self._session(connection) as session:
                async with asyncio.timeout(head_seconds):
                    response = await session.request(
                        method,
                        address,
                        data=content,
                        headers={**headers, "User-Agent": USER_AGENT, **connection.identity.headers()},
                        allow_redirects=False,
                        server_hostname=connection.server.tls_server_name or None,
                        proxy=connection.server.proxy_url or None,
                    )
                circuit_breaker.record_response(connection.server)
                async with response:
                    if response.status >= 300:
                        raise error_from(response.status, response.headers, await _body(response))
                    yield response
        except ApiError as error:
            error.method, error.path = method, path
            redact_error(error, connection.identity)
            last_denied.note_error(connection.fingerprint, error)
            if connection.error_callback is not None:
                connection.error_callback(method, path, query, error)
            raise
        except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError, ssl.SSLError) as raised:
            # Not chained: what aiohttp raises holds the request, and with it the token.
            raise transport_error(raised, method, path) from None

    @asynccontextmanager
    async def _session(self, connection: Connection) -> AsyncIterator[aiohttp.ClientSession]:
        kept = self._acquire(connection)
        kept.users += 1
        try:
            yield kept.session
        finally:
            kept.users -= 1
            kept.used = time.monotonic()
            await self._tidy()

    def _acquire(self, connection: Connection) -> _PooledSession:
        key = (connection.cluster, connection.fingerprint, connection.server, connection.identity)
        kept = self._sessions.get(key)
        if kept is None:
            if len(self._sessions) >= _OPEN:
                raise Busy(retry_after=1.0)
            kept = self._sessions[key] = _PooledSession(new_session(connection), connection.fingerprint)
        self._sessions.move_to_end(key)
        return kept

    async def _tidy(self) -> None:
        """Give up the sessions that were idle longest; those with open streams stay."""
        excess = len(self._sessions) - _MAX_IDLE_SESSIONS
        idle = [key for key, kept in self._sessions.items() if not kept.users] if excess > 0 else []
        for key in idle[:excess]:
            await self._sessions.pop(key).session.close()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > _BODY_LIMIT:
            raise ResponseTooLarge(status=response.status)
        parts.append(part)
    return b"".join(parts)


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Whole lines, of at most 16 MiB; aiohttp's own readline stops at 64 KiB."""
    waiting = bytearray()
    while part := await _part(content):
        searched = len(waiting)
        waiting += part
        start = 0
        while (end := waiting.find(b"\n", max(start, searched))) >= 0:
            if end > start:
                yield bytes(waiting[start:end])
            start = end + 1
        del waiting[:start]
        if len(waiting) > LINE_LIMIT:
            raise NotKubernetes("A line of the stream is longer than 16 MiB.")


async def _part(content: aiohttp.StreamReader) -> bytes:
    """What came next, or nothing at the end."""
    try:
        return await content.readany()
    except RuntimeError as closed:  # aiohttp's word for a session that was closed meanwhile
        raise StreamBroken() from closed
