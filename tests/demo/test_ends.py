"""Does the demo end whole, however it ends, and leave no process, no file and no port?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.demo.process import BARE, Demo, Visitor, running
from tests.program import ROOT
from tests.served import wait_for


class Traces:
    """What a running demo has that must be gone with it."""

    def __init__(self, demo: Demo) -> None:
        self.folder = demo.folder
        self.processes = [demo.process.pid, *demo.children()]
        servers = [demo.cluster(name).server for name in ("production-eu", "production-us", "staging")]
        self.ports = [int(one.rpartition(":")[2]) for one in (demo.url, *servers)]
        assert len(self.processes) == 3
        assert all(_listens(port) for port in self.ports)
        assert any(self.folder.glob("quarterdeck-demo-*/data/quarterdeck.sqlite3"))

    def are_gone(self) -> bool:
        return self.left() == []

    def left(self) -> list[str]:
        alive = [f"process {one}" for one in self.processes if _lives(one)]
        listening = [f"port {one}" for one in self.ports if _listens(one)]
        return alive + listening + [str(one) for one in self.folder.iterdir()]


def _lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # one that nobody has waited for yet has ended all the same


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _kill_child(position: int) -> Callable[[Demo], None]:
    def kill(demo: Demo) -> None:
        os.kill(demo.children()[position], signal.SIGKILL)

    return kill


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        (lambda demo: demo.process.send_signal(signal.SIGINT), 0, ""),
        (lambda demo: demo.process.send_signal(signal.SIGTERM), 0, ""),
        (lambda demo: demo.process.send_signal(signal.SIGHUP), 0, ""),
        (_kill_child(0), 1, "The cluster simulator stopped unexpectedly, so the demo is stopping."),
        (_kill_child(1), 1, "The dashboard stopped unexpectedly, so the demo is stopping."),
    ],
    ids=["ctrl-C", "SIGTERM", "the terminal is closed", "the clusters crash", "the dashboard crashes"],
)
def test_it_leaves_nothing_behind(
    tmp_path: Path, ending: Callable[[Demo], None], code: int, said: str
) -> None:
    with running(tmp_path) as demo:
        traces = Traces(demo.start())
        visitor = Visitor(demo.url)
        visitor.pick("dana")
        assert visitor.get("/").status_code == 200
        ending(demo)
        assert demo.wait() == code
        assert said in demo.said
        assert "Traceback" not in demo.said
        assert traces.left() == []


def test_it_leaves_nothing_behind_where_it_is_killed_itself(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        traces = Traces(demo.start())
        demo.process.kill()
        demo.process.wait()
        wait_for(traces.are_gone, message=f"left: {traces.left()}")


def test_it_can_be_ended_while_it_starts(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.wait_for("Starting the demo")
        wait_for(demo.children)
        children = demo.children()
        assert demo.end() == 0
        assert [one for one in children if _lives(one)] == []
        assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, QUARTERDECK_LISTEN=f"127.0.0.1:{port}") as demo:
            assert demo.wait() == 1
    assert f"cannot listen at 127.0.0.1:{port}" in demo.said
    assert "QUARTERDECK_LISTEN=127.0.0.1:8010 make demo" in demo.said
    assert list(tmp_path.iterdir()) == []


def test_it_opens_no_other_database_and_no_other_folder(tmp_path: Path) -> None:
    """What stands in the environment for a real dashboard is not touched."""
    real = tmp_path / "real"
    real.mkdir()
    elsewhere = {
        "QUARTERDECK_DATA": str(real),
        "DATABASE_URL": "postgresql://deck@db.invalid/deck",
        "QUARTERDECK_REDIS_URL": "redis://cache.invalid:6379/0",
        "QUARTERDECK_SECRET_KEY": "the real one",
        "QUARTERDECK_SEALING_KEYS": "the real ones",
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    (tmp_path / "own").mkdir()
    with running(tmp_path / "own", **elsewhere) as demo:
        demo.start()
        folder = next((tmp_path / "own").iterdir())
        assert folder.stat().st_mode & 0o777 == 0o700
        assert demo.kubeconfig.stat().st_mode & 0o777 == 0o600
        assert demo.end() == 0
    assert list(real.iterdir()) == []


def test_it_needs_nothing_but_its_requirements() -> None:
    """All demos of these tests run so: see that it holds back what only the tests need."""
    for module, is_there in (("playwright", False), ("pytest", False), ("aiohttp", True), ("django", True)):
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(BARE)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is is_there, f"{module}: {done.stderr}"
