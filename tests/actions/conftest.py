"""Fixtures of action tests: namespaces of their own, and confirm pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.actions.pages import ConfirmPage
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.live.pages import open_as

__all__ = ["open_as"]
_numbers = count(1)
OpenConfirmPage = Callable[[str, str], ConfirmPage]


@pytest.fixture
def namespaces(controlplane: ControlPlane) -> Iterator[tuple[str, str]]:
    """Two new namespaces with the same (nothing) in them: one for us, one for kubectl. Nobody waits for their end."""
    number = next(_numbers)
    names = (f"ours-{number}", f"theirs-{number}")
    for name in names:
        controlplane.kubectl("create", "namespace", name)
        controlplane.kubectl("create", "rolebinding", "dana", "--clusterrole=edit", "--user=dana", "-n", name)
    yield names
    controlplane.kubectl("delete", "namespace", *names, "--ignore-not-found", "--wait=false")


@pytest.fixture
def confirm(dashboard_server: DashboardServer) -> OpenConfirmPage:
    """`confirm("dana", "/c/harbour/shop/pods/web/delete")`: her confirm page."""
    return lambda name, path: ConfirmPage(dashboard_server, name, path)
