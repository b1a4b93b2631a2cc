"""Lifecycle fixtures: a server of each test alone, and a cluster whose answers are held back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.clusters.api.faults import FaultServer, Wire
from tests.dashboard_server import DashboardServer


class HeldCluster(FaultServer):
    """An API server that says nothing until `release` is set, and then that it is unavailable."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.has_request = threading.Event()
        super().__init__(self._hold)

    def _hold(self, wire: Wire) -> None:
        self.has_request.set()
        while not self.release.wait(0.1) and not wire.closing.is_set():
            pass
        wire.respond(503)


@pytest.fixture
def held_cluster() -> Iterator[HeldCluster]:
    with HeldCluster() as server:
        try:
            yield server
        finally:
            server.release.set()


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardServer]:
    """A server that tests of this folder end and start again; use `start_server`."""
    server = DashboardServer(tmp_path_factory.mktemp("lifecycle")).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def start_server(shared_server: DashboardServer) -> Iterator[Callable[..., DashboardServer]]:
    """Starts the server anew, with these variables for this test."""
    usual = dict(shared_server.environment)

    def start(**environment: str) -> DashboardServer:
        shared_server.kill_server()
        shared_server.environment.update(environment)
        shared_server.start_server()
        return shared_server

    yield start
    shared_server.kill_server()
    shared_server.environment = usual
