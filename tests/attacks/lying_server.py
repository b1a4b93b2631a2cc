"""Lying API server: chosen requests get a false response, all others the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.attacks.installation import Installation, build_installation
from tests.attacks.recorder import Recorder
from tests.clusters.api.faults import Behaviour, Request, Wire
from tests.simulated_cluster import SimulatedCluster


class LyingServer(Recorder):
    """Answers those requests that `when` picks by `lie`; nothing of it where `when` is None."""

    lie: Behaviour | None = None
    should_lie: Callable[[Request], bool] | None = None

    def _forward(self, wire: Wire) -> None:
        if self.should_lie is not None and self.lie is not None and self.should_lie(wire.request):
            self.lie(wire)
        else:
            super()._forward(wire)


def get_token(wire: Wire) -> str:
    """The token that came with the request."""
    return wire.request.headers.get("authorization", "").removeprefix("Bearer ")


@pytest.fixture(scope="module")
def lying_server(simulated_cluster: SimulatedCluster) -> Iterator[LyingServer]:
    with LyingServer(simulated_cluster) as server:
        yield server


@pytest.fixture
def installation_with_lying_server(
    transactional_db: None, simulated_cluster: SimulatedCluster, lying_server: LyingServer
) -> Iterator[Installation]:
    """An installation whose clusters are the lying server, which is honest at first."""
    lying_server.should_lie = None
    yield build_installation(simulated_cluster, lying_server)
    lying_server.should_lie = None
