"""Requests and sockets: many of one user, or of one slow cluster, leave threads to everybody else (class 49)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.address.paths import clusters_in_path
from dashboard.live.concurrency import OPENING, RENDERING
from dashboard.request_slots import LIMITS, RequestSlots
from tests.attacks.test_class_48_endless_cluster import respond_small
from tests.clusters.api.faults import FaultServer, Wire
from tests.clusters.hubs import make_hub
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.live.sockets import Sockets, run

__all__ = ["make_hub"]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


# --- requests


class SlowApplication:
    """An ASGI application that answers when it is told to."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.running: list[str] = []
        self.largest: Counter[str] = Counter()

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        user = dict(scope["headers"]).get(b"cookie", b"").decode()
        self.running.append(user)
        self.largest[user] = max(self.largest[user], self.running.count(user))
        await self.release.wait()
        self.running.remove(user)
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def request(slots: RequestSlots, session: str, path: str = "/c/harbour/shop/pods", **more: Any) -> int:
    statuses = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"cookie", f"quarterdeck-session={session}".encode())] if session else []
    scope = {"type": "http", "path": path, "root_path": "", "headers": headers, "client": ["192.0.2.1", 1]}
    await slots({**scope, **more}, None, send)
    assert len(statuses) == 1
    return int(statuses[0])


async def test_six_hundred_pages_of_one_session_run_a_few_at_once() -> None:
    application = SlowApplication()
    slots = RequestSlots(application, clusters_in_path)
    mine = [asyncio.create_task(request(slots, "ann")) for _ in range(600)]
    await settle()
    others = [asyncio.create_task(request(slots, session)) for session in ("bob", "cyd", "")]
    healthy = [asyncio.create_task(request(slots, "ann", path)) for path in ("/healthz", "/readyz")]
    await settle()
    assert Counter(application.running)["quarterdeck-session=ann"] == (LIMITS.per_user or 0) + 2
    assert {"quarterdeck-session=bob", "quarterdeck-session=cyd", ""} <= set(application.running)
    application.release.set()
    counted = Counter(await asyncio.gather(*mine))
    assert counted == {200: 6 + (LIMITS.waiting or 0), 503: 600 - 6 - (LIMITS.waiting or 0)}
    assert await asyncio.gather(*others, *healthy) == [200] * 5
    assert slots.slots.count_running() == 0


async def test_one_cluster_does_not_take_the_threads_of_all() -> None:
    application = SlowApplication()
    slots = RequestSlots(application, clusters_in_path)
    slow = [
        asyncio.create_task(
            request(slots, f"user-{n}", "/quarterdeck/c/slow/shop/pods", root_path="/quarterdeck")
        )
        for n in range(100)
    ]
    await settle()
    assert len(application.running) == LIMITS.per_cluster
    other = asyncio.create_task(request(slots, "user-1", "/c/fast/shop/pods"))
    await settle()
    assert len(application.running) == (LIMITS.per_cluster or 0) + 1
    application.release.set()
    assert set(await asyncio.gather(*slow, other)) == {200}


def test_the_clusters_of_a_page_are_those_of_its_path() -> None:
    assert clusters_in_path("/c/harbour,island/shop/pods") == "harbour,island"
    assert clusters_in_path("/") == clusters_in_path("/people/audit/") == clusters_in_path("/clusters/") == ""
    assert len(clusters_in_path("/c/" + "x" * 9000)) == 200


# --- sockets


class SlowCluster(FaultServer):
    """Takes four seconds for each answer."""

    def __init__(self) -> None:
        super().__init__(self._answer)

    def _answer(self, wire: Wire) -> None:
        wire.closing.wait(4)
        respond_small(wire)


@pytest.fixture(scope="module")
def dashboard(
    controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    """With a real cluster, and dana's credential for a slow one."""
    served = DashboardServer(tmp_path_factory.mktemp("shares")).start()
    try:
        with SlowCluster() as slow:
            served.add_cluster(controlplane)
            served.run_command("dead_cluster", slug="slow", name="dana", server=slow.url, ca=slow.ca)
            yield served
    finally:
        served.stop()


def test_a_slow_cluster_does_not_take_the_threads_in_which_sockets_open(dashboard: DashboardServer) -> None:
    assert OPENING.total > 3 * (OPENING.per_cluster or 0)
    assert RENDERING.total >= 2
    dana, rene = dashboard.session("dana"), dashboard.session("rene")
    pods = "/c/harbour/shop/pods"

    async def open_slow(sockets: Sockets, number: int) -> None:
        opened = await sockets.open(dana, f"/c/slow/shop/configmaps?selector=n%3D{number}")
        await opened.read_html()

    async def scenario() -> list[float]:
        waited = []
        async with Sockets(dashboard) as sockets:
            first = await sockets.open(rene, pods)
            await first.read_html()
            slow = [asyncio.create_task(open_slow(sockets, n)) for n in range(60)]
            loop = asyncio.get_running_loop()
            for _ in range(5):
                began = loop.time()
                opened = await sockets.open(rene, pods)
                await opened.read_html()
                waited.append(loop.time() - began)
                await opened.socket.close()
            assert not any(one.done() for one in slow[20:])
            for one in slow:
                one.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        return waited

    waited = run(scenario, 120)
    assert sorted(waited)[2] < 2, waited
