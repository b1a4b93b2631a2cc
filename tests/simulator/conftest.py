"""Fixtures of the simulator's tests: shared simulated clusters and callers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.cluster import Cluster
from simulator.requests.rbac import MASTERS
from tests.simulator.caller import Caller
from tests.simulator.loops import Loop


@pytest.fixture(scope="module")
def served_cluster() -> Iterator[Loop]:
    with Loop(Cluster("tests", seed=1)) as served:
        yield served


@pytest.fixture(scope="module")
def api(served_cluster: Loop) -> Caller:
    """The administrator of the module's cluster."""
    cluster = served_cluster.server.cluster
    token = served_cluster.run(cluster.add_person, "admin", (MASTERS,))
    return Caller(served_cluster.server.url, cluster.authority.pem, token)


@pytest.fixture(scope="module")
def server_loop(cluster: Cluster) -> Iterator[Loop]:
    """The `cluster` that the module makes, served."""
    with Loop(cluster) as found:
        yield found


@pytest.fixture(scope="module")
def admin(server_loop: Loop, cluster: Cluster) -> Caller:
    """The administrator of the module's own cluster."""
    token = server_loop.run(cluster.add_person, "admin", (MASTERS,))
    return Caller(server_loop.server.url, cluster.authority.pem, token)
