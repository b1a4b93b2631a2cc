"""Demo process: the command in a process of its own, its output, and a plain HTTP client."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.program import Program
from tests.simulator.caller import Caller

BARE = Path(__file__).resolve().parent / "bare"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Demo(Program):
    """`python -m demo`, with nothing but requirements.txt, in a temporary folder that is ours."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        mine = {name: value for name, value in os.environ.items() if not name.startswith("QUARTERDECK_")}
        given = {"TMPDIR": str(folder), "PYTHONPATH": str(BARE), "QUARTERDECK_LISTEN": "127.0.0.1:0"}
        super().__init__(
            ["-m", "demo"],
            {**mine, **given, "QUARTERDECK_DEMO_OPEN": "no", **environment},
            stdin=subprocess.DEVNULL,
        )

    def start(self) -> Demo:
        self.wait_for(r"Press Ctrl\+C to stop the demo")
        return self

    @property
    def url(self) -> str:
        return self.wait_for(r"(http://127\.0\.0\.1:\d+)/demo/")[1]

    @property
    def kubeconfig(self) -> Path:
        return Path(self.wait_for(r"KUBECONFIG=(\S+\.yaml)")[1])

    def cluster(self, name: str) -> Caller:
        """The API of one of its clusters, for the administrator."""
        found = yaml.safe_load(self.kubeconfig.read_text())
        there = next(one["cluster"] for one in found["clusters"] if one["name"] == name)
        context = next(one["context"] for one in found["contexts"] if one["context"]["cluster"] == name)
        token = next(one["user"]["token"] for one in found["users"] if one["name"] == context["user"])
        authority = base64.b64decode(there["certificate-authority-data"]).decode()
        return Caller(there["server"], authority, token)

    def children(self) -> list[int]:
        """The processes that it has started."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(one) for one in found.split()]


@contextmanager
def run_demo(folder: Path, **environment: str) -> Iterator[Demo]:
    demo = Demo(folder, **environment)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


class Visitor:
    """A browser without scripts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=30, **options)

    def post(
        self, path: str, fields: dict[str, str], *, token: str | None = None, origin: str | None = ""
    ) -> requests.Response:
        """As a page of the demo sends it, unless token or origin (None: no header) are given."""
        token = self.token() if token is None else token
        headers = {} if origin is None else {"Origin": origin or self.url}
        return self.session.post(
            self.url + path,
            {"csrfmiddlewaretoken": token, **fields},
            headers=headers,
            timeout=30,
            allow_redirects=False,
        )

    def token(self) -> str:
        found = TOKEN.search(self.get("/demo/").text)
        assert found
        return found[1]

    def sign_in_as(self, name: str, next_url: str = "/") -> requests.Response:
        return self.post("/demo/pick/", {"person": name, "next": next_url})

    @property
    def session_key(self) -> str:
        return self.session.cookies.get("quarterdeck-demo-session") or ""

    def is_signed_in(self) -> bool:
        return self.get("/people/me/", allow_redirects=False).status_code == 200
