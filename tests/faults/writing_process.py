"""Writing process: creates ConfigMaps through the gateway, at the database of a running dashboard.

`python -m tests.faults.writing dana` reads names, one a line; for each it creates a ConfigMap in `shop` of `harbour`
through the door as that person, and prints the status that came, or the name of the error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from clusters.api.errors import ApiError
from clusters.gateway.connect import connect
from people.audit.record import AuditTrailUnavailable
from people.models import User
from tests.clusters.gateway.kinds import CONFIGMAPS, build_config_map
from tests.dashboard_server import ROOT, DashboardServer


class Writer:
    """The process, as a test holds it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def write(self, name: str) -> str:
        """What came of creating a ConfigMap of this name: `201`, or `TrailUnavailable`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def run_writer(served: DashboardServer, name: str) -> Iterator[Writer]:
    """Somebody who changes things through the door, at the database of this dashboard."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.writing_process", name],
        cwd=ROOT, env=served.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Writer(process)
    finally:
        process.communicate(timeout=60)


def _write(person: str, name: str) -> str:
    session = connect(User.objects.get(username=person), "harbour")
    try:
        return str(session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map(name)).status)
    except (AuditTrailUnavailable, ApiError) as error:
        return type(error).__name__


if __name__ == "__main__":
    print("ready", flush=True)
    for line in sys.stdin:
        print(_write(sys.argv[1], line.strip()), flush=True)
