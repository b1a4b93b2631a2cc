"""Slow clients: what two hundred browsers cost that read or acknowledge nothing (class 28)."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from pytest_django.fixtures import Settings

from clusters.feeds.timings import FeedTimings
from dashboard.timings import Timings
from tests.attacks.installation import Installation
from tests.attacks.lying_server import LyingServer, installation_with_lying_server, lying_server
from tests.attacks.sockets import knock, list_socket_paths
from tests.clusters.api.faults import Wire
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.lanes import short_and_long
from tests.live.sockets import COOKIE, OpenSocket, Sockets, run

__all__ = ["installation_with_lying_server", "lying_server"]
MEBIBYTE = 1024 * 1024
OBJECT = "slow-clients"
LIST = "/c/harbour/shop/configmaps?label=marker"
MARKER = re.compile(r"marker-(\d+)-end")


@pytest.fixture
def changing_object(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """With an object of 100 kB that the test changes."""
    controlplane.kubectl("create", "configmap", OBJECT, "-n", "shop", f"--from-literal=a={'line ' * 20_000}")
    yield controlplane
    controlplane.kubectl("delete", "configmap", OBJECT, "-n", "shop")


async def change_object(plane: ControlPlane, number: int) -> None:
    label = f"marker=marker-{number}-end"
    await asyncio.to_thread(plane.kubectl, "label", "configmap", OBJECT, "-n", "shop", label, "--overwrite")


async def wait_for_change(opened: OpenSocket, number: int) -> None:
    """Until this page knows of the change, drawing everything that it is sent."""
    while str(number) not in MARKER.findall(await opened.read_html()):
        pass


def test_a_page_that_draws_nothing_is_sent_little(
    changing_object: ControlPlane, dashboard_server: DashboardServer
) -> None:
    """It reads all and acknowledges none of it: at most nine messages, however much happens."""
    changes = 25

    async def scenario() -> list[str]:
        async with Sockets(dashboard_server) as sockets:
            session = dashboard_server.session("dana")
            idle, lively = await sockets.open(session, LIST), await sockets.open(session, LIST)
            for number in range(changes):
                await change_object(changing_object, number)
                await wait_for_change(lively, number)
            messages = []
            with suppress(TimeoutError):
                while True:
                    messages.append((await asyncio.wait_for(idle.socket.receive(), 1)).data)
            return messages

    messages = run(scenario, 240)
    assert 1 <= len([one for one in messages if MARKER.search(one)]) < changes - 5
    assert len(messages) <= 10
    assert sum(map(len, messages)) < 1.5 * MEBIBYTE


@short_and_long("clients", 60, 200)
def test_many_that_read_nothing_cost_a_bounded_share_and_nobody_else_anything(
    changing_object: ControlPlane, dashboard_server: DashboardServer, clients: int
) -> None:
    changes = 12
    session = dashboard_server.session("dana")

    async def scenario() -> tuple[int, list[float]]:
        async with Sockets(dashboard_server) as sockets:
            lively = await sockets.open(session, LIST)
            await lively.read_html()
            before, waited = dashboard_server.read_memory(), []
            stalled = [stall(dashboard_server, session, f"{LIST}&wide={n % 4}") for n in range(clients)]
            try:
                for number in range(changes):
                    began = time.monotonic()
                    await change_object(changing_object, number)
                    await wait_for_change(lively, number)
                    waited.append(time.monotonic() - began)
                return dashboard_server.read_memory() - before, waited
            finally:
                for one in stalled:
                    one.close()

    grown, waited = run(scenario, 300)
    assert grown < clients * 1.25 * MEBIBYTE, "1 MiB under way each, and what a page is itself"
    assert max(waited) < 60, waited
    assert dashboard_server.client("dana").get(dashboard_server.url + LIST).status_code == 200


def stall(served: DashboardServer, session: str, page: str) -> socket.socket:
    """A socket that was opened and of which nothing is read."""
    wire = socket.create_connection(("127.0.0.1", served.port), 60)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    query = page.replace("?", "%3F").replace("&", "%26").replace("=", "%3D")
    wire.sendall(
        (
            f"GET /live/?page={query} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            f"Origin: {served.url}\r\nCookie: {COOKIE}={session}\r\n\r\n"
        ).encode()
    )
    return wire


@short_and_long("clients", 60, 200)
def test_many_that_take_no_answer_or_send_half_a_request_cost_nobody_anything(
    dashboard_server: DashboardServer, clients: int
) -> None:
    """Half of them requested half a megabyte and read none of it, half never end their request."""
    session, client = dashboard_server.session("ada"), dashboard_server.client("ada")
    page = dashboard_server.url + "/c/harbour/shop/configmaps"
    large = "/c/harbour/hostile/configmaps/large?download=value&at=/data/value"
    size = len(client.get(dashboard_server.url + large).content)
    assert size > 500_000
    before = dashboard_server.read_memory()
    with ExitStack() as stack:
        for number in range(clients):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", dashboard_server.port), 60))
            head = f"GET {large} HTTP/1.1\r\nHost: 127.0.0.1:{dashboard_server.port}\r\nCookie: {COOKIE}={session}\r\n"
            wire.sendall(head.encode() + (b"\r\n" if number % 2 else b"X-Slow: "))
        for _ in range(5):
            assert client.get(page, timeout=60).status_code == 200
        assert dashboard_server.read_memory() - before < clients * 2 * size
    assert client.get(page, timeout=60).status_code == 200


class Trickle:
    """A watch that says something each tenth of a second, so that it notices when nobody listens any more."""

    def __init__(self) -> None:
        self.open = 0
        self.lock = threading.Lock()

    def __call__(self, wire: Wire) -> None:
        wire.stream_head()
        self._count(1)
        bookmark = {
            "type": "BOOKMARK",
            "object": {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}},
        }
        try:
            while not wire.closing.wait(0.1):
                wire.chunk(json.dumps(bookmark).encode() + b"\n")
        finally:
            self._count(-1)

    def _count(self, number: int) -> None:
        with self.lock:
            self.open += number


async def test_the_cluster_is_left_alone_when_the_browsers_are_gone(
    installation_with_lying_server: Installation, lying_server: LyingServer, settings: Settings
) -> None:
    """A watch for each selector; those that vanish without a word too. (A feed lives on for a minute.)"""
    settings.TIMINGS = Timings(feeds=FeedTimings(keep=0.5, sweep=0.1))
    trickle = Trickle()
    lying_server.lie, lying_server.should_lie = trickle, lambda request: "watch=" in request.target
    page = "/c/harbour/shop/configmaps?selector=n%3D"
    opened = [
        knock(
            list_socket_paths()[0], session=installation_with_lying_server.sessions["ada"], page=f"{page}{n}"
        )
        for n in range(6)
    ]
    for one in opened:
        assert (await one.connect(timeout=60))[0]
    await asyncio.to_thread(wait_for, lambda: trickle.open >= 6, 60)
    for number, one in enumerate(opened):
        if number % 2:
            await one.disconnect(timeout=60)
        else:
            await one.send_input({"type": "websocket.disconnect", "code": 1006})
    await asyncio.to_thread(wait_for, lambda: trickle.open == 0, 60)
