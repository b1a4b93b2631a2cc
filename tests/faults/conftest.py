"""Fault fixtures: a control plane that tests may break, a gate before it, and a dashboard over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill_small, wait_for_pods
from tests.dashboard_server import DashboardServer
from tests.faults.gate import Gate
from tests.faults.page_state import BrowserUser


@pytest.fixture(scope="package")
def plane() -> Iterator[ControlPlane]:
    """A control plane that is killed here."""
    with ControlPlane() as started:
        fill_small(started)
        wait_for_pods(started)
        yield started


@pytest.fixture(scope="package")
def gate(plane: ControlPlane) -> Iterator[Gate]:
    """What stands before it, for the cluster `gate`."""
    with Gate(plane) as opened:
        yield opened


@pytest.fixture(scope="package")
def dashboard(
    plane: ControlPlane,
    gate: Gate,
    second_controlplane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DashboardServer]:
    """The clusters `harbour` (the plane itself), `gate` (the same behind the gate) and `far` (a healthy one)."""
    served = DashboardServer(tmp_path_factory.mktemp("faults")).start()
    try:
        served.add_cluster(plane)
        served.add_cluster(second_controlplane, "far", color="violet")
        served.run_command("cluster", slug="gate", server=gate.url, ca=gate.ca, color="rust")
        for name in ("ada", "dana", "rene"):
            keys = {"token": plane.token(name)}
            served.run_command("credential", name=name, slug="gate", keys=keys, namespace="shop")
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="package")
def recovery_times() -> Iterator[Callable[[str, float], None]]:
    """Times from the end of a fault to a live page; they are printed at the end (`-rP`, or a failing test)."""
    found: dict[str, float] = {}
    yield found.__setitem__
    print("\n".join(f"{what}: live {took:.1f} s after the fault" for what, took in found.items()))


@pytest.fixture
def person(browser: Browser, dashboard: DashboardServer) -> Iterator[Callable[..., BrowserUser]]:
    """Opens a browser as a test user."""
    opened: list[BrowserUser] = []

    def enter(name: str, **options: object) -> BrowserUser:
        opened.append(BrowserUser(browser, dashboard, name, **options))
        return opened[-1]

    yield enter
    for one in opened:
        one.close()
