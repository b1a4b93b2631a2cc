"""Fixtures of drain tests: namespaces and nodes of their own, for us and for kubectl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.actions.conftest import namespaces
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.drains.nodes import make_node, remove_nodes
from tests.drains.pages import DrainPages
from tests.live.pages import open_as

__all__ = ["namespaces", "open_as"]
_numbers = count(1)


@pytest.fixture
def nodes(controlplane: ControlPlane) -> Iterator[tuple[str, str]]:
    """Two new nodes: one for us, one for kubectl."""
    number = next(_numbers)
    names = (f"drain-here-{number}", f"drain-there-{number}")
    for name in names:
        make_node(controlplane, name)
    yield names
    remove_nodes(controlplane, *names)


@pytest.fixture
def drains(dashboard_server: DashboardServer) -> Callable[[str], DrainPages]:
    """`drains("ada")`: her pages."""
    return lambda name: DrainPages(dashboard_server, name)
