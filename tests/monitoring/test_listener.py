"""Metrics listener: an address of its own that serves metrics and nothing else."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import canary
from tests.serve_process import ServeProcess, run_server

TOKEN = canary.plant("a metrics token", secrets.token_hex(24))


def find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The URL of the metrics of a server without a token, and of the server itself."""
    port = find_free_port()
    folder = tmp_path_factory.mktemp("metrics") / "data"
    with run_server(folder, QUARTERDECK_METRICS_LISTEN=f"localhost:{port}") as server:
        yield f"http://127.0.0.1:{port}", server.url()


def fetch(url: str, method: str = "GET", **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, headers=headers, timeout=30)


def test_it_serves_the_metrics_and_the_other_address_does_not(listening: tuple[str, str]) -> None:
    metrics, dashboard = listening
    found = fetch(f"{metrics}/metrics")
    assert found.status_code == 200
    assert "quarterdeck_open_sockets 0.0" in found.text
    assert found.headers["X-Request-ID"]
    assert fetch(f"{dashboard}/metrics").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/people/sign-in/", "/metrics/", "/metrics/x", "//metrics", "/static/shell/base.css"],
)
def test_it_serves_nothing_else(listening: tuple[str, str], path: str) -> None:
    found = fetch(listening[0] + path)
    assert (found.status_code, found.text) == (404, "not found")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("POST", 405), ("PUT", 405), ("DELETE", 405), ("BREW", 405)]
)
def test_it_is_only_read(listening: tuple[str, str], method: str, status: int) -> None:
    found = fetch(f"{listening[0]}/metrics", method)
    assert found.status_code == status
    assert "quarterdeck_" not in found.text
    assert found.headers["Server"] == "quarterdeck"
    assert found.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("10.1.2.3:9100", 200),
        ("[fd00::1]:9100", 200),
        ("localhost:9100", 200),
        ("evil.example", 400),
        ("a.localhost", 400),
    ],
)
def test_a_name_that_points_here_reads_nothing(listening: tuple[str, str], host: str, status: int) -> None:
    """DNS rebinding: a page elsewhere reads by its own name."""
    found = fetch(f"{listening[0]}/metrics", Host=host, Origin="https://evil.example")
    assert found.status_code == status
    assert "Access-Control-Allow-Origin" not in found.headers
    assert ("quarterdeck_" in found.text) == (status == 200)


def test_with_a_token_it_wants_the_token_and_any_host_will_do(tmp_path: Path) -> None:
    port = find_free_port()
    environment = {"QUARTERDECK_METRICS_LISTEN": f"127.0.0.1:{port}", "QUARTERDECK_METRICS_TOKEN": TOKEN}
    with run_server(tmp_path / "data", **environment) as server:
        for url in (f"http://127.0.0.1:{port}/metrics", f"{server.url()}/metrics"):
            assert fetch(url).status_code == 401
            assert fetch(url, Authorization=f"Bearer {TOKEN}x").status_code == 401
            assert fetch(url, Authorization=f"Bearer {TOKEN}").status_code == 200
        named = fetch(f"http://127.0.0.1:{port}/metrics", Authorization=f"Bearer {TOKEN}", Host="deck-1:9100")
        assert named.status_code == 200
        server.end()
    canary.check_log(server.output.partition("Use this one-time link")[0], "what the server said")


def test_a_port_that_is_taken_stops_the_start_and_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with run_server(tmp_path / "data", QUARTERDECK_METRICS_LISTEN=f"127.0.0.1:{port}") as server:
            assert ServeProcess.wait(server) == 1
    assert "QUARTERDECK_METRICS_LISTEN" in server.output
    assert "Traceback" not in server.output
