"""Command serve refuses to start over an audit trail that could be changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from people.audit.triggers import _SQLITE
from tests.dashboard_server import ROOT, DashboardServer


@pytest.fixture
def data_folder(tmp_path: Path) -> DashboardServer:
    """A data folder of its own, ready to be served, and nothing that serves it."""
    made = DashboardServer(tmp_path)
    made._manage("migrate", "-v0")
    return made


def run_serve(copy: DashboardServer, *more: str) -> subprocess.CompletedProcess[str]:
    """It must have ended by itself: a server that has come up is killed after a while, and the test fails."""
    command = [
        sys.executable,
        "manage.py",
        "serve",
        "--address",
        "127.0.0.1",
        "--port",
        str(copy.port),
        *more,
    ]
    return subprocess.run(
        command, cwd=ROOT, env=copy.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("name", _SQLITE)
def test_it_does_not_start_without_one_of_the_triggers(data_folder: DashboardServer, name: str) -> None:
    with sqlite3.connect(data_folder.folder / "audit.sqlite3") as file:
        file.execute(f"DROP TRIGGER {name}")
    file.close()
    done = run_serve(data_folder, "--no-prepare")
    assert done.returncode == 1
    assert f"The audit trail is not append-only: {name}." in done.stderr
    assert "verify_audit --protect" in done.stderr
    assert "Quarterdeck is running at" not in done.stdout


def test_the_migration_of_a_start_does_not_put_it_up_unseen(data_folder: DashboardServer) -> None:
    with sqlite3.connect(data_folder.folder / "audit.sqlite3") as file:
        file.execute("DROP TRIGGER audit_entry_no_delete")
    file.close()
    done = run_serve(data_folder)
    assert done.returncode == 1
    assert "audit_entry_no_delete" in done.stderr
