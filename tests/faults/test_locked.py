"""Locked databases: what goes on while another program holds the lock of a database or audit trail."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.dashboard_server import ROOT, DashboardServer, wait_for
from tests.faults.disk import AUDIT_TRAIL, EXCLUSIVE, age_sessions, lock_database, lock_exclusively
from tests.faults.page_state import PATIENCE, expect_state, expect_texts

# Whoever waited for the lock would wait for 10 s, and then see an error: a page that comes sooner has not waited.
QUICK_RESPONSE = 8_000  # milliseconds, on a machine that does other things too
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')
LOCKED = "Quarterdeck's database is locked by another program."


def fetch_form_fields(client: requests.Session, url: str) -> dict[str, str]:
    """The token of the form on this page."""
    found = client.get(url, timeout=PATIENCE / 1000)
    return {"csrfmiddlewaretoken": TOKEN.findall(found.text)[0]}


def post(client: requests.Session, url: str, fields: dict[str, str]) -> requests.Response:
    return client.post(
        url, data=fields, headers={"Referer": url}, timeout=QUICK_RESPONSE / 1000, allow_redirects=False
    )


def is_recovered(dashboard: DashboardServer) -> bool:
    """Nothing is said of an outage any more."""
    return "Quarterdeck-Outage" not in dashboard.client().get(dashboard.url + "/people/sign-in/").headers


@pytest.fixture(autouse=True)
def _wait_for_recovery(dashboard: DashboardServer):
    yield
    wait_for(lambda: is_recovered(dashboard))


def test_pages_that_are_loaded_meanwhile_come_with_the_banner_and_are_live(
    dashboard: DashboardServer, person
):
    """The session is due to be marked as seen: that is what a page would have to write."""
    dana = person("dana")
    dana.open("/c/harbour/shop/pods").close()
    for path, is_live in (
        ("/c/harbour/shop/pods", True),
        ("/c/harbour/shop/pods/steady", False),
        ("/", True),
        ("/clusters/", False),
        ("/people/me/", False),
    ):
        wait_for(lambda: is_recovered(dashboard))
        age_sessions(dashboard.folder)
        with lock_database(dashboard.folder):
            page = dana.context.new_page()
            page.goto(dashboard.url + path, wait_until="domcontentloaded", timeout=QUICK_RESPONSE)
            expect(page.locator("#outage .notice")).to_contain_text(LOCKED)
            expect_texts(page, "You can keep browsing")
            if is_live:
                expect_state(page, "live")
        expect(page.locator("#outage .notice")).to_have_count(0, timeout=PATIENCE) if is_live else None
        page.close()


def test_what_is_sent_comes_back_at_once_while_the_lock_is_known(dashboard: DashboardServer):
    client, url = dashboard.client("dana"), dashboard.url + "/people/me/"
    fields = {"name": "Typed & kept", **fetch_form_fields(client, url)}
    with lock_database(dashboard.folder):
        first = post(client, url, fields)
        later = [post(client, url, fields) for _ in range(4)]
        for answer in (first, *later):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "Typed &amp; kept" in answer.text
        assert sum(one.elapsed.total_seconds() for one in later) < QUICK_RESPONSE / 1000, (
            "four together, not each"
        )
    wait_for(lambda: post(client, url, fields).status_code == 302)


def test_a_namespace_is_opened_though_its_name_cannot_be_kept(dashboard: DashboardServer):
    client, url = dashboard.client("rene"), dashboard.url + "/c/harbour/?choose"
    fields = {"namespace": "pay", **fetch_form_fields(client, url)}
    with lock_database(dashboard.folder):
        answer = post(client, url, fields)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/c/harbour/pay/pods")
        assert client.get(url, timeout=QUICK_RESPONSE / 1000).text.count("/c/harbour/pay/pods") == 0


def test_while_the_audit_trail_is_locked_changes_are_refused_and_pages_load(
    dashboard: DashboardServer, person
):
    client, changing, url = dashboard.client("dana"), dashboard.client("dana"), dashboard.url + "/people/me/"
    fields = {"name": "Dana", **fetch_form_fields(changing, url)}
    page = person("dana").open("/c/harbour/shop/pods")
    came: list[str] = []

    def comes(name: str, ask: Callable[[], requests.Response]) -> requests.Response:
        answer = ask()
        came.append(name)
        return answer

    with lock_database(dashboard.folder, AUDIT_TRAIL), ThreadPoolExecutor(2) as both:
        stranger = dashboard.url + "/people/"
        first = both.submit(comes, "page", lambda: client.get(stranger, timeout=QUICK_RESPONSE / 1000))
        second = both.submit(comes, "change", lambda: post(changing, url, fields))
        assert first.result().status_code == 403, "who is not let in is on record"
        answer = second.result()
        assert answer.status_code == 503
        assert came == ["page", "change"], "a page does not wait for the audit trail as a change does"
        assert int(answer.headers["Retry-After"]) > 0
        page.reload(wait_until="domcontentloaded", timeout=QUICK_RESPONSE)
        expect_texts(page, "The audit trail is not writable.", "changes to clusters are blocked")
        expect_state(page, "live")
    wait_for(lambda: post(changing, url, fields).status_code == 302)


def test_nobody_gets_the_database_for_themselves_while_this_server_runs(tmp_path: Path):
    """It would not be refused to a program that comes when nobody has the file open."""
    served = DashboardServer(tmp_path).start()
    try:
        assert served._fixtures_process is not None
        served._fixtures_process.terminate()
        served._fixtures_process.wait(20)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            lock_exclusively(tmp_path)
        served.kill_server()
        lock_exclusively(tmp_path)
    finally:
        served.stop()


def test_a_start_while_somebody_has_it_for_themselves_says_so(tmp_path: Path):
    """Reading is not possible either then: the start waits for 10 s, fails, and is tried again by whoever keeps it."""
    served = DashboardServer(tmp_path)
    served._manage("migrate", "-v0")
    with lock_database(tmp_path, how=EXCLUSIVE):
        started = subprocess.run(
            [sys.executable, "manage.py", "serve", "--no-prepare", "--address", "127.0.0.1", "--port", "0"],
            cwd=ROOT, env=served.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert started.returncode != 0
    assert "Quarterdeck cannot read its database: database is locked" in started.stderr
