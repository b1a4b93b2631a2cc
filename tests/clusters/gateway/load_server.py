"""Load test server: a dashboard whose own process also writes for twenty users."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import ROOT, DashboardServer, wait_for

PAGE = "/c/harbour/shop/configmaps"
PROGRAM = "tests.clusters.gateway.writing_server"


class LoadServer(DashboardServer):
    """A server whose own process writes while it serves."""

    def start_server(self) -> None:
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, str(self.port)],
                cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        wait_for(self.is_answering, message=self.log.read_text())

    def prepare(self, plane: ControlPlane, writers: int) -> list[str]:
        """The control plane as a cluster, ada, and so many more editors with credentials of their own."""
        self.run_command("create_users")
        self.run_command("cluster", slug="harbour", server=plane.server, ca=plane.ca)
        names = [f"writer-{number}" for number in range(writers)]
        for name in names:
            self.run_command("create_editor", name=name)
        for name in ["ada", *names]:
            self.run_command("credential", name=name, slug="harbour", keys={"token": plane.token("ada")})
        return names

    def start_writing(self, names: list[str], seconds: float) -> None:
        """They begin; see `answered`."""
        assert self._server is not None
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"names": names, "seconds": seconds}).encode() + b"\n")
        self._server.stdin.flush()

    def wait_for_answers(self) -> list[list[Any]]:
        """Waits for the end, and says what was answered to all of them: verb, name, status."""
        assert self._server is not None
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, self.log.read_text()[-4000:]
        return list(json.loads(line))

    def measure_pages(self, client: requests.Session, seconds: float) -> list[float]:
        """How long each page took in seconds, one after the other for so long; each of them was a whole page."""
        found, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            answer = client.get(self.url + PAGE, timeout=60)
            found.append(time.monotonic() - began)
            assert answer.status_code == 200, answer.status_code
            assert "kube-root-ca.crt" in answer.text
        return found

    def audit_trail(self) -> Path:
        return self.folder / "audit.sqlite3"
