"""Reverse proxy with TLS and a sub-path: sign-in and sockets work, forged headers do not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import expect

from tests.dashboard_server import DashboardServer
from tests.live.pages import expect_state, find_row
from tests.live.tls_proxy import TlsProxy

PATH = "/deck/c/harbour/shop/pods"


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def proxied_dashboard(controlplane, tmp_path_factory, port) -> Iterator[DashboardServer]:
    """A dashboard whose public URL is the proxy's, below a sub-path; the proxy is trusted."""
    dashboard = DashboardServer(
        tmp_path_factory.mktemp("behind"),
        QUARTERDECK_PUBLIC_URL=f"https://localhost:{port}/deck",
        QUARTERDECK_TRUSTED_PROXIES="127.0.0.1/32",
    ).start()
    headers = [
        "X-Forwarded-Proto: https",
        f"X-Forwarded-Host: localhost:{port}",
        "X-Forwarded-For: 203.0.113.9",
    ]
    try:
        dashboard.add_cluster(controlplane)
        with TlsProxy(dashboard.folder, port, dashboard.port, headers):
            yield dashboard
    finally:
        dashboard.stop()


def test_a_person_signs_in_and_sees_live_rows_there(proxied_dashboard, port, new_page):
    page = new_page(ignore_https_errors=True)
    page.goto(f"https://localhost:{port}{PATH}")
    page.get_by_label("Username").fill("dana")
    page.get_by_label("Password").fill("sail-with-dana")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"https://localhost:{port}{PATH}")
    expect_state(page, "live")
    find_row(page, "toolbox").get_by_role("link").click()
    expect(page).to_have_url(f"https://localhost:{port}{PATH}/toolbox")
    expect_state(page, "live")
    cookie = next(one for one in page.context.cookies() if "session" in one["name"])
    assert cookie["secure"]
    assert cookie["httpOnly"]


def test_who_comes_from_elsewhere_cannot_forge_the_proxys_headers(dashboard_server):
    """The shared dashboard trusts nobody: what a peer forwards changes nothing."""
    forged = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "203.0.113.9",
    }
    answer = requests.get(
        f"{dashboard_server.url}/c/harbour/shop/pods", headers=forged, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302
    assert "evil.example" not in answer.headers["Location"]
    assert not answer.headers["Location"].startswith("https")
