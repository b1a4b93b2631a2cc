"""Storage faults: a locked database or a full disk, on pages and for audited changes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.clusters.gateway.conftest import find_audit_events
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.faults.disk import fill_disk, limit_file_size, lock_database
from tests.faults.page_state import (
    PATIENCE,
    BrowserUser,
    check_recovery,
    expect_state,
    expect_texts,
    find_row,
)
from tests.faults.writing_process import Writer, run_writer
from tests.live.pages import make_pod

SECRET_MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {name: held, namespace: shop}
stringData: {word: asked for in a fault}
"""
SECRET = "namespaces/shop/secrets/held"
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def small_disk_dashboard(plane: ControlPlane, tmp_path: Path) -> Iterator[DashboardServer]:
    """A dashboard whose data folder is a disk of its own, of 96 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", str(tmp_path)], check=True)
    served = DashboardServer(tmp_path).start()
    try:
        served.add_cluster(plane)
        yield served
    finally:
        served.stop()
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def expect_held_back(account: Page, name: str) -> None:
    """What is typed is held back, and stays."""
    account.locator("input[name=name]").fill(name)
    account.locator("input[name=name]").press("Enter")
    dialog = account.locator("dialog#cannot-send")
    expect(dialog).to_contain_text("Quarterdeck cannot save right now.", timeout=PATIENCE)
    assert account.locator("input[name=name]").input_value() == name


def expect_form_returned(client: requests.Session, url: str, token: str) -> None:
    """Without our script, a form that could not be saved is answered 503, with what was typed."""
    sent = {"name": "Typed & kept", "csrfmiddlewaretoken": token}
    found = client.post(url, data=sent, timeout=120, headers={"Referer": url})
    assert found.status_code == 503
    assert int(found.headers["Retry-After"]) > 0
    assert "Typed &amp; kept" in found.text


def expect_live(page: Page, plane: ControlPlane, name: str) -> None:
    expect_state(page, "live")
    make_pod(plane, name)
    expect(find_row(page, name)).to_be_visible(timeout=PATIENCE)


@dataclass(frozen=True)
class Changes:
    """Who tries to change a cluster, and to read a Secret's value: both are on record before, or not sent."""

    plane: ControlPlane
    served: DashboardServer
    writes: Writer
    client: requests.Session
    token: str

    def reveal(self) -> requests.Response:
        url = f"{self.served.url}/c/harbour/shop/secrets/held/secret-value"
        fields = {"key": "word", "csrfmiddlewaretoken": self.token}
        return self.client.post(url, data=fields, headers={"Referer": self.served.url}, timeout=60)

    def expect_refused(self, thing: str) -> None:
        """503, and by its own audit log the API server has heard nothing of it; reading goes on."""
        heard = len(find_audit_events(self.plane, SECRET))
        assert self.writes.write(thing) == "AuditTrailUnavailable"
        answer = self.reveal()
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "Nothing was" in answer.text
        read = self.client.get(f"{self.served.url}/c/harbour/shop/configmaps", timeout=60)
        assert read.status_code == 200
        assert (find_audit_events(self.plane, thing), len(find_audit_events(self.plane, SECRET))) == (
            [],
            heard,
        )

    def expect_accepted(self, thing: str) -> None:
        """Afterwards both are sent, and the API server knows of them."""
        heard = len(find_audit_events(self.plane, SECRET))
        wait_for(lambda: self.writes.write(thing) == "201")
        wait_for(lambda: self.reveal().status_code == 200)
        assert find_audit_events(self.plane, thing)
        assert len(find_audit_events(self.plane, SECRET)) > heard


@contextmanager
def prepare_changes(plane: ControlPlane, served: DashboardServer) -> Iterator[Changes]:
    """All that must be saved for it is saved before the fault."""
    plane.kubectl("apply", "-f", "-", input=SECRET_MANIFEST)
    client = served.client("dana")
    token = TOKEN.findall(client.get(served.url + "/people/me/").text)[0]
    with run_writer(served, "dana") as writes:
        yield Changes(plane, served, writes, client, token)


def test_a_locked_database_is_said_and_open_pages_stay_live(
    plane, dashboard: DashboardServer, person, recovery_times
):
    dana = person("dana")
    page = dana.open("/c/harbour/shop/pods")
    expect_state(page, "live")
    client = dashboard.client("dana")
    token = TOKEN.findall(client.get(dashboard.url + "/people/me/").text)[0]
    with lock_database(dashboard.folder):
        expect_form_returned(client, dashboard.url + "/people/me/", token)
        expect_texts(page, "Quarterdeck's database is locked by another program.", "You can keep browsing")
        expect_live(page, plane, "while-locked")
    with check_recovery("database unlocked", recovery_times):
        expect(page.locator("#outage .notice")).to_have_count(0, timeout=PATIENCE)


def test_a_full_disk_is_said_and_reading_goes_on(
    plane, small_disk_dashboard: DashboardServer, browser: Browser, recovery_times
):
    with prepare_changes(plane, small_disk_dashboard) as tried:
        _try_full_disk(tried, plane, small_disk_dashboard, browser, recovery_times)


def _try_full_disk(
    tried: Changes, plane: ControlPlane, small: DashboardServer, browser: Browser, figures
) -> None:
    dana = BrowserUser(browser, small, "dana")
    page, account = dana.open("/c/harbour/shop/pods"), dana.open("/people/me/")
    expect_state(page, "live")
    assert small._fixtures_process is not None
    small._fixtures_process.terminate()  # nobody but the server holds its database open
    small._fixtures_process.wait(20)
    with fill_disk(small.folder):
        tried.expect_refused("never-full")
        again = dana.open("/c/harbour/shop/pods")
        expect_texts(
            again,
            "The Quarterdeck server's disk is full.",
            "changes to clusters are blocked",
            "You can keep browsing",
        )
        expect_live(page, plane, "while-full")
        expect(find_row(again, "while-full")).to_be_visible(timeout=PATIENCE)
        expect_texts(page, "The Quarterdeck server's disk is full.")
        expect_held_back(account, "Dana of the disk")
    with check_recovery("space on the disk", figures):
        expect(again.locator("#outage .notice")).to_have_count(0, timeout=PATIENCE)
    account.get_by_role("button", name="Send again").click()
    expect_texts(account, "Name updated.")
    tried.expect_accepted("after-full")
    dana.close()


def test_files_that_may_not_grow_are_said_and_reading_goes_on(plane, dashboard: DashboardServer, person):
    """Like a quota: the disk has space, and this server cannot use it."""
    page = person("dana").open("/c/harbour/shop/pods")
    expect_state(page, "live")
    with prepare_changes(plane, dashboard) as tried:
        with limit_file_size(dashboard.pid, tried.writes.pid):
            tried.expect_refused("never-grown")
            expect_form_returned(tried.client, dashboard.url + "/people/me/", tried.token)
            expect_texts(page, "The audit trail is not writable.", "You can keep browsing")
            expect_live(page, plane, "while-limited")
        expect(page.locator("#outage .notice")).to_have_count(0, timeout=PATIENCE)
        tried.expect_accepted("after-grown")


@contextmanager
def run_on_postgresql(url: str, folder: Path, plane: ControlPlane) -> Iterator[tuple[DashboardServer, str]]:
    """A dashboard with a database of its own there, and that database's URL."""
    there = url.rpartition("/")[0]
    with psycopg.connect(f"{there}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE faults")
    own = f"{there}/faults"
    served = DashboardServer(folder, DATABASE_URL=own).start()
    try:
        served.add_cluster(plane)
        yield served, own
    finally:
        served.stop()


def test_a_locked_postgresql_is_said_and_open_pages_stay_live(
    plane, postgresql: str, tmp_path: Path, browser: Browser, recovery_times
):
    with run_on_postgresql(postgresql, tmp_path, plane) as (served, url):
        dana = BrowserUser(browser, served, "dana")
        page = dana.open("/c/harbour/shop/pods")
        expect_state(page, "live")
        client = served.client("dana")
        token = TOKEN.findall(client.get(served.url + "/people/me/").text)[0]
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE people_user, people_session IN EXCLUSIVE MODE")
            expect_form_returned(client, served.url + "/people/me/", token)
            expect_texts(
                page, "Quarterdeck's database is locked by another program.", "You can keep browsing"
            )
            expect_live(page, plane, "while-postgresql-locked")
            dana.open("/c/harbour/shop/configmaps")
        with check_recovery("PostgreSQL unlocked", recovery_times):
            expect(page.locator("#outage .notice")).to_have_count(0, timeout=PATIENCE)
        dana.close()
