"""How large may a request be, and where does it wait for its end? In memory, under a bound: there are keys in it.

Twisted would put a body of more than 100 kB into a file, however long it is, and Daphne hands it on when all of it is
there. So it is kept here, and what is announced as too large, or turns out so, is answered before it has arrived.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

# Bytes: the API server takes 3 MiB; a little more gets a page that says what is too large.
MOST = 4 * 1024 * 1024
DROPPED = 16 * 1024 * 1024  # bytes that are still read, so that the sender comes to read the answer
ANSWER = b"This request is larger than this server takes (4 MiB).\n"
HEAD = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
)


class BoundedRequest(WebRequest):  # type: ignore[misc] # daphne has no types
    """A request whose body is never in a file and never larger than MOST."""

    too_large = False
    dropped = 0

    def __init__(self, *args: Any, **named: Any) -> None:
        """Nobody reads what Twisted would make of a form: many small fields take a hundred times their size."""
        super().__init__(*args, **named, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        """The head is there; `length` is None for a body in chunks."""
        self.content = BytesIO()
        if length is not None and length > MOST:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        if not self.too_large and self.content.tell() + len(data) <= MOST:
            self.content.write(data)
            return
        if not self.too_large:
            self._refuse()
        self.dropped += len(data)
        if self.dropped > DROPPED:
            self.channel.transport.abortConnection()

    def process(self) -> Any:
        if not self.too_large:
            return super().process()
        self.channel.loseConnection()
        return None

    def _refuse(self) -> None:
        self.too_large = True
        self.content = BytesIO()
        self.channel.transport.write(HEAD % len(ANSWER) + ANSWER)


class BoundedFactory(HTTPFactory):  # type: ignore[misc] # daphne has no types
    """Daphne's, with requests that are bounded."""

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol
