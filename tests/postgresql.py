"""Fixture `postgresql`: a temporary PostgreSQL server, as a plain process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard_server import wait_for
from tests.missing import missing

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Iterator[str]:
    """A DATABASE_URL; the database it names is not made yet, and whoever connects is its superuser."""
    initdb, postgres = shutil.which("initdb"), shutil.which("postgres")
    if initdb is None or postgres is None:
        missing(pytestconfig, "PostgreSQL", "Put its programs initdb and postgres on the path.")
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-postgresql-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", find_free_port()
    made = [initdb, "-D", str(data), "-U", "deck", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    try:
        subprocess.run(made, check=True, user=user, capture_output=True, cwd="/")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [postgres, "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data)],
                user=user, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        try:
            wait_for(lambda: _is_listening(port), message=(folder / "log").read_text())
            yield f"postgresql://deck@127.0.0.1:{port}/deck"
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder)


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
