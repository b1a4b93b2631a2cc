"""Graceful shutdown: what is under way ends, and the process does so too, whatever hangs."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.dashboard_server import DashboardServer, wait_for
from tests.faults.page_state import PATIENCE, BrowserUser, expect_state
from tests.lifecycle.conftest import HeldCluster
from tests.live import sockets
from tests.live.pages import find_row
from tests.program import Program
from tests.serve_process import build_environment
from tests.simulated_cluster import SimulatedCluster

Start = Callable[..., DashboardServer]
WRITERS = 6
RESTARTING = 4012
LATE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "after-the-restart", "namespace": "shop"},
}


class RequestInBackground:
    """A page that is being loaded from a cluster whose answers are held back."""

    def __init__(self, server: DashboardServer, cluster: HeldCluster) -> None:
        server.run_command("dead_cluster", slug="held", name="dana", server=cluster.url, ca=cluster.ca)
        self._client = server.client("dana")
        self._pool = ThreadPoolExecutor(1)
        self._response = self._pool.submit(self._client.get, f"{server.url}/c/held/shop/pods", timeout=60)
        assert cluster.has_request.wait(30)

    def response(self) -> requests.Response:
        return self._response.result(60)

    def is_cut_off(self) -> bool:
        return isinstance(self._response.exception(60), requests.ConnectionError)


def read_log(server: DashboardServer) -> str:
    return server.log.read_text()


def is_listening(server: DashboardServer) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def test_a_request_under_way_is_answered_and_then_the_process_ends(
    start_server: Start, held_cluster: HeldCluster
) -> None:
    server = start_server()
    request = RequestInBackground(server, held_cluster)
    server.send_signal(signal.SIGTERM)
    wait_for(lambda: not is_listening(server))
    held_cluster.release.set()
    response = request.response()
    assert response.status_code in (502, 503, 504)
    assert "Held" in response.text, "the page of this cluster, not an error of the server's end"
    assert response.headers["Connection"] == "close"
    assert server.wait_for_end() == 0
    assert "Traceback" not in read_log(server)


def test_it_is_not_ready_at_once_and_serves_on_in_the_grace(start_server: Start) -> None:
    server = start_server(QUARTERDECK_SHUTDOWN_GRACE="3")
    client = server.client("dana")
    assert client.get(f"{server.url}/readyz", timeout=20).status_code == 200
    server.send_signal(signal.SIGTERM)
    wait_for(lambda: client.get(f"{server.url}/readyz", timeout=20).status_code == 503, seconds=2)
    assert client.get(f"{server.url}/healthz", timeout=20).status_code == 200
    page = client.get(f"{server.url}/people/me/", timeout=20)
    assert (page.status_code, page.headers["Connection"]) == (200, "close")
    assert server.wait_for_end() == 0
    with pytest.raises(requests.ConnectionError):
        client.get(f"{server.url}/readyz", timeout=20)


def test_a_request_that_hangs_is_cut_off_in_time_and_named(
    start_server: Start, held_cluster: HeldCluster
) -> None:
    server = start_server(QUARTERDECK_SHUTDOWN_TIMEOUT="2")
    request = RequestInBackground(server, held_cluster)
    began = time.monotonic()
    assert server.end_server() == 1
    assert time.monotonic() - began < 4
    assert request.is_cut_off()
    assert "under way after 1 s and are cut off: GET /c/held/shop/pods" in read_log(server)


def test_a_second_signal_ends_it_at_once(start_server: Start, held_cluster: HeldCluster) -> None:
    server = start_server(QUARTERDECK_SHUTDOWN_TIMEOUT="60")
    request = RequestInBackground(server, held_cluster)
    server.send_signal(signal.SIGINT)
    wait_for(lambda: not is_listening(server))
    assert server.end_server(signal.SIGINT) == 128 + signal.SIGINT
    assert request.is_cut_off()
    assert "ends at once" in read_log(server)


HANGING_LOOP = """
import time
import django
django.setup()
from dashboard.lifecycle.server import QuarterdeckServer
from dashboard.lifecycle.shutdown import Shutdown

async def application(scope, receive, send):
    print("hangs", flush=True)
    time.sleep(60)

server = QuarterdeckServer(
    application, endpoints=["tcp:0:interface=127.0.0.1"], welcome=lambda address, port: f"listens on {port}."
)
Shutdown(server, timeout=2, grace=0).install()
server.run()
"""


def test_an_event_loop_that_hangs_is_ended_by_force(tmp_path: Path) -> None:
    program = Program(
        ["-c", HANGING_LOOP], build_environment(tmp_path, DJANGO_SETTINGS_MODULE="dashboard.settings")
    )
    try:
        port = int(program.wait_for(r"listens on (\d+)\.")[1])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            program.wait_for("hangs")
            began = time.monotonic()
            assert program.end(signal.SIGTERM) == 1
        assert time.monotonic() - began < 10
        assert "Not ended after 2 s: ended by force, with the threads MainThread" in program.output
    finally:
        program.process.kill()
        program.process.wait()


def test_connections_that_ask_nothing_delay_it_for_seconds_at_most(start_server: Start) -> None:
    server = start_server()
    kept = server.client("dana")
    assert kept.get(f"{server.url}/people/me/", timeout=20).status_code == 200
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address), socket.create_connection(address) as half:
        half.sendall(b"GET /people/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and the rest never comes
        began = time.monotonic()
        assert server.end_server() == 0
        assert 3 <= time.monotonic() - began < 10


def test_writers_lose_nothing_that_was_done(start_server: Start) -> None:
    """Six writers, ended three times: whatever was recorded as done was answered, and the other way round."""
    server = start_server()
    first, answered = count_changes(server), 0
    for _ in range(3):
        ended = threading.Event()
        with ThreadPoolExecutor(WRITERS) as pool:
            clients = [server.client("dana") for _ in range(WRITERS)]
            counts = [pool.submit(write_until, ended, server.url, client) for client in clients]
            before = count_changes(server)
            wait_for(lambda before=before: count_changes(server) > before + WRITERS)
            assert server.end_server() == 0
            ended.set()
            answered += sum(count.result() for count in counts)
        server.start_server()
    assert answered > 3 * WRITERS
    assert count_changes(server) == first + answered


def write_until(ended: threading.Event, url: str, client: requests.Session) -> int:
    """Change one's name again and again; how often that was answered."""
    done = 0
    client.get(f"{url}/people/me/", timeout=30)
    while not ended.is_set():
        token = client.cookies["quarterdeck-csrf"]
        form = {"name": f"Dana {done}", "csrfmiddlewaretoken": token}
        try:
            answer = client.post(f"{url}/people/me/", form, timeout=30, allow_redirects=False)
        except requests.ConnectionError:
            break  # refused, or closed before anything of it was read
        assert answer.status_code == 302, answer.text
        done += 1
    return done


def count_changes(server: DashboardServer) -> int:
    with closing(sqlite3.connect(server.folder / "audit.sqlite3")) as trail:
        return int(
            trail.execute(
                "select count(*) from audit_entry where verb = 'name' and result = 'ok'"
            ).fetchone()[0]
        )


def test_open_sockets_are_closed_with_the_code_of_a_restart(start_server: Start) -> None:
    server = start_server()
    session = server.session("dana")

    async def look() -> int | None:
        async with sockets.Sockets(server) as opener:
            opened = await opener.open(session, "/")
            await opened.read_html()
            server.send_signal(signal.SIGTERM)
            while not opened.socket.closed:
                await opened.socket.receive()
            return opened.socket.close_code

    assert sockets.run(look) == RESTARTING
    assert server.wait_for_end() == 0


def test_pages_go_on_over_a_restart_without_a_word(
    browser: Browser, start_server: Start, simulated_cluster: SimulatedCluster
) -> None:
    server = start_server()
    server.add_cluster(simulated_cluster)
    dana = BrowserUser(browser, server, "dana")
    try:
        page = dana.open("/c/harbour/shop/configmaps")
        expect_state(page, "live")
        page.evaluate(
            "new MutationObserver(() => { window.said = (window.said || '') + document.body.innerText;"
            "}).observe(document.body, { childList: true, subtree: true })"
        )
        reconnected = page.expect_event("websocket", timeout=PATIENCE)
        with reconnected:
            assert server.end_server() == 0
            server.start_server()
        expect_state(page, "live")
        simulated_cluster.create([LATE])
        expect(find_row(page, "after-the-restart")).to_be_visible(timeout=PATIENCE)
        said = page.evaluate("window.said")
        assert "after-the-restart" in said
        assert "Connection to Quarterdeck lost" not in said
        assert "Reconnected" not in said
        assert "not responding" not in said
    finally:
        dana.close()
        simulated_cluster.admin.delete(f"{simulated_cluster.path(LATE)}/{LATE['metadata']['name']}")
