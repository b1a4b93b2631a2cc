"""Fixture `dashboard_server`: a real server process of its own, with signed-in test users."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext

from tests import canary
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.keys import get_keys
from tests.controlplane.users import USERS

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 40.0  # seconds


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE, message: str = "") -> Any:
    """The first true answer of `what`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(message or f"{what} was not so within {seconds} s")
        time.sleep(0.05)  # between looks at a condition


class DashboardServer:
    """A running dashboard: Daphne on its own port and data folder, and a second process at its database.

    It has the timings of tests/quick_settings.py, or with `DJANGO_SETTINGS_MODULE="dashboard.settings"`, and always in
    production mode, those of the product.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = _find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "QUARTERDECK_DATA": str(folder),
            "QUARTERDECK_LOG_LEVEL": "DEBUG",
            "QUARTERDECK_SHUTDOWN_GRACE": "0",  # no test waits for a load balancer that is not there
        }
        if environment.get("QUARTERDECK_MODE") != "production":
            self.environment["DJANGO_SETTINGS_MODULE"] = "tests.quick_settings"
        self.environment.update(environment)
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self.log = folder / "server.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._fixtures_process: subprocess.Popen[str] | None = None

    def start(self) -> DashboardServer:
        self._manage("migrate", "-v0")
        self._plant_keys()
        self._fixtures_process = subprocess.Popen(
            [sys.executable, "-m", "tests.database_fixtures"],
            cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.run_command("create_users")  # first: a start without an administrator makes one
        self.start_server()
        return self

    def start_server(self) -> None:
        where = ["--address", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-prepare", *where],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_for(self.is_answering, message=self.log.read_text())

    def send_signal(self, number: int) -> None:
        assert self._server is not None
        self._server.send_signal(number)

    def wait_for_end(self) -> int:
        """The exit code of the server's process, once it has ended."""
        assert self._server is not None
        return self._server.wait(PATIENCE)

    def end_server(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit code."""
        self.send_signal(number)
        return self.wait_for_end()

    def kill_server(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()

    def stop(self) -> None:
        for process in (self._fixtures_process, self._server):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        canary.check_folder(self.folder)  # what is found fails the test that runs

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._server is not None
        return self._server.pid

    def read_memory(self) -> int:
        """Resident bytes of the server's process."""
        assert self._server is not None
        for line in Path(f"/proc/{self._server.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def run_command(self, command: str, **arguments: Any) -> Any:
        """One command of tests/database_fixtures.py, at this server's database."""
        assert self._fixtures_process is not None
        assert self._fixtures_process.stdin is not None
        assert self._fixtures_process.stdout is not None
        self._fixtures_process.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
        self._fixtures_process.stdin.flush()
        answer = self._fixtures_process.stdout.readline()
        assert answer, f"tests.database_fixtures ended at {command}"
        return json.loads(answer)

    def add_cluster(self, plane: ControlPlane, slug: str = "harbour", *, color: str = "teal") -> None:
        """A control plane as a cluster, with everybody's own credential."""
        self.run_command("create_users")
        self.run_command("cluster", slug=slug, server=plane.server, ca=plane.ca, color=color)
        for one in USERS:
            if one.team:
                keys = get_keys(plane, one.name)
                namespace = "shop" if one.name == "dana" else ""
                self.run_command("credential", name=one.name, slug=slug, keys=keys, namespace=namespace)

    def session(self, name: str) -> str:
        """The key of a new session of this person."""
        return canary.plant(f"session of {name}", str(self.run_command("session", name=name)))

    def sign_in(self, context: BrowserContext, name: str) -> str:
        """Give a browser a session of this person; returns its key."""
        key = self.session(name)
        context.add_cookies([{"name": "quarterdeck-session", "value": key, "url": self.url}])
        return key

    def client(self, name: str = "") -> requests.Session:
        """A plain HTTP client, signed in as this person where one is named."""
        session = requests.Session()
        session.trust_env = False
        session.hooks["response"].append(_check_response)
        if name:
            session.cookies.set("quarterdeck-session", self.session(name), domain="127.0.0.1")
        return session

    def _manage(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _plant_keys(self) -> None:
        made = json.loads((self.folder / "keys.json").read_text())
        canary.plant("SECRET_KEY", made["secret"])
        for key in made["sealing"]:
            canary.plant("a sealing key", key)

    def is_answering(self) -> bool:
        try:
            requests.get(self.url, timeout=2, allow_redirects=False)
        except requests.ConnectionError:
            return False
        return True


@pytest.fixture(scope="session")
def dashboard_server(
    controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    """The dashboard over the shared control plane, as cluster `harbour`."""
    dashboard = DashboardServer(tmp_path_factory.mktemp("dashboard")).start()
    try:
        dashboard.add_cluster(controlplane)
        yield dashboard
    finally:
        dashboard.stop()


def _check_response(response: requests.Response, **_options: Any) -> None:
    """No answer to a plain client holds a secret, except the value of a Secret that was requested."""
    path = response.url.partition("?")[0]
    if path.endswith("/secret-value"):
        return
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items() if name != "Set-Cookie")
    canary.check_text(
        f"{response.url}\n{head}\n{response.text}", f"the answer to {response.request.method} {path}"
    )


def _find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
