"""Inbound messages: floods, pings, endless parts of messages, and any number of sockets cost nobody else (class 47)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from daphne.ws_protocol import WebSocketFactory
from playwright.sync_api import Page, expect
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from dashboard.lifecycle.server import QuarterdeckServer
from dashboard.live.consumer import LiveConsumer
from dashboard.live.inbound import (
    MAX_FRAME,
    TOO_MANY_MESSAGES,
    TOO_MANY_SOCKETS,
    InboundLimits,
    LimitedSocket,
    RateLimit,
    SocketCounts,
)
from tests.dashboard_server import DashboardServer
from tests.live.sockets import OpenSocket, Sockets, run

MEBIBYTE = 1024 * 1024
LIMIT = 8  # sockets of one user
LIVE_PAGE = "/people/audit/"
RENEWAL = json.dumps({"renew": "q=" + "x" * 15_000})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardServer]:
    """Without clusters: `stan`, who attacks, has none, and the page is the overview."""
    served = DashboardServer(tmp_path_factory.mktemp("inbound"), QUARTERDECK_MAX_SOCKETS=str(LIMIT)).start()
    try:
        yield served
    finally:
        served.stop()


async def read_to_the_end(opened: OpenSocket) -> int | None:
    """The close code, once the server has closed it."""
    while (await opened.socket.receive()).type is aiohttp.WSMsgType.TEXT:
        pass
    return opened.socket.close_code


async def flood(sockets: Sockets, session: str, message: str, seconds: float) -> list[int | None]:
    """Send as fast as it goes for so long, over a new socket wherever one is closed; the close codes."""
    codes, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        opened = await sockets.open(session, "/")
        reading = asyncio.create_task(read_to_the_end(opened))
        with suppress(ConnectionError, aiohttp.ClientError):
            while time.monotonic() < end and not reading.done():
                await opened.socket.send_str(message)
                await asyncio.sleep(0)  # to the task that reads
        if not reading.done():
            await opened.socket.close()
        codes.append(await reading)
    return codes


@pytest.mark.parametrize("message", [RENEWAL, '{"ack": 1}', '{"pause": true}'])
def test_a_socket_that_floods_is_closed_with_a_code_of_its_own(server: DashboardServer, message: str) -> None:
    session = server.session("stan")

    async def scenario() -> int | None:
        async with Sockets(server) as sockets:
            opened = await sockets.open(session, "/")
            with suppress(aiohttp.ClientError):
                for _ in range(150):
                    await opened.socket.send_str(message)
            return await read_to_the_end(opened)

    assert run(scenario) == TOO_MANY_MESSAGES


def test_floods_take_no_memory_and_cost_nobody_a_page(server: DashboardServer) -> None:
    """Four sockets, of 15 kB messages, which are opened again whenever they are closed."""
    sessions, client = [server.session("stan") for _ in range(2)], server.client("ada")
    assert client.get(server.url).status_code == 200
    before, waited = server.read_memory(), []

    async def scenario() -> None:
        async with Sockets(server) as sockets:
            floods = [
                asyncio.create_task(flood(sockets, session, RENEWAL, 6)) for session in sessions for _ in "12"
            ]
            while not all(one.done() for one in floods):
                began = time.monotonic()
                response = await asyncio.to_thread(client.get, server.url, timeout=60)
                waited.append(time.monotonic() - began)
                assert response.status_code == 200
            await asyncio.gather(*floods)

    run(scenario, 90)
    assert len(waited) >= 5
    assert server.read_memory() - before < 60 * MEBIBYTE
    assert sorted(waited)[len(waited) // 2] < 2, waited


def test_a_page_that_is_used_is_not_closed(server: DashboardServer) -> None:
    """Ten acknowledgements and five queries a second: more than any page sends."""
    session = server.session("stan")

    async def scenario() -> bool:
        async with Sockets(server) as sockets:
            opened = await sockets.open(session, "/")
            for number in range(60):
                await opened.socket.send_str('{"ack": 1}' if number % 3 else '{"renew": "q=web"}')
                await asyncio.sleep(1 / 20)  # the pace of the page
            await opened.socket.send_str('{"renew": "q=no-such-cluster"}')
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while not opened.socket.closed:
                        await opened.read_html()
            return opened.socket.closed

    assert run(scenario) is False


async def test_the_newest_query_and_pause_replace_those_that_wait() -> None:
    consumer = LiveConsumer()
    for number in range(1000):
        await consumer.receive(text_data=json.dumps({"renew": f"q={number}"}))
        await consumer.receive(text_data=json.dumps({"pause": number % 2 == 0}))
    assert consumer.inbox.take() == ("q=999", False)
    assert consumer.inbox.take() == (None, None)


def test_the_rate_allows_a_burst_and_then_a_pace() -> None:
    now = 0.0
    rate = RateLimit(InboundLimits(burst=5, per_second=2.0), lambda: now)
    assert [rate.spend() for _ in range(7)] == [True] * 5 + [False] * 2
    now = 1.0
    assert [rate.spend() for _ in range(3)] == [True, True, False]
    now = 1000.0
    assert [rate.spend() for _ in range(7)] == [True] * 5 + [False] * 2


# --- the protocol, before a consumer that reads nothing


class StoppableTransport(StringTransport):
    """Twisted's transport for tests, as it is on a TCP connection."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True

    def setTcpNoDelay(self, enabled: bool) -> None: ...


class Applicationless(QuarterdeckServer):
    """Daphne's server, which starts no application: what arrives stays in the queue."""

    def __init__(self) -> None:
        super().__init__(None, endpoints=["tcp:0"], welcome=lambda _address, _port: "")
        self.connections: dict[Any, Any] = {}

    def create_application(self, _protocol: Any, _scope: dict[str, Any]) -> asyncio.Queue[Any]:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        return self.queue


HANDSHAKE = (
    b"GET /live/?page=/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class OpenProtocol:
    """A protocol whose handshake was accepted, with its queue and a clock that the test moves."""

    def __init__(self, limits: InboundLimits, *, accepted: bool = True) -> None:
        self.server, self.clock, self.transport = Applicationless(), Clock(), StoppableTransport()
        self.server.ws_factory = WebSocketFactory(self.server, server="quarterdeck")
        self.factory = self.server.ws_factory
        assert self.factory.protocol is LimitedSocket
        self.factory.reactor = self.clock
        self.protocol = self.factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        self.protocol.limits = limits
        self.protocol._raw_query_string = b"page=/"
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(HANDSHAKE)
        if accepted:
            self.protocol.handle_reply({"type": "websocket.accept"})
            self.server.queue.get_nowait()

    def send(self, payload: bytes, *, opcode: int = 1, final: bool = True) -> None:
        """One masked frame of at most 125 bytes; the mask is zero."""
        self.protocol.dataReceived(
            bytes([opcode | (0x80 if final else 0), 0x80 | len(payload), 0, 0, 0, 0]) + payload
        )


def test_reading_pauses_while_messages_wait_and_goes_on_behind_them() -> None:
    opened = OpenProtocol(InboundLimits(waiting=4, recheck=0.5))
    for number in range(4):
        assert opened.transport.producerState == "producing"
        opened.send(b'{"ack": %d}' % number)
    assert opened.transport.producerState == "paused"
    opened.clock.advance(0.5)
    assert opened.transport.producerState == "paused"
    opened.server.queue.get_nowait()
    opened.clock.advance(0.5)
    assert opened.transport.producerState == "producing"
    opened.send(b'{"ack": 5}')
    assert opened.transport.producerState == "paused"
    opened.protocol.connectionLost(Failure(ConnectionDone()))
    assert opened.clock.getDelayedCalls() == []


def test_what_comes_after_the_limit_is_dropped() -> None:
    opened = OpenProtocol(InboundLimits(burst=10, per_second=0.0))
    for _ in range(50):
        opened.send(b'{"pause": true}')
    assert opened.server.queue.qsize() == 10
    assert TOO_MANY_MESSAGES.to_bytes(2, "big") in opened.transport.value()


def test_empty_parts_of_one_message_are_limited() -> None:
    opened = OpenProtocol(InboundLimits(burst=10, per_second=0.0))
    opened.send(b"", final=False)
    for _ in range(50):
        opened.send(b"", opcode=0, final=False)
    assert TOO_MANY_MESSAGES.to_bytes(2, "big") in opened.transport.value()


def test_pings_are_limited_as_messages_are() -> None:
    opened = OpenProtocol(InboundLimits(burst=10, per_second=0.0))
    opened.transport.clear()
    for _ in range(50):
        opened.send(b"0123456789", opcode=9)
    assert opened.transport.value().count(b"0123456789") == 10


def test_what_arrives_before_the_handshake_is_answered_is_bounded() -> None:
    opened = OpenProtocol(InboundLimits(unopened=1000), accepted=False)
    for _ in range(100):
        opened.protocol.dataReceived(b"x" * 100)
        if opened.transport.aborted:
            return
    raise AssertionError("10 kB were taken")


def test_a_message_is_never_longer_than_the_limit(server: DashboardServer) -> None:
    session = server.session("stan")

    async def scenario() -> int | None:
        async with Sockets(server) as sockets:
            opened = await sockets.open(session, "/")
            await opened.socket.send_str("x" * (MAX_FRAME + 1))
            with suppress(ConnectionError):
                while True:
                    await opened.read_html(acknowledge=False)
            return opened.socket.close_code

    assert run(scenario) == 1006  # dropped


# --- sockets of one user and of one session


def test_sockets_are_counted_for_each_user_and_session() -> None:
    counts = SocketCounts(lambda: 4)
    assert [counts.add(f"first {n}", 1, "s1") for n in range(3)] == [True, True, False]
    assert [counts.add(f"second {n}", 1, "s2") for n in range(3)] == [True, True, False]
    assert counts.add("third", 1, "s3") is False
    assert counts.add("other", 2, "s4") is True
    counts.remove("first 0")
    counts.remove("never counted")
    assert counts.add("third", 1, "s3") is True
    assert len(counts) == 5


def test_beyond_the_limit_a_socket_is_refused_until_another_one_is_closed(server: DashboardServer) -> None:
    sessions = [server.session("rene") for _ in range(3)]

    async def scenario() -> tuple[int, int | None, int]:
        async with Sockets(server) as sockets:
            opened = [await sockets.open(sessions[n % 2], "/") for n in range(LIMIT)]
            beyond = await sockets.open(sessions[2], "/")
            with suppress(ConnectionError):
                await beyond.read_html()
            other = await sockets.handshake_status(server.session("ada"), "/")
            await opened[0].socket.close()
            while True:  # until the server has noticed
                again = await sockets.open(sessions[2], "/")
                with suppress(ConnectionError):
                    return other, beyond.socket.close_code, len(await again.read_html())

    other, code, length = run(scenario)
    assert other == 101
    assert code == TOO_MANY_SOCKETS
    assert length > 0


def test_the_page_says_that_too_many_are_open(server: DashboardServer, new_page: Callable[..., Page]) -> None:
    page = new_page()
    session = server.sign_in(page.context, "aude")

    async def fill() -> None:
        async with Sockets(server) as sockets:
            opened = [await sockets.open(session, "/") for _ in range(LIMIT // 2)]
            await asyncio.to_thread(filled.set)
            await asyncio.to_thread(looked.wait, 60)
            for one in opened:
                await one.socket.close()

    filled, looked = threading.Event(), threading.Event()
    filling = threading.Thread(target=lambda: run(fill, 90))
    filling.start()
    try:
        assert filled.wait(30)
        page.goto(server.url + LIVE_PAGE)
        expect(page.locator("#live-limited")).to_contain_text("Too many pages are open")
        expect(page.locator("#live-state [data-state=static]")).to_be_visible()
    finally:
        looked.set()
        filling.join(60)
    expect(page.locator("#live-limited")).to_have_count(0, timeout=30_000)


def test_the_page_says_that_it_sent_too_much(server: DashboardServer, new_page: Callable[..., Page]) -> None:
    page = new_page()
    server.sign_in(page.context, "ada")
    page.add_init_script(
        "window.sockets = []; const Original = WebSocket;"
        "window.WebSocket = class extends Original {"
        " constructor(...all) { super(...all); window.sockets.push(this); } };"
    )
    with page.expect_websocket() as opened:
        page.goto(server.url + LIVE_PAGE)
    opened.value.wait_for_event("framereceived")
    page.evaluate("for (let n = 0; n < 500; n++) window.sockets[0].send('{\"pause\": false}')")
    expect(page.locator("#live-limited")).to_contain_text("sent more messages than this server allows")
    expect(page.locator("#live-limited")).to_have_count(0, timeout=30_000)
