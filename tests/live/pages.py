"""Live pages in a real browser, as a test user, and changes of the cluster below them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: live}}}}
spec: {{containers: [{{name: main, image: "example.com/main:1"}}]}}
"""


class Opener:
    """Opens pages of one dashboard as the users."""

    def __init__(self, served: DashboardServer, new_page: Callable[..., Page]) -> None:
        self.served = served
        self._new_page = new_page

    def __call__(self, name: str, path: str, **options: Any) -> Page:
        """A page in a browser of its own, signed in as `name`."""
        page = self._new_page(**options)
        self.served.sign_in(page.context, name)
        page.goto(self.served.url + path)
        return page


def make_pod(plane: ControlPlane, name: str, namespace: str = "shop") -> None:
    plane.kubectl("apply", "-f", "-", input=POD.format(name=name, namespace=namespace))


def remove_pod(plane: ControlPlane, name: str, namespace: str = "shop") -> None:
    plane.kubectl("delete", "pod", name, "-n", namespace, "--force", "--grace-period=0", "--wait=true")


def find_row(page: Page, name: str) -> Any:
    """The row of the object with exactly this name."""
    return page.locator("#list-rows tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def expect_state(page: Page, state: str, seconds: float = 15) -> None:
    expect(page.locator(f"#live-state [data-state={state}]")).to_be_visible(timeout=seconds * 1000)


@pytest.fixture
def open_as(dashboard_server: DashboardServer, new_page: Callable[..., Page]) -> Opener:
    """Opens pages of the dashboard over the shared control plane."""
    return Opener(dashboard_server, new_page)
