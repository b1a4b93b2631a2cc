"""Fixtures of bulk tests: a dashboard with three clusters, of which one can be protected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

SLUGS = ("harbour", "quay", "pier")


@pytest.fixture(scope="package")
def three_clusters(
    controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    """The control plane as three clusters, each with everybody's own credential; pier is protected."""
    served = DashboardServer(tmp_path_factory.mktemp("bulk")).start()
    try:
        for slug in SLUGS:
            served.add_cluster(controlplane, slug)
        served.run_command("protect", slug="pier")
        yield served
    finally:
        served.stop()
