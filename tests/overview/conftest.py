"""Overview fixtures: a healthy cluster, and one with each kind of error beside it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clusters.api.faults import AUTHORITY, FaultServer, hang
from tests.clusters.pages.conftest import ClientFor, client_for, users
from tests.controlplane.hostile import TEXTS
from tests.dashboard_server import ROOT, DashboardServer
from tests.live.pages import open_as

__all__ = ["ClientFor", "client_for", "open_as", "users"]

FleetCommand = Callable[..., None]


@pytest.fixture(scope="module")
def fleet_command(dashboard_server: DashboardServer) -> FleetCommand:
    def run(do: str, **arguments: Any) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.overview.fleet"],
            input=json.dumps({"do": do, **arguments}), cwd=ROOT, env=dashboard_server.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture(scope="module")
def fleet(dashboard_server: DashboardServer, controlplane, fleet_command: FleetCommand) -> Iterator[None]:
    """Beside `harbour`: one that hangs, one whose port is dead, and so on, for ada and dana."""
    with FaultServer(hang) as hanging, socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        plane = {"server": controlplane.server, "ca": controlplane.ca}
        clusters = [
            {"slug": "pond", "server": hanging.url, "ca": hanging.ca, "token": "never-answered"},
            {"slug": "reef", "server": f"https://127.0.0.1:{dead.getsockname()[1]}", "token": "never-sent",
             "protected": True},
            {"slug": "bay", **plane, "ca": AUTHORITY.pem, "token": "never-sent"},
            {"slug": "tide", **plane, "token": "has-ended", "ends": -3600},
            {"slug": "lock", **plane, "token": "nobody-knows-it", "ends": 86400},
            {"slug": "cove", **plane},
        ]  # fmt: skip
        named = {"pond": TEXTS["image"], "lock": TEXTS["script"], "cove": "Cove " + "x" * 80}
        for one in clusters:
            labels = {
                "env": "production" if one["slug"] == "reef" else "dev",
                "odd": TEXTS["image"],
                "fleet": "yes",
            }
            one |= {"name": named.get(one["slug"], one["slug"].title()), "labels": labels, "color": "red"}
        fleet_command("up", clusters=clusters, people=["ada", "dana"])
        yield
        fleet_command("down")
