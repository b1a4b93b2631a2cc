"""How do tests meet the product as people do? A real server process of its own, with the cast signed in."""

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
from tests.controlplane.cast import CAST
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.keys import keys_of

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


class Served:
    """A running dashboard: Daphne on its own port and data folder, and a second process at its database."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "QUARTERDECK_DATA": str(folder), "QUARTERDECK_LOG_LEVEL": "DEBUG"}
        self.environment.update(environment)
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self.log = folder / "server.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._stage: subprocess.Popen[str] | None = None

    def start(self) -> Served:
        self._manage("migrate", "-v0")
        self._manage("collectstatic", "--noinput", "-v0")
        self._plant_keys()
        self._stage = subprocess.Popen(
            [sys.executable, "-m", "tests.stage"],
            cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.do("people")  # first: a start without an administrator makes one
        self.start_server()
        return self

    def start_server(self) -> None:
        where = ["--address", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-prepare", *where],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_for(self.answers, message=self.log.read_text())

    def kill_server(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()

    def stop(self) -> None:
        for process in (self._stage, self._server):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        canary.look_at_folder(self.folder)  # what is found fails the test that runs

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._server is not None
        return self._server.pid

    def memory(self) -> int:
        """Resident bytes of the server's process."""
        assert self._server is not None
        for line in Path(f"/proc/{self._server.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def do(self, command: str, **arguments: Any) -> Any:
        """One command of tests/stage.py, at this server's database."""
        assert self._stage is not None
        assert self._stage.stdin is not None
        assert self._stage.stdout is not None
        self._stage.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
        self._stage.stdin.flush()
        answer = self._stage.stdout.readline()
        assert answer, f"tests.stage ended at {command}"
        return json.loads(answer)

    def add_cluster(self, plane: ControlPlane, slug: str = "harbour", *, colour: str = "teal") -> None:
        """A control plane as a cluster, with everybody's own credential."""
        self.do("people")
        self.do("cluster", slug=slug, server=plane.server, ca=plane.ca, colour=colour)
        for one in CAST:
            if one.team:
                keys = keys_of(plane, one.name)
                namespace = "shop" if one.name == "dana" else ""
                self.do("credential", name=one.name, slug=slug, keys=keys, namespace=namespace)

    def session(self, name: str) -> str:
        """The key of a new session of this person."""
        return canary.plant(f"session of {name}", str(self.do("session", name=name)))

    def sign_in(self, context: BrowserContext, name: str) -> str:
        """Give a browser a session of this person; returns its key."""
        key = self.session(name)
        context.add_cookies([{"name": "quarterdeck-session", "value": key, "url": self.url}])
        return key

    def client(self, name: str = "") -> requests.Session:
        """A plain HTTP client, signed in as this person where one is named."""
        session = requests.Session()
        session.trust_env = False
        session.hooks["response"].append(_look)
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

    def answers(self) -> bool:
        try:
            requests.get(self.url, timeout=2, allow_redirects=False)
        except requests.ConnectionError:
            return False
        return True


@pytest.fixture(scope="session")
def served(controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The dashboard over the shared control plane, as cluster `harbour`."""
    dashboard = Served(tmp_path_factory.mktemp("served")).start()
    try:
        dashboard.add_cluster(controlplane)
        yield dashboard
    finally:
        dashboard.stop()


def _look(response: requests.Response, **_options: Any) -> None:
    """No answer to a plain client holds a secret, but the value of a Secret that was asked for."""
    path = response.url.partition("?")[0]
    if path.endswith("/secret-value"):
        return
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items() if name != "Set-Cookie")
    canary.look(f"{response.url}\n{head}\n{response.text}", f"the answer to {response.request.method} {path}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
