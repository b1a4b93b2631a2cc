"""Event loop thread that serves simulated clusters for synchronous tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from simulator.cluster import Cluster
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.server import Server

SECONDS = 30
T = TypeVar("T")


class Loop:
    """`with Loop(cluster) as served:` then `served.server.url`; `runtime` is of the first cluster."""

    def __init__(self, *clusters: Cluster, runtime: ClusterRuntime | None = None) -> None:
        self.servers = [
            Server(cluster, None if number else runtime) for number, cluster in enumerate(clusters)
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def server(self) -> Server:
        return self.servers[0]

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """In the clusters' own thread: nothing of theirs is for others."""

        async def called() -> T:
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(SECONDS)

    def __enter__(self) -> Loop:
        self._thread.start()
        for server in self.servers:
            asyncio.run_coroutine_threadsafe(server.start(), self._loop).result(SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers:
            asyncio.run_coroutine_threadsafe(server.stop(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()
