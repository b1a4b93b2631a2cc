"""Recorder: a proxy before an API server that notes which requests and connections reach it."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.clusters.api.faults import FaultServer, Hangup, Request, Wire
from tests.simulated_cluster import Plane

READS = frozenset({"GET", "HEAD"})
REVIEWS = ("/selfsubjectaccessreviews", "/selfsubjectrulesreviews", "/selfsubjectreviews")


@dataclass
class ReceivedRequests:
    """What reached a server while somebody watched: its requests, and the connections that were opened."""

    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.requests and not self.connections

    @property
    def writes(self) -> list[str]:
        """Requests that could change something: neither a read nor a question about oneself."""
        return [
            f"{one.method} {one.target}"
            for one in self.requests
            if one.method not in READS
            and not (one.method == "POST" and urlsplit(one.target).path.endswith(REVIEWS))
        ]

    def with_token(self, token: str) -> list[str]:
        """The requests that carried this token."""
        return [
            f"{one.method} {one.target}"
            for one in self.requests
            if one.headers.get("authorization") == f"Bearer {token}"
        ]

    def __str__(self) -> str:
        made = ", ".join(f"{one.method} {one.target}" for one in self.requests)
        return f"{self.connections} connections; {made or 'no request'}"


class RecordingServer(FaultServer):
    """A fault server that says what reached it within a `with` block."""

    @contextmanager
    def record(self) -> Iterator[ReceivedRequests]:
        seen, before, connections = ReceivedRequests(), len(self.requests), self.connections
        try:
            yield seen
        finally:
            seen.requests, seen.connections = self.requests[before:], self.connections - connections


class Recorder(RecordingServer):
    """Hands each request on to an API server as it came, and the answer back; each over a connection of its own.

    An upgraded connection carries both directions. Tokens only: a client certificate would belong to the connection
    that ends here.
    """

    def __init__(self, plane: Plane) -> None:
        super().__init__(self._forward)
        self.plane = plane
        self._upstream_context = ssl.create_default_context(cadata=plane.ca)
        self._upstream_sockets: set[socket.socket] = set()

    def __exit__(self, *raised: object) -> None:
        for one in list(self._upstream_sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        super().__exit__(*raised)

    def _forward(self, wire: Wire) -> None:
        host, port = urlsplit(self.plane.server).hostname, urlsplit(self.plane.server).port
        with (
            socket.create_connection((host, port), 30) as raw,
            self._upstream_context.wrap_socket(raw, server_hostname=host) as onward,
        ):
            onward.settimeout(None)
            self._upstream_sockets.add(onward)
            try:
                onward.sendall(_build_head(wire.request) + wire.request.body)
                if "upgrade" in wire.request.headers:
                    _relay(wire.socket, onward)
                while part := onward.recv(65536):
                    wire.send(part)
            finally:
                self._upstream_sockets.discard(onward)
        raise Hangup


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Both directions, until either side ends; in one thread, since a TLS connection is not for two."""
    ends = {one: other, other: one}
    while True:
        pending = [end for end in ends if isinstance(end, ssl.SSLSocket) and end.pending()]
        for source in pending or select.select(list(ends), [], [])[0]:
            part = source.recv(65536)
            if not part:
                raise Hangup
            ends[source].sendall(part)


def _build_head(request: Request) -> bytes:
    if "upgrade" in request.headers:
        head = [f"{request.method} {request.target} HTTP/1.1", *request.lines, "", ""]
        return "\r\n".join(head).encode("latin-1")
    kept = [line for line in request.lines if not line.lower().startswith("connection:")]
    return "\r\n".join(
        [f"{request.method} {request.target} HTTP/1.1", *kept, "Connection: close", "", ""]
    ).encode("latin-1")
