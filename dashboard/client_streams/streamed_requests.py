"""Streamed requests: the application begins when a request's head is there, and its connection can be taken over.

Daphne hands a request on when all of its body has arrived, and knows of no upgrade but WebSockets of its own. What goes
through the pass-through begins at its head: the body flows as fast as the application takes it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import unquote

from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES
from django.conf import settings
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from clusters.passthrough.raw_paths import PREFIX
from dashboard.client_streams.client_connections import EXTENSION

MAX_BUFFERED = 256 * 1024  # bytes that have arrived and are not used; then the client waits
MAX_DROPPED = (
    16 * 1024 * 1024
)  # bytes of a body that nobody wants, read so that the client comes to read the response


def is_streamed(target: bytes) -> bool:
    """Whether a request target belongs to the pass-through."""
    sub_path = settings.SUB_PATH.encode()
    return target.startswith(PREFIX) or bool(sub_path and target.startswith(sub_path + PREFIX))


class StreamedRequest:
    """What a `BoundedRequest` does differently for the pass-through; the ClientConnection of its application."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._waiting = 0  # bytes in the queue
        self._is_paused = False
        self._has_all = False
        self._is_over = False  # the response is complete
        self._dropped = 0
        self._raw: _RawConnection | None = None

    # --- what the request calls

    def start(self) -> None:
        """The head is there."""
        request, channel = self._request, self._request.channel
        request.method, request.uri, request.clientproto = channel._command, channel._path, channel._version
        request.path, _mark, request.query_string = request.uri.partition(b"?")
        request.client, request.host = channel.getPeer(), channel.getHost()
        request.client_addr = [str(getattr(request.client, "host", "")), getattr(request.client, "port", 0)]
        request.server_addr = [str(getattr(request.host, "host", "")), getattr(request.host, "port", 0)]
        request.client_scheme = "https" if request.isSecure() else "http"
        request.request_start = time.time()
        request.application_queue = self._queue
        if not _is_plain(request):
            self.is_refused = True
            request.basic_error(400, b"Bad Request", "Invalid header or target")
            return
        request.server.start_application(request, self._build_scope(), self._receive)

    def feed(self, content: bytes) -> None:
        """A part of the body."""
        if self._is_over:
            self._dropped += len(content)
            if self._dropped > MAX_DROPPED:
                self._request.channel.transport.abortConnection()
            return
        self._put(content, more_body=True)
        if self._waiting > MAX_BUFFERED and not self._is_paused:
            self._is_paused = True
            self._request.channel._networkProducer.pauseProducing()

    def end_body(self) -> None:
        """All of it has arrived."""
        self._has_all = True
        if self._is_over:
            self._request.finish()
            return
        self._put(b"", more_body=False)

    def may_finish(self) -> bool:
        """Whether the request can end now; where its body still arrives, it ends with that."""
        self._is_over = True
        self._resume()
        return self._has_all

    # --- ClientConnection

    @property
    def upgrade(self) -> str:
        values = self._request.requestHeaders.getRawHeaders(b"Upgrade") or [b""]
        wants_it = any(
            b"upgrade" in value.lower()
            for value in self._request.requestHeaders.getRawHeaders(b"Connection") or []
        )
        return values[0].decode("latin1") if wants_it and len(values) == 1 else ""

    def take_over(self) -> _RawConnection:
        request = self._request
        channel, transport = request.channel, request.channel.transport
        channel._networkProducer.unregisterProducer()
        rest = b"".join(channel._dataBuffer) + channel.clearLineBuffer()
        self._raw = _RawConnection(lambda: request.server.protocol_disconnected(request))
        transport.wrappedProtocol = self._raw
        self._raw.makeConnection(transport)  # type: ignore[no-untyped-call]
        if rest:
            self._raw.dataReceived(rest)
        channel._networkProducer.resumeProducing()
        return self._raw

    def abort(self) -> None:
        if self._raw is not None:
            self._raw.abort()
        elif (channel := getattr(self._request, "channel", None)) is not None:  # gone once it was answered
            channel.transport.abortConnection()

    # --- below: not for outsiders

    async def _receive(self) -> dict[str, Any]:
        message = await self._queue.get()
        self._waiting -= len(message.get("body", b""))
        if self._waiting <= MAX_BUFFERED // 2:
            self._resume()
        return message

    def _put(self, content: bytes, *, more_body: bool) -> None:
        self._waiting += len(content)
        self._queue.put_nowait({"type": "http.request", "body": content, "more_body": more_body})

    def _resume(self) -> None:
        channel = getattr(self._request, "channel", None)
        if self._is_paused and channel is not None:
            self._is_paused = False
            channel._networkProducer.resumeProducing()

    def _build_scope(self) -> dict[str, Any]:
        request = self._request
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": request.clientproto.split(b"/")[-1].decode("ascii"),
            "method": request.method.decode("ascii", "replace"),
            "path": unquote(request.path.decode("ascii")),
            "raw_path": request.path,
            "root_path": request.server.root_path,
            "scheme": request.client_scheme,
            "query_string": request.query_string,
            "headers": [
                (name.lower(), value)
                for name, values in request.requestHeaders.getAllRawHeaders()
                if b"_" not in name  # as Daphne does: CVE-2015-0219
                for value in values
            ],
            "client": request.client_addr,
            "server": request.server_addr,
            "extensions": {EXTENSION: self},
        }


@implementer(IPushProducer)
class _RawConnection(Protocol):
    """A client's connection after an upgrade; `ended` is called once when it is gone."""

    def __init__(self, ended: Any) -> None:
        self._ended = ended
        self._parts: list[bytes] = []
        self._buffered = 0
        self._is_paused = False
        self._is_gone = False
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    async def read(self) -> bytes:
        while not self._parts and not self._is_gone:
            self._arrived.clear()
            await self._arrived.wait()
        content, self._parts, self._buffered = b"".join(self._parts), [], 0
        if self._is_paused and not self._is_gone:
            self._is_paused = False
            self._wire.resumeProducing()
        return content

    async def write(self, content: bytes) -> None:
        if not self._is_gone:
            self._wire.write(content)
            await self._writable.wait()

    def close(self) -> None:
        if not self._is_gone:
            self._wire.unregisterProducer()
            self._wire.loseConnection()

    def abort(self) -> None:
        if not self._is_gone:
            self._wire.abortConnection()

    @property
    def _wire(self) -> Any:
        return self.transport

    # --- Twisted's

    def connectionMade(self) -> None:
        self._wire.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        self._parts.append(data)
        self._buffered += len(data)
        if self._buffered > MAX_BUFFERED and not self._is_paused:
            self._is_paused = True
            self._wire.pauseProducing()
        self._arrived.set()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_gone = True
        self._arrived.set()
        self._writable.set()
        self._ended()

    def pauseProducing(self) -> None:
        """The client does not take what was sent."""
        self._writable.clear()

    def resumeProducing(self) -> None:
        self._writable.set()

    def stopProducing(self) -> None:
        self._writable.set()


def _is_plain(request: Any) -> bool:
    """As Daphne checks each request before it is handed on."""
    if not request.uri.isascii() or not request.method.isalpha():
        return False
    for name, values in request.requestHeaders.getAllRawHeaders():
        if not HEADER_NAME_RE.fullmatch(name):
            return False
        if any(INVALID_HEADER_VALUE_BYTES.intersection(value) for value in values):
            return False
    return True
