"""Which simulated clusters do the tests of the simulator share?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from simulator.cluster import Cluster
from simulator.requests.rbac import MASTERS
from simulator.server import Server
from tests.simulator.caller import Caller


class Served:
    """A cluster in a thread and event loop of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.server = Server(cluster)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(30)
        self._admin = cluster.add_person("admin", (MASTERS,))

    def caller(self, token: str = "") -> Caller:
        """As the administrator, or whoever has that token."""
        return Caller(self.server.url, self.cluster.authority.pem, token or self._admin)

    def run(self, function, *arguments):
        """In the cluster's own thread: nothing of it is for others."""

        async def called():
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(30)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def served_cluster() -> Iterator[Served]:
    served = Served(Cluster("tests", seed=1))
    yield served
    served.stop()


@pytest.fixture
def api(served_cluster: Served) -> Caller:
    """The administrator of the module's cluster."""
    return served_cluster.caller()
