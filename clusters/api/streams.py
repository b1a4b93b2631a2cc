"""Streaming client: async calls, byte streams, watches and WebSockets over aiohttp, one session per credential."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from clusters.api import deprecations
from clusters.api.async_sessions import SessionPool
from clusters.api.byte_streams import (
    BODY_LIMIT,
    HEAD_SECONDS,
    ByteStream,
    Call,
    Query,
    StreamLimits,
    classify_errors,
    limit_time,
    read_error,
)
from clusters.api.circuit_breaker import breaker
from clusters.api.connection import Connection
from clusters.api.fair_slots import FairSlots, SlotLimits
from clusters.api.metrics import RequestTimer
from clusters.api.tables import TABLE_ACCEPT
from clusters.api.token_redaction import redact_line
from clusters.api.websockets import WebSocket, open_websocket

# Calls in progress, and streams until their head is there, in one event loop. Access reviews never wait behind lists.
CALL_SLOTS = SlotLimits(total=256, per_user=32, per_cluster=48, per_both=8, max_wait=60.0)
REVIEW_SLOTS = SlotLimits(total=256, per_user=40, per_cluster=40, per_both=10, max_wait=10.0)
WITHOUT_SLOT = frozenset(
    {"/readyz", "/version"}
)  # whether a cluster responds is not known from what waits there


class Streams:
    """The open streams of one event loop: one aiohttp session for each credential, never shared by two.

    Calls wait for a slot before their own time begins: of one user at one cluster a few are in progress at once.
    """

    def __init__(self, sessions: SessionPool | None = None, call_slots: SlotLimits = CALL_SLOTS) -> None:
        self._sessions = sessions if sessions is not None else SessionPool()
        self.call_slots = FairSlots(call_slots)
        self._review_slots = FairSlots(REVIEW_SLOTS)

    async def get(
        self,
        connection: Connection,
        path: str,
        query: Query = (),
        *,
        accept: str = "application/json",
        timeout: float = 15.0,  # noqa: ASYNC109 - the caller's bound for the whole call
        max_bytes: int | None = None,
    ) -> bytes:
        """The body of a GET, at most `max_bytes` (64 MiB), or an ApiError."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        limits = StreamLimits(head_seconds=None, total_seconds=timeout, max_bytes=max_bytes or BODY_LIMIT)
        return await self._fetch(Call(connection, "GET", path, query), headers, limits)

    async def post(
        self,
        connection: Connection,
        path: str,
        body: Mapping[str, Any],
        query: Query = (),
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - the caller's bound for the whole call
    ) -> bytes:
        """The body of the answer to a POST of `body` as JSON, or an ApiError."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
        }
        call = Call(connection, "POST", path, query)
        limits = StreamLimits(head_seconds=None, total_seconds=timeout, max_bytes=BODY_LIMIT)
        return await self._fetch(call, headers, limits, msgspec.json.encode(body))

    @asynccontextmanager
    async def open_stream(
        self,
        connection: Connection,
        path: str,
        query: Query = (),
        *,
        accept: str = "*/*",
        limits: StreamLimits = StreamLimits(),  # noqa: B008 - frozen
    ) -> AsyncIterator[ByteStream]:
        """The body of a GET (a log, a watch, anything) as it arrives, or an ApiError.

        Leaving the block closes the connection, unless the body was read to its end.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        call = Call(connection, "GET", path, query)
        async with AsyncExitStack() as stack:
            async with self._acquire_slot(call, lasts=limits.head_seconds is None):
                timer = stack.enter_context(RequestTimer(connection.cluster, "GET", path, query))
                stream = await stack.enter_async_context(self._send(call, headers, limits))
                timer.finish(stream.status)  # once it has begun, how long it lasts says nothing of the server
            yield stream

    async def watch(
        self,
        connection: Connection,
        path: str,
        query: Query,
        *,
        accept: str = TABLE_ACCEPT,
        head_seconds: float | None = HEAD_SECONDS,
        open_callback: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[bytes, None]:
        """Lines without their newline, until the server ends the stream; a cut last line is dropped.

        There is no time-out between lines: an idle watch is silent, so feeds check health too.
        A premature end is StreamBroken. Close it (`contextlib.aclosing`), or its connection stays open.
        `open_callback` is called when the head is there, which for an idle watch is long before its first line.
        """
        limits = StreamLimits(head_seconds=head_seconds)
        async with self.open_stream(connection, path, query, accept=accept, limits=limits) as stream:
            open_callback()
            async for line in stream.lines():
                yield redact_line(line, connection.identity)

    @asynccontextmanager
    async def open_websocket(
        self,
        connection: Connection,
        path: str,
        query: Query = (),
        *,
        protocols: Sequence[str],
        limits: StreamLimits = StreamLimits(),  # noqa: B008 - frozen
        audit_id: str = "",
    ) -> AsyncIterator[WebSocket]:
        """The WebSocket of exec, attach or port-forward, with one of `protocols`; or the error of its refusal.

        `audit_id` is what the API server's own audit log is to call the request: a granted upgrade does not say.
        Leaving the block closes it.
        """
        call = Call(connection, "GET", path, query)
        async with AsyncExitStack() as stack:
            timer = stack.enter_context(RequestTimer(connection.cluster, "GET", path, query))
            await stack.enter_async_context(limit_time(call, limits.total_seconds))
            with classify_errors(call):
                call.add_credential({})  # before anything is opened: nothing is sent without a credential
                session = await stack.enter_async_context(self._sessions.use(connection, upgrades=True))
                headers = {"Audit-ID": audit_id} if audit_id else {}
                socket = await open_websocket(session, call, protocols, limits, headers)
            timer.finish(101)
            yield await stack.enter_async_context(socket)

    async def close(self) -> None:
        """Close all sessions, and with them all streams."""
        await self._sessions.close()

    async def forget(self, fingerprint: str) -> None:
        """Close the session of a credential that was changed or revoked, and what still streams over it."""
        await self._sessions.forget(fingerprint)

    async def _fetch(
        self, call: Call, headers: Mapping[str, str], limits: StreamLimits, content: bytes | None = None
    ) -> bytes:
        async with self._acquire_slot(call):
            with RequestTimer(call.connection.cluster, call.method, call.path, call.query) as timer:
                async with self._send(call, headers, limits, content) as stream:
                    body = await stream.read_all()
                timer.finish(stream.status)
        return body

    @asynccontextmanager
    async def _acquire_slot(self, call: Call, *, lasts: bool = False) -> AsyncIterator[None]:
        """A slot for this call; none for one whose head comes when it pleases."""
        if lasts or call.path in WITHOUT_SLOT:
            yield
            return
        slots = self._review_slots if call.method == "POST" else self.call_slots
        async with slots.acquire(call.connection.person, call.connection.cluster):
            yield

    @asynccontextmanager
    async def _send(
        self, call: Call, headers: Mapping[str, str], limits: StreamLimits, content: bytes | None = None
    ) -> AsyncIterator[ByteStream]:
        """The body of a response with a good status, or an ApiError."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(limit_time(call, limits.total_seconds))
            with classify_errors(call):
                sent = call.add_credential(headers)  # nothing is opened, nor sent, without a credential
                session = await stack.enter_async_context(self._sessions.use(call.connection))
                response = await _request(session, call, sent, limits, content)
            await stack.enter_async_context(response)
            yield ByteStream(call, response, limits)


async def _request(
    session: aiohttp.ClientSession,
    call: Call,
    headers: Mapping[str, str],
    limits: StreamLimits,
    content: bytes | None,
) -> aiohttp.ClientResponse:
    """The response, its body unread; raises the error of a bad status."""
    server = call.connection.server
    async with asyncio.timeout(limits.head_seconds):
        response = await session.request(
            call.method,
            call.address,
            data=content,
            headers=headers,
            allow_redirects=False,
            server_hostname=server.tls_server_name or None,
            proxy=server.proxy_url or None,
        )
    breaker.record_response(server)
    if response.status >= 300:
        async with response, asyncio.timeout(HEAD_SECONDS):
            raise await read_error(response)
    texts = deprecations.read_warnings(response.headers.getall("Warning", []))
    deprecations.note_warnings(call.connection, call.method, call.path, texts)
    return response
