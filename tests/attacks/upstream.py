"""What reached the cluster? A recorder in front of an API server, and one that only says where else to go."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.clusters.api.faults import FaultServer, Hangup, Request, Wire
from tests.simulated import Plane

READS = frozenset({"GET", "HEAD"})
REVIEWS = ("/selfsubjectaccessreviews", "/selfsubjectrulesreviews", "/selfsubjectreviews")


@dataclass
class Seen:
    """What reached a server while somebody watched: its requests, and the connections that were opened."""

    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def is_nothing(self) -> bool:
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

    def said_by(self, token: str) -> list[str]:
        """The requests that carried this token."""
        return [
            f"{one.method} {one.target}"
            for one in self.requests
            if one.headers.get("authorization") == f"Bearer {token}"
        ]

    def __str__(self) -> str:
        made = ", ".join(f"{one.method} {one.target}" for one in self.requests)
        return f"{self.connections} connections; {made or 'no request'}"


class Watched(FaultServer):
    """A fault server that says what reached it within a `with` block."""

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        seen, before, connections = Seen(), len(self.requests), self.connections
        try:
            yield seen
        finally:
            seen.requests, seen.connections = self.requests[before:], self.connections - connections


class Recorder(Watched):
    """Hands each request on to an API server as it came, and the answer back; each over a connection of its own.

    Tokens only: a client certificate would belong to the connection that ends here.
    """

    def __init__(self, plane: Plane) -> None:
        super().__init__(self._forward)
        self.plane = plane
        self._onward = ssl.create_default_context(cadata=plane.ca)
        self._under_way: set[socket.socket] = set()

    def __exit__(self, *raised: object) -> None:
        for one in list(self._under_way):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        super().__exit__(*raised)

    def _forward(self, wire: Wire) -> None:
        host, port = urlsplit(self.plane.server).hostname, urlsplit(self.plane.server).port
        with (
            socket.create_connection((host, port), 30) as raw,
            self._onward.wrap_socket(raw, server_hostname=host) as onward,
        ):
            onward.settimeout(None)
            self._under_way.add(onward)
            try:
                onward.sendall(_head(wire.request) + wire.request.body)
                while part := onward.recv(65536):
                    wire.send(part)
            finally:
                self._under_way.discard(onward)
        raise Hangup


def _head(request: Request) -> bytes:
    kept = [line for line in request.lines if not line.lower().startswith("connection:")]
    return "\r\n".join(
        [f"{request.method} {request.target} HTTP/1.1", *kept, "Connection: close", "", ""]
    ).encode("latin-1")
