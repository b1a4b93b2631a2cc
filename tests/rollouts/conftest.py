"""Fixtures of rollout tests: a namespace of their own, and rollout pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.actions.pages import ConfirmPage, read_text
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.live.pages import open_as

__all__ = ["open_as"]
# What a test may have made for its namespace, under the same name.
ADMISSION = (
    "validatingwebhookconfiguration",
    "validatingadmissionpolicybinding",
    "validatingadmissionpolicy",
)
_numbers = count(1)
ReadRollout = Callable[[str, str, str], str]


@pytest.fixture
def namespace(controlplane: ControlPlane) -> Iterator[str]:
    """A new namespace in which dana may edit. Nobody waits for its end."""
    name = f"rollout-{next(_numbers)}"
    controlplane.kubectl("create", "namespace", name)
    controlplane.kubectl("create", "rolebinding", "dana", "--clusterrole=edit", "--user=dana", "-n", name)
    yield name
    for kind in ADMISSION:
        controlplane.kubectl("delete", kind, name, "--ignore-not-found")
    controlplane.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


@pytest.fixture
def read_rollout(dashboard_server: DashboardServer) -> ReadRollout:
    """`read_rollout("dana", "shop", "deployments.apps/web")`: the words of that person's rollout page."""

    def read(person: str, namespace: str, what: str) -> str:
        page = ConfirmPage(dashboard_server, person, f"/c/harbour/{namespace}/{what}/rollout").open()
        assert page.status_code == 200, page.text
        return read_text(page)

    return read
