"""Byte streams: the open body of a response, read part by part, with limits, size and classified errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
import yarl

from clusters.api import last_denied
from clusters.api.connection import USER_AGENT, Connection
from clusters.api.errors import ApiError, NotKubernetes, ResponseTooLarge, StreamBroken, error_from
from clusters.api.paths import url
from clusters.api.token_redaction import redact_error
from clusters.api.transport_errors import transport_error

MEBIBYTE = 1024 * 1024
BODY_LIMIT = 64 * MEBIBYTE
LINE_LIMIT = 16 * MEBIBYTE
HEAD_SECONDS = 30.0
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class StreamLimits:
    """Bounds of one stream; None is no bound.

    `head_seconds`: until the head is there; None where it comes late (`follow` of a log without a line).
    `idle_seconds`: each wait for the server's next bytes; how long the caller takes between them does not count.
    `total_seconds`: all of it, the caller's own time included. Each of the three ends in TimedOut.
    `max_bytes`: more, decoded, is ResponseTooLarge.
    `ping_seconds`: between two pings of a WebSocket, so that no proxy on the way takes it for idle: the API server
    itself never pings.
    """

    head_seconds: float | None = HEAD_SECONDS
    idle_seconds: float | None = None
    total_seconds: float | None = None
    max_bytes: int | None = None
    ping_seconds: float = 20.0

    def check_size(self, size: int) -> None:
        """Raise ResponseTooLarge where `size` bytes are too many."""
        if self.max_bytes is not None and size > self.max_bytes:
            raise ResponseTooLarge(f"It is larger than {self.max_bytes:,} bytes.")


@dataclass(frozen=True, repr=False)
class Call:
    """One request of a connection, as it is sent and as its errors name it."""

    connection: Connection
    method: str
    path: str
    query: Query = ()

    @property
    def address(self) -> yarl.URL:
        return yarl.URL(url(self.connection.server, self.path, self.query), encoded=True)

    def add_credential(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the user agent and the credential; CredentialMissing where there is none."""
        return {**headers, "User-Agent": USER_AGENT, **self.connection.identity.headers()}


class ByteStream:
    """The body of a successful response. A caller that reads slowly makes the server wait.

    About 0.5 MiB are buffered here, and what the sockets hold; the rest stays where it is until it is read.
    """

    def __init__(self, call: Call, response: aiohttp.ClientResponse, limits: StreamLimits) -> None:
        self._call = call
        self._response = response
        self._limits = limits
        self.size = 0  # bytes read so far, decoded

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers; names are found in any case."""
        return self._response.headers

    async def read(self) -> bytes:
        """The next bytes, as soon as there are any; none at the end. A premature end is StreamBroken."""
        with classify_errors(self._call):
            async with asyncio.timeout(self._limits.idle_seconds):
                part = await _read_part(self._response.content)
            self.size += len(part)
            self._limits.check_size(self.size)
        return part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self.read():
            yield part

    async def read_all(self) -> bytes:
        """What is left of the body; it is charged to the connection's account while it arrives."""
        account, charged = self._call.connection.account, 0
        parts = []
        try:
            async for part in self:
                with classify_errors(self._call):
                    account.charge(len(part))
                charged += len(part)
                parts.append(part)
            return b"".join(parts)
        finally:
            account.release(charged)

    async def lines(self) -> AsyncIterator[bytes]:
        """Whole lines of at most 16 MiB, without their newline; empty ones and a cut last one are dropped.

        aiohttp's own readline stops at 64 KiB. A line that is not whole is charged to the connection's account.
        """
        waiting = bytearray()
        account, charged = self._call.connection.account, 0
        try:
            while part := await self.read():
                searched = len(waiting)
                waiting += part
                start = 0
                while (end := waiting.find(b"\n", max(start, searched))) >= 0:
                    if end > start:
                        yield bytes(waiting[start:end])
                    start = end + 1
                del waiting[:start]
                with classify_errors(self._call):
                    account.move(charged, len(waiting))
                    charged = len(waiting)
                    if charged > LINE_LIMIT:
                        raise NotKubernetes("A line of the stream is longer than 16 MiB.")
        finally:
            account.release(charged)


async def read_error(response: aiohttp.ClientResponse) -> ApiError:
    """The error that a response with a bad status stands for, its body read."""
    parts, size = [], 0
    while part := await _read_part(response.content):
        size += len(part)
        if size > BODY_LIMIT:
            return ResponseTooLarge(status=response.status)
        parts.append(part)
    return error_from(response.status, response.headers, b"".join(parts))


@contextmanager
def classify_errors(call: Call) -> Iterator[None]:
    """Whatever fails in the block is an ApiError without the caller's token; those who listen for errors get it.

    Only what talks to the API server belongs into the block: an OSError of anything else would be mistaken for one.
    """
    connection = call.connection
    try:
        yield
    except ApiError as error:
        error.method, error.path = call.method, call.path
        redact_error(error, connection.identity)
        last_denied.note_error(connection.fingerprint, error)
        if connection.error_callback is not None:
            connection.error_callback(call.method, call.path, call.query, error)
        raise
    except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError, ssl.SSLError) as raised:
        # Not chained: what aiohttp raises holds the request, and with it the token.
        raise transport_error(raised, call.method, call.path) from None


@asynccontextmanager
async def limit_time(call: Call, seconds: float | None) -> AsyncIterator[None]:
    """The block ends after so many seconds, wherever it is, with TimedOut; a time-out of its own stays what it is."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as late:
        if limit.expired():
            raise transport_error(late, call.method, call.path) from None
        raise


async def _read_part(content: aiohttp.StreamReader) -> bytes:
    """What came next, or nothing at the end."""
    try:
        return await content.readany()
    except RuntimeError as closed:  # aiohttp's word for a session that was closed meanwhile
        raise StreamBroken() from closed
