"""What do pages show while this server cannot save: its database locked by another program, or its disk full?"""

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

from tests.clusters.door.conftest import seen_by
from tests.controlplane.controlplane import ControlPlane
from tests.faults.disk import full, limited, locked
from tests.faults.shown import PATIENCE, Person, is_in_state, promised, row, says
from tests.faults.writing import Writer, writer
from tests.live.pages import make_pod
from tests.served import Served, wait_for

HELD = """
apiVersion: v1
kind: Secret
metadata: {name: held, namespace: shop}
stringData: {word: asked for in a fault}
"""
SECRET = "namespaces/shop/secrets/held"
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def small(plane: ControlPlane, tmp_path: Path) -> Iterator[Served]:
    """A dashboard whose data folder is a disk of its own, of 96 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(tmp_path)], check=True)
    served = Served(tmp_path).start()
    try:
        served.add_cluster(plane)
        yield served
    finally:
        served.stop()
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def refused(account: Page, name: str) -> None:
    """What is typed is held back, and stays."""
    account.locator("input[name=name]").fill(name)
    account.locator("input[name=name]").press("Enter")
    dialog = account.locator("dialog#cannot-send")
    expect(dialog).to_contain_text("Quarterdeck cannot save right now.", timeout=PATIENCE)
    assert account.locator("input[name=name]").input_value() == name


def comes_back(client: requests.Session, url: str, token: str) -> None:
    """Without our script, a form that could not be saved is answered 503, with what was typed."""
    sent = {"name": "Typed & kept", "csrfmiddlewaretoken": token}
    found = client.post(url, data=sent, timeout=120, headers={"Referer": url})
    assert found.status_code == 503
    assert int(found.headers["Retry-After"]) > 0
    assert "Typed &amp; kept" in found.text


def goes_on(page: Page, plane: ControlPlane, name: str) -> None:
    is_in_state(page, "live")
    make_pod(plane, name)
    expect(row(page, name)).to_be_visible(timeout=PATIENCE)


@dataclass(frozen=True)
class Changes:
    """Who tries to change a cluster, and to read a Secret's value: both are on record before, or not sent."""

    plane: ControlPlane
    served: Served
    writes: Writer
    client: requests.Session
    token: str

    def reveal(self) -> requests.Response:
        url = f"{self.served.url}/c/harbour/shop/secrets/held/secret-value"
        fields = {"key": "word", "csrfmiddlewaretoken": self.token}
        return self.client.post(url, data=fields, headers={"Referer": self.served.url}, timeout=60)

    def are_refused(self, thing: str) -> None:
        """503, and by its own audit log the API server has heard nothing of it; reading goes on."""
        heard = len(seen_by(self.plane, SECRET))
        assert self.writes.write(thing) == "TrailUnavailable"
        answer = self.reveal()
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "Nothing was" in answer.text
        read = self.client.get(f"{self.served.url}/c/harbour/shop/configmaps", timeout=60)
        assert read.status_code == 200
        assert (seen_by(self.plane, thing), len(seen_by(self.plane, SECRET))) == ([], heard)

    def go_on(self, thing: str) -> None:
        """Afterwards both are sent, and the API server knows of them."""
        heard = len(seen_by(self.plane, SECRET))
        wait_for(lambda: self.writes.write(thing) == "201")
        wait_for(lambda: self.reveal().status_code == 200)
        assert seen_by(self.plane, thing)
        assert len(seen_by(self.plane, SECRET)) > heard


@contextmanager
def changes(plane: ControlPlane, served: Served) -> Iterator[Changes]:
    """All that must be saved for it is saved before the fault."""
    plane.kubectl("apply", "-f", "-", input=HELD)
    client = served.client("dana")
    token = TOKEN.findall(client.get(served.url + "/people/me/").text)[0]
    with writer(served, "dana") as writes:
        yield Changes(plane, served, writes, client, token)


def test_a_locked_database_is_said_and_open_pages_stay_live(plane, dashboard: Served, person, figures):
    dana = person("dana")
    page = dana.open("/c/harbour/shop/pods")
    is_in_state(page, "live")
    client = dashboard.client("dana")
    token = TOKEN.findall(client.get(dashboard.url + "/people/me/").text)[0]
    with locked(dashboard.folder):
        comes_back(client, dashboard.url + "/people/me/", token)
        says(page, "Quarterdeck's database is locked by another program.", "You can keep browsing")
        goes_on(page, plane, "while-locked")
    with promised("database unlocked", figures):
        expect(page.locator(".outage")).to_have_count(0, timeout=PATIENCE)


def test_a_full_disk_is_said_and_reading_goes_on(plane, small: Served, browser: Browser, figures):
    with changes(plane, small) as tried:
        _on_a_full_disk(tried, plane, small, browser, figures)


def _on_a_full_disk(tried: Changes, plane: ControlPlane, small: Served, browser: Browser, figures) -> None:
    dana = Person(browser, small, "dana")
    page, account = dana.open("/c/harbour/shop/pods"), dana.open("/people/me/")
    is_in_state(page, "live")
    assert small._stage is not None
    small._stage.terminate()  # nobody but the server holds its database open
    small._stage.wait(20)
    with full(small.folder):
        tried.are_refused("never-full")
        again = dana.open("/c/harbour/shop/pods")
        says(
            again,
            "The Quarterdeck server's disk is full.",
            "changes to clusters are blocked",
            "You can keep browsing",
        )
        goes_on(page, plane, "while-full")
        expect(row(again, "while-full")).to_be_visible(timeout=PATIENCE)
        says(page, "The Quarterdeck server's disk is full.")
        refused(account, "Dana of the disk")
    with promised("room on the disk", figures):
        expect(again.locator(".outage")).to_have_count(0, timeout=PATIENCE)
    account.get_by_role("button", name="Send again").click()
    says(account, "Name updated.")
    tried.go_on("after-full")
    dana.close()


def test_files_that_may_not_grow_are_said_and_reading_goes_on(plane, dashboard: Served, person):
    """As where a quota is met: the disk has room, and this server may not use it."""
    page = person("dana").open("/c/harbour/shop/pods")
    is_in_state(page, "live")
    with changes(plane, dashboard) as tried:
        with limited(dashboard.pid, tried.writes.pid):
            tried.are_refused("never-grown")
            comes_back(tried.client, dashboard.url + "/people/me/", tried.token)
            says(page, "The audit trail is not writable.", "You can keep browsing")
            goes_on(page, plane, "while-limited")
        expect(page.locator(".outage")).to_have_count(0, timeout=PATIENCE)
        tried.go_on("after-grown")


@contextmanager
def on_postgresql(url: str, folder: Path, plane: ControlPlane) -> Iterator[tuple[Served, str]]:
    """A dashboard with a database of its own there, and that database's URL."""
    there = url.rpartition("/")[0]
    with psycopg.connect(f"{there}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE faults")
    own = f"{there}/faults"
    served = Served(folder, DATABASE_URL=own).start()
    try:
        served.add_cluster(plane)
        yield served, own
    finally:
        served.stop()


def test_a_locked_postgresql_is_said_and_open_pages_stay_live(
    plane, postgresql: str, tmp_path: Path, browser: Browser, figures
):
    with on_postgresql(postgresql, tmp_path, plane) as (served, url):
        dana = Person(browser, served, "dana")
        page = dana.open("/c/harbour/shop/pods")
        is_in_state(page, "live")
        client = served.client("dana")
        token = TOKEN.findall(client.get(served.url + "/people/me/").text)[0]
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE people_user, people_session IN EXCLUSIVE MODE")
            comes_back(client, served.url + "/people/me/", token)
            says(page, "Quarterdeck's database is locked by another program.", "You can keep browsing")
            goes_on(page, plane, "while-postgresql-locked")
            dana.open("/c/harbour/shop/configmaps")
        with promised("PostgreSQL unlocked", figures):
            expect(page.locator(".outage")).to_have_count(0, timeout=PATIENCE)
        dana.close()
