"""Fixtures of the attack tests: a recording proxy before an API server, and installations that use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.installation import Installation, build_installation
from tests.attacks.production_server import ProductionServer, run_production_server
from tests.attacks.recorder import Recorder
from tests.simulated_cluster import SimulatedCluster


@pytest.fixture(scope="session")
def recorder(simulated_cluster: SimulatedCluster) -> Iterator[Recorder]:
    with Recorder(simulated_cluster) as server:
        yield server


@pytest.fixture(scope="session")
def production_server(
    simulated_cluster: SimulatedCluster, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProductionServer]:
    with run_production_server(tmp_path_factory.mktemp("production"), simulated_cluster, recorder) as server:
        yield server


@pytest.fixture
def installation(
    db: None, simulated_cluster: SimulatedCluster, recorder: Recorder, fast_passwords: None
) -> Installation:
    """In a transaction that is rolled back: for requests."""
    return build_installation(simulated_cluster, recorder)


@pytest.fixture
def committed_installation(
    transactional_db: None, simulated_cluster: SimulatedCluster, recorder: Recorder, fast_passwords: None
) -> Installation:
    """Written, so that other threads see it: for sockets."""
    return build_installation(simulated_cluster, recorder)


@pytest.fixture
def offline_installation(db: None, fast_passwords: None) -> Installation:
    """Where no cluster answers: for what never gets that far."""
    return build_installation(None, None)


@pytest.fixture
def committed_offline_installation(transactional_db: None, fast_passwords: None) -> Installation:
    """Both: written, and no cluster answers."""
    return build_installation(None, None)
