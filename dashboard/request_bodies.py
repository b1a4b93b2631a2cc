"""Request body limit: bodies up to 4 MiB, kept in memory because they may contain keys.

Twisted would put a body of more than 100 kB into a file, however long it is, and Daphne hands it on when all of it is
there. So it is kept here, and what is announced as too large, or turns out so, is answered before it has arrived.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from weakref import WeakSet

from daphne.http_protocol import HTTPFactory, WebRequest

from dashboard.client_streams.streamed_requests import StreamedRequest, is_streamed
from dashboard.connections import LimitedConnection, build_response
from dashboard.monitoring.draining import draining
from dashboard.monitoring.request_ids import HEADER, generate_id, get_id_of_error
from dashboard.response_pacing import ResponsePace, begin_pacing, end_pacing

# Bytes: the API server takes 3 MiB; a little more gets a page that says what is too large.
MAX_BODY = 4 * 1024 * 1024
MAX_DROPPED = 16 * 1024 * 1024  # bytes that are still read, so that the sender comes to read the answer
TOO_LARGE = b"This request is larger than this server takes (4 MiB).\n"
BUSY = b"This server is receiving too many large requests. Try again in a moment.\n"


class BoundedRequest(WebRequest):  # type: ignore[misc] # daphne has no types
    """A request whose body is never in a file, never larger than MAX_BODY, and one of a bounded number of bytes."""

    is_refused = False
    dropped_bytes = 0
    request_id = ""
    streamed: StreamedRequest | None = None  # of the pass-through
    pace: ResponsePace | None = None  # of a response that is sent in parts

    def __init__(self, *args: Any, **named: Any) -> None:
        """Nobody reads what Twisted would make of a form: many small fields take a hundred times their size."""
        super().__init__(*args, **named, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        """The head is there; `length` is None for a body in chunks."""
        self.content = BytesIO()
        if self._connection is not None:
            self._connection.note_head()
        if is_streamed(self.channel._path):
            if self._connection is not None:
                self._connection.note_body()
            self.streamed = StreamedRequest(self)
            self.streamed.start()
            return
        if length is not None and length > MAX_BODY:
            self._refuse(b"413 Content Too Large", TOO_LARGE)

    def handleContentChunk(self, data: bytes) -> None:
        if self.streamed is not None:
            self.streamed.feed(data)
            return
        if not self.is_refused and self.content.tell() + len(data) > MAX_BODY:
            self._refuse(b"413 Content Too Large", TOO_LARGE)
        if not self.is_refused and self._connection is not None and not self._connection.take_body(len(data)):
            self._refuse(b"503 Service Unavailable", BUSY, b"Retry-After: 5")
        if not self.is_refused:
            self.content.write(data)
            return
        self.dropped_bytes += len(data)
        if self.dropped_bytes > MAX_DROPPED:
            self.channel.transport.abortConnection()

    def process(self) -> Any:
        if self.streamed is not None:
            self.streamed.end_body()
            return None
        if not self.is_refused:
            if self._connection is not None:
                self._connection.note_body()
            return super().process()
        self.channel.loseConnection()
        return None

    def handle_reply(self, message: dict[str, Any]) -> None:
        """While the process ends, a connection is closed after its answer, and says so."""
        if (
            message.get("type") == "http.response.start"
            and draining.is_under_way
            and self.channel is not None
        ):
            message = {**message, "headers": [*message.get("headers", ()), (b"Connection", b"close")]}
            self.channel.persistent = False
        super().handle_reply(message)
        has_more = message.get("type") == "http.response.body" and message.get("more_body")
        if has_more and self.pace is None and not self.finished and self.channel is not None:
            self.pace = begin_pacing(self)

    def finish(self) -> None:
        """First: behind it, the next request of this connection begins."""
        if self.streamed is not None and not self.streamed.may_finish():
            return
        if self.pace is not None:
            end_pacing(self)
            self.pace = None
        if self._connection is not None:
            self._connection.note_end()
        super().finish()

    def check_timeouts(self) -> None:
        """Daphne's time for a whole response is not for watches and execs, which last."""
        if self.streamed is None:
            super().check_timeouts()

    def handle_exception(self, exception: BaseException) -> None:
        self.request_id = get_id_of_error(exception)
        super().handle_exception(exception)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's own answer, where the application gave none."""
        self.setHeader(HEADER.encode(), (self.request_id or generate_id()).encode())
        super().basic_error(status, status_text, body)

    @property
    def _connection(self) -> LimitedConnection | None:
        """What counts it; None once the connection is lost, or is a WebSocket."""
        transport = getattr(self.channel, "transport", None)
        return transport if isinstance(transport, LimitedConnection) else None

    def _refuse(self, status: bytes, text: bytes, *headers: bytes) -> None:
        self.is_refused = True
        self.content = BytesIO()
        if self._connection is not None:
            self._connection.release_body()
        self.channel.transport.write(build_response(status, text, *headers))


class BoundedFactory(HTTPFactory):  # type: ignore[misc] # daphne has no types
    """Daphne's, with requests that are bounded; it knows its open connections."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self._connections: WeakSet[Any] = WeakSet()

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        self._connections.add(protocol)
        return protocol

    def close_idle_connections(self, *, with_unfinished: bool) -> int:
        """Close those without a request, and `with_unfinished` those with a request that is not all there.

        Returns how many are still open; those that have become WebSockets do not count.
        """
        open_ones = [one for one in self._connections if _is_open(one)]
        for one in open_ones:
            requests = one._channel.requests
            if not requests or (with_unfinished and requests[0].application_queue is None):
                one._channel.transport.loseConnection()
        return len(open_ones)


def _is_open(connection: Any) -> bool:
    """Whether it carries HTTP: a WebSocket takes the wire over from the channel."""
    transport = connection._channel.transport
    if isinstance(transport, LimitedConnection):
        return transport.wrappedProtocol is connection
    wire = getattr(transport, "_transport", transport)
    return bool(getattr(wire, "connected", False)) and wire.protocol is connection
