"""Production server: a real process in production mode, behind a TLS-terminating proxy and before a recorder."""

from __future__ import annotations

import base64
import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import requests
import urllib3
from playwright.sync_api import BrowserContext

from tests import canary
from tests.attacks.recorder import Recorder
from tests.dashboard_server import DashboardServer
from tests.live.tls_proxy import TlsProxy
from tests.simulated_cluster import Plane

SESSION = "__Host-quarterdeck-session"
STRANGER = "127.0.0.2"  # an address of this machine that is no trusted proxy


@dataclass(frozen=True)
class ProductionServer:
    """`url` is the public one; `port` is the server's own, behind the proxy."""

    dashboard_server: DashboardServer
    plane: Plane
    host: str

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    @property
    def port(self) -> int:
        return self.dashboard_server.port

    def token(self, name: str) -> str:
        return self.plane.token(name)

    def session(self, name: str) -> str:
        return self.dashboard_server.session(name)

    def cookie(self, name: str) -> str:
        return f"{SESSION}={self.session(name)}"

    def sign_in(self, context: BrowserContext, name: str) -> str:
        key = self.session(name)
        context.add_cookies(
            [{"name": SESSION, "value": key, "url": self.url, "secure": True, "httpOnly": True}]
        )
        return key

    def client(self, name: str = "") -> requests.Session:
        """Through the proxy, as a browser."""
        session = requests.Session()
        session.trust_env = False
        session.verify = False
        if name:
            session.headers["Cookie"] = self.cookie(name)
        return session

    def raw(self, request: bytes, *, source: str = "127.0.0.1") -> tuple[int, str]:
        """Status and whole answer, head included, to these very bytes, sent to the server itself from this address."""
        with socket.create_connection(("127.0.0.1", self.port), 60, source_address=(source, 0)) as wire:
            wire.sendall(request)
            answer = HTTPResponse(wire)
            answer.begin()
            return answer.status, f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"


@contextmanager
def run_production_server(folder: Path, plane: Plane, recorder: Recorder) -> Iterator[ProductionServer]:
    """All test users, with ada's token for cluster harbour, which is the recorder."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    host = f"localhost:{port}"
    secret, sealing = secrets.token_urlsafe(64), base64.b64encode(secrets.token_bytes(32)).decode()
    # Not read in production; there for the canaries, which look for these keys everywhere.
    (folder / "keys.json").write_text(json.dumps({"secret": secret, "sealing": [sealing]}))
    environment = {
        "QUARTERDECK_MODE": "production",
        "QUARTERDECK_SECRET_KEY": secret,
        "QUARTERDECK_SEALING_KEYS": sealing,
        "QUARTERDECK_PUBLIC_URL": f"https://{host}",
        "QUARTERDECK_TRUSTED_PROXIES": "127.0.0.1/32",
        "QUARTERDECK_LOG_FORMAT": "json",  # what it has logged is searched for secrets when it ends
        "QUARTERDECK_METRICS_TOKEN": canary.plant("the metrics token", secrets.token_hex(24)),
    }
    forwarded = ["X-Forwarded-Proto: https", f"X-Forwarded-Host: {host}", "X-Forwarded-For: 203.0.113.9"]
    served = DashboardServer(folder, **environment).start()
    try:
        served.run_command("create_users")
        served.run_command("cluster", slug="harbour", server=recorder.url, ca=recorder.ca)
        for name in ("ada", "rene"):
            keys = {"token": plane.token(name)}
            served.run_command("credential", name=name, slug="harbour", keys=keys)
        with TlsProxy(folder, port, served.port, forwarded):
            yield ProductionServer(served, plane, host)
    finally:
        served.stop()
