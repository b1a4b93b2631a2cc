"""Connections: slow heads, held bodies and many connections of one address keep nobody else out (class 50)."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from ipaddress import ip_network
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from dashboard.connections import (
    RESERVED_FILES,
    ConnectionLimiter,
    ConnectionLimits,
    LimitedConnection,
    raise_file_limit,
)
from dashboard.lifecycle.server import QuarterdeckServer
from dashboard.request_bodies import BoundedFactory
from dashboard.timings import ConnectionTimings
from tests.attacks.test_class_47_inbound_messages import HANDSHAKE
from tests.dashboard_server import DashboardServer

MEBIBYTE = 1024 * 1024
LIMIT = 60  # connections of one address
STRANGER = "127.0.0.2"
TIMINGS = ConnectionTimings(head=10, body=20, close=5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardServer]:
    served = DashboardServer(
        tmp_path_factory.mktemp("connections"),
        QUARTERDECK_MAX_CONNECTIONS=str(LIMIT),
        DJANGO_SETTINGS_MODULE="tests.attacks.impatient_settings",
    ).start()
    try:
        yield served
    finally:
        served.stop()


def connect(server: DashboardServer, *, source: str = STRANGER) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 30, source_address=(source, 0))


def is_closed(wire: socket.socket) -> bool:
    """Whether the server has closed it, or sends something and then closes it."""
    wire.settimeout(0.2)
    try:
        while wire.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def measure_page(server: DashboardServer) -> float:
    began = time.monotonic()
    assert server.client().get(server.url + "/people/sign-in/", timeout=30).status_code == 200
    return time.monotonic() - began


def test_an_address_has_a_bounded_number_of_connections(server: DashboardServer) -> None:
    """Those that send nothing and those that send half a head."""
    with ExitStack() as stack:
        wires = [stack.enter_context(connect(server)) for _ in range(LIMIT + 40)]
        for number, wire in enumerate(wires):
            with suppress(OSError):
                wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"G")
        closed = [is_closed(wire) for wire in wires[LIMIT:]]
        assert closed == [True] * 40
        assert measure_page(server) < 10


def test_heads_that_never_end_are_closed(server: DashboardServer) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(connect(server)) for _ in range(20)]
        for wire in wires:
            wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answers, began = set(), time.monotonic()
        while time.monotonic() - began < 25 and len(answers) < len(wires):
            for number, wire in enumerate(wires):
                with suppress(OSError):
                    wire.sendall(b"X-Slow: 1\r\n")
                wire.settimeout(0.05)
                with suppress(TimeoutError, OSError):
                    if wire.recv(65536).startswith(b"HTTP/1.1 408 Request Timeout\r\n"):
                        answers.add(number)
        assert len(answers) == len(wires)
        assert time.monotonic() - began >= 1


def test_held_bodies_take_little_and_end(server: DashboardServer) -> None:
    """Three hundred of almost 4 MiB each, from five addresses, which are never sent to their end."""
    before = server.read_memory()
    head = b"POST /people/sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4194000\r\n\r\n"
    part = b"x" * (2 * MEBIBYTE)
    with ExitStack() as stack:
        wires = []
        for number in range(300):
            with suppress(OSError):
                wire = stack.enter_context(connect(server, source=f"127.0.0.{2 + number % 5}"))
                wire.settimeout(2)
                wire.sendall(head + part)
                wires.append(wire)
        assert len(wires) > 50
        assert server.read_memory() - before < 200 * MEBIBYTE
        assert measure_page(server) < 10
        answers = [read_some(wire) for wire in wires]
    statuses = {answer.split(b" ")[1] for answer in answers if answer}
    assert b"503" in statuses
    assert statuses <= {b"503", b"408"}


def read_some(wire: socket.socket) -> bytes:
    with suppress(OSError):
        return wire.recv(65536)
    return b""


def test_what_was_refused_is_taken_later(server: DashboardServer) -> None:
    client = server.client("ada")
    response = client.post(server.url + "/people/sign-in/", data=b"x" * 3 * MEBIBYTE, timeout=30)
    assert response.status_code != 503


# --- the protocol, with a clock that the test moves


class Transport(StringTransport):
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = self.disconnecting = True

    def setTcpNoDelay(self, enabled: bool) -> None: ...


class Opened:
    """A limiter before Daphne's own protocols; no application answers."""

    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.daphne = QuarterdeckServer(None, endpoints=["tcp:0"], welcome=lambda _address, _port: "")
        self.daphne.connections = {}
        self.daphne.create_application = lambda _protocol, _scope: asyncio.Queue()
        self.limiter = ConnectionLimiter(
            BoundedFactory(self.daphne),
            ConnectionLimits(**{"per_address": 3, "total": 8, **limits}),
            lambda: TIMINGS,
            self.clock,
        )

    def connect(self, host: str = "192.0.2.1") -> LimitedConnection | None:
        address = IPv6Address("TCP", host, 1) if ":" in host else IPv4Address("TCP", host, 1)
        made = self.limiter.buildProtocol(address)
        if made is not None:
            made.makeConnection(Transport())
            made.wrappedProtocol.callLater = self.clock.callLater
        return made

    def end(self, connection: LimitedConnection) -> None:
        connection.connectionLost(Failure(ConnectionDone()))


def build_head(length: int = 0) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def test_the_time_of_a_head_does_not_begin_again_with_each_byte() -> None:
    opened = Opened()
    connection = opened.connect()
    assert connection is not None
    for _ in range(9):
        connection.dataReceived(b"G")
        opened.clock.advance(1)
    assert not connection.transport.disconnecting
    opened.clock.advance(1)
    assert connection.transport.value().startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert connection.transport.disconnecting
    opened.clock.advance(5)
    assert connection.transport.aborted


def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    opened = Opened()
    connection = opened.connect()
    assert connection is not None
    opened.clock.advance(10)
    assert connection.transport.disconnecting
    assert connection.transport.value() == b""


def test_a_body_has_a_time_of_its_own() -> None:
    opened = Opened()
    connection = opened.connect()
    assert connection is not None
    connection.dataReceived(build_head(100))
    for _ in range(19):
        connection.dataReceived(b"x")
        opened.clock.advance(1)
    assert not connection.transport.disconnecting
    opened.clock.advance(1)
    assert connection.transport.value().startswith(b"HTTP/1.1 408 ")


def test_an_application_can_take_its_time_and_the_next_head_has_its_own() -> None:
    opened = Opened()
    connection = opened.connect()
    assert connection is not None
    connection.dataReceived(build_head())
    (request,) = opened.daphne.connections
    opened.clock.advance(50)
    assert not connection.transport.disconnecting
    assert connection.is_busy
    request.handle_reply({"type": "http.response.start", "status": 204, "headers": []})
    request.handle_reply({"type": "http.response.body"})
    assert not connection.is_busy
    opened.clock.advance(30)
    assert not connection.transport.disconnecting, "kept for the next request, as long as Twisted does"
    connection.dataReceived(b"GET ")
    opened.clock.advance(9)
    assert not connection.transport.disconnecting
    opened.clock.advance(1)
    assert connection.transport.disconnecting


def test_a_websocket_is_not_ended() -> None:
    opened = Opened()

    opened.daphne.ws_factory = WebSocketFactory(opened.daphne, server="quarterdeck")
    connection = opened.connect()
    assert connection is not None
    connection.dataReceived(HANDSHAKE)
    opened.clock.advance(1000)
    assert connection.is_busy
    assert not connection.transport.disconnecting
    opened.end(connection)
    assert len(opened.limiter.protocols) == 0


def test_connections_are_counted_by_address_and_given_back() -> None:
    opened = Opened()
    three = [opened.connect() for _ in range(3)]
    assert opened.connect() is None
    assert opened.connect("192.0.2.2") is not None
    assert three[0] is not None
    opened.end(three[0])
    assert opened.connect() is not None


def test_a_network_of_ipv6_is_one_address() -> None:
    opened = Opened()
    assert all(opened.connect(f"2001:db8::{n}") for n in range(1, 4))
    assert opened.connect("2001:db8::ffff") is None
    assert opened.connect("2001:db8:0:1::1") is not None
    assert all(opened.connect("::ffff:192.0.2.7") for _ in range(3))
    assert opened.connect("192.0.2.7") is None


def test_a_trusted_proxy_stands_for_many() -> None:
    opened = Opened(exempt=(ip_network("10.0.0.0/8"),))
    assert all(opened.connect("10.1.2.3") for _ in range(8))
    assert opened.connect("10.1.2.3") is None, "all that there can be"
    assert opened.limiter.buildProtocol(UNIXAddress("/run/x")) is None


def test_where_all_are_taken_the_address_with_most_gives_way() -> None:
    """One without a request before one with."""
    opened = Opened(per_address=6)
    many = [opened.connect() for _ in range(6)]
    for one in many[:5]:
        assert one is not None
        one.dataReceived(build_head())
    assert all(opened.connect("192.0.2.2") for _ in range(2))
    assert opened.connect("192.0.2.3") is not None
    assert [one.transport.aborted for one in many if one is not None] == [False] * 5 + [True]
    assert many[5] is not None
    opened.end(many[5])
    assert opened.connect() is None, "whoever has most gets no more"


def test_bytes_of_bodies_are_bounded_in_all_and_by_address() -> None:
    opened = Opened(bodies=1000, bodies_per_address=600)
    first, second, third = opened.connect(), opened.connect(), opened.connect("192.0.2.2")
    assert first is not None
    assert second is not None
    assert third is not None
    for connection, size in ((first, 500), (second, 200), (third, 600)):
        connection.dataReceived(build_head(700) + b"x" * size)
    assert first.transport.value() == b""
    for refused in (second, third):
        assert refused.transport.value().startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Retry-After: 5" in refused.transport.value()
    opened.end(first)
    again = opened.connect()
    assert again is not None
    again.dataReceived(build_head(700) + b"x" * 600)
    assert again.transport.value() == b""


def test_as_many_files_are_opened_as_the_system_permits() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
        connections = raise_file_limit()
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert raised >= min(1024, hard)
        assert 0 < connections <= raised - min(RESERVED_FILES, raised // 2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_is_left_of_a_connection_that_is_lost() -> None:
    opened = Opened()
    for _ in range(100):
        connection = opened.connect()
        assert connection is not None
        connection.dataReceived(build_head(100) + b"x")
        opened.end(connection)
    limiter = opened.limiter
    assert (limiter.protocols, limiter._by_address, limiter._bodies) == ({}, {}, {})
    assert opened.clock.getDelayedCalls() == []


class Mirror(Protocol):
    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)


def test_it_passes_on_what_is_no_request_of_ours() -> None:
    clock = Clock()
    limiter = ConnectionLimiter(Factory.forProtocol(Mirror), ConnectionLimits(1, 1), lambda: TIMINGS, clock)
    connection = limiter.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
    assert connection is not None
    connection.makeConnection(Transport())
    connection.dataReceived(b"hello")
    assert connection.transport.value() == b"hello"
