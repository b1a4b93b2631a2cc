"""Gate: a proxy between dashboard and API server that injects faults on demand."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.clusters.api.faults import (
    AUTHORITY,
    Behaviour,
    FaultServer,
    Hangup,
    Request,
    Wire,
    _build_ssl_context,
)
from tests.controlplane.certificates import Pair
from tests.controlplane.controlplane import ControlPlane

Match = Callable[[Request], bool]
HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


def is_watch(request: Request) -> bool:
    return "watch" in parse_qs(urlsplit(request.target).query)


def is_list(request: Request) -> bool:
    """A whole page of a list: not the one row by which a feed finds out how far the API server is."""
    query = parse_qs(urlsplit(request.target).query)
    return "limit" in query and "includeObject" not in query


def is_read(request: Request) -> bool:
    """All of a feed's requests, whatever it does."""
    return "limit" in urlsplit(request.target).query or is_watch(request)


def has_word(word: str) -> Match:
    """Requests with this word in their path."""
    return lambda request: word in urlsplit(request.target).path


def any_request(_request: Request) -> bool:
    return True


def is_not_health_check(request: Request) -> bool:
    return urlsplit(request.target).path != "/readyz"


@dataclass
class Fault:
    """A behaviour that stands in for the API server while it is on; `hits` counts what met it."""

    match: Match
    behaviour: Behaviour
    hits: int = 0


class Gate(FaultServer):
    """A TLS-terminating proxy before one API server: people come by token, since certificates end here."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(self._pass)
        self._plane = plane
        self._trust = ssl.create_default_context(cadata=plane.ca)
        self._faults: list[Fault] = []
        self._is_frozen = threading.Event()

    @contextmanager
    def inject(self, match: Match, behaviour: Behaviour) -> Iterator[Fault]:
        """In the block, requests that match meet the behaviour."""
        one = Fault(match, behaviour)
        self._faults.append(one)
        try:
            yield one
        finally:
            self._faults.remove(one)

    @contextmanager
    def freeze(self) -> Iterator[None]:
        """In the block nothing passes, in open connections neither, and nothing says so; those stay dead after it."""
        self._is_frozen.set()
        try:
            yield
        finally:
            self._is_frozen.clear()

    def cut(self) -> None:
        """Break every open connection in the middle of whatever it carries."""
        with self._lock:
            opened = list(self._open)
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def set_certificate(self, pair: Pair) -> None:
        """Show another certificate from now on, and break what was opened under the last one."""
        self._context = _build_ssl_context(pair, "")
        self.cut()

    def set_short_certificate(self, seconds: int) -> None:
        """Show a certificate that ends in so many seconds."""
        self.set_certificate(AUTHORITY.server(seconds=seconds))

    def _pass(self, wire: Wire) -> None:
        if self._is_frozen.is_set():
            self._wait_while_frozen(wire)
        for one in list(self._faults):
            if one.match(wire.request):
                one.hits += 1
                one.behaviour(wire)
                return
        self._forward(wire)

    def _wait_while_frozen(self, wire: Wire) -> None:
        """Neither an answer nor an end, for as long as the connection lives."""
        wire.closing.wait(600)
        raise Hangup

    def _forward(self, wire: Wire) -> None:
        there = urlsplit(self._plane.server)
        onward = http.client.HTTPSConnection(
            there.hostname or "", there.port, context=self._trust, timeout=600
        )
        try:
            headers = {
                name: value for name, value in wire.request.headers.items() if name not in (*HOP, "host")
            }
            onward.request(wire.request.method, wire.request.target, wire.request.body or None, headers)
            answer = onward.getresponse()
            self._relay(wire, answer)
        except (http.client.HTTPException, OSError) as broken:
            raise Hangup from broken
        finally:
            onward.close()

    def _relay(self, wire: Wire, answer: http.client.HTTPResponse) -> None:
        kept = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in HOP]
        head = [f"HTTP/1.1 {answer.status} {answer.reason}", *kept, "Transfer-Encoding: chunked", "", ""]
        wire.send("\r\n".join(head).encode("latin-1"))
        while part := answer.read1(65536):
            if self._is_frozen.is_set():
                self._wait_while_frozen(wire)
            wire.chunk(part)
        if self._is_frozen.is_set():
            self._wait_while_frozen(wire)
        wire.send(b"0\r\n\r\n")
