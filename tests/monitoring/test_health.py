"""Health and readiness: what they answer, to whom, by which host, and how little a stranger can make them cost."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from dashboard.monitoring import views
from dashboard.monitoring.health import Readiness, find_fault
from people.audit import triggers
from people.audit.routing import ALIAS, has_own_file
from people.audit.writer import WriterHealth, writer
from people.storage import StorageOutage, storage
from tests.attacks.asgi_requests import send_request
from tests.attacks.installation import PEOPLE, Installation, build_installation
from tests.audit_trail import AuditTrail, drop_triggers

PROBES = ("/healthz", "/readyz")


@pytest.fixture(autouse=True)
def fresh_readiness(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test found out a moment ago does not count here."""
    monkeypatch.setattr(views, "readiness", Readiness())


@pytest.fixture
def installation(db: None, fast_passwords: None) -> Installation:
    return build_installation(None, None)


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("who", ["", *PEOPLE])
def test_it_answers_everybody_alike(
    installation: Installation, audit_trail: AuditTrail, path: str, who: str
) -> None:
    """Nobody, members, an auditor and an administrator; no cookie, and nothing on record."""
    answer = installation.browser(who).get(path, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer
    assert not answer.cookies
    assert not audit_trail.list_rows().exists()


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_it_takes_no_other_method(installation: Installation, path: str, method: str) -> None:
    answer = installation.browser("ada", strict=True).generic(method, path)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert not answer.cookies


@pytest.mark.parametrize("path", PROBES)
def test_head_is_get_without_a_body(db: None, path: str) -> None:
    answer = Client().head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", [*PROBES, "/metrics"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("deck.example.com", 200),
        ("10.1.2.3:8000", 200),
        ("192.0.2.7", 200),
        ("[2001:db8::1]:8000", 200),
        ("", 200),
        ("evil.example", 400),
        ("10.1.2.3.evil.example", 400),
        ("10.1.2.3@evil.example", 400),
        ("10.1.2.3, evil.example", 400),
        ("[2001:db8::1", 400),
        ("2130706433", 400),
    ],
)
async def test_a_probe_names_the_host_or_an_address(
    transactional_db: None, settings: django_settings, path: str, host: str, status: int
) -> None:
    """As kubelets and load balancers do; HTTP/1.0 names none. A name that is not ours is refused, and not repeated."""
    settings.ALLOWED_HOSTS = ["deck.example.com"]
    found = await send_request("GET", path, host=host)
    assert found.status == (404 if path == "/metrics" and status == 200 else status)
    assert "evil" not in found.text + str(found.headers)


async def test_it_is_found_below_a_sub_path_too(transactional_db: None) -> None:
    """A proxy may pass the path on, a kubelet asks without it."""
    from dashboard.asgi import application

    whole = type(application)(application.application, trusted=(), sub_path="/deck")
    for path in ("/healthz", "/deck/healthz"):
        assert (await send_request("GET", path, application=whole)).status == 200
    assert (await send_request("GET", "/healthz/", application=whole)).status == 404


def test_a_made_up_cookie_costs_no_query(db: None, django_assert_num_queries) -> None:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "a" * 32
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/readyz").status_code == 200


# --- what makes it not ready; its reason is in the log and nowhere else


def check_not_ready(reason: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "dashboard.monitoring.health"):
        for _ in range(3):
            answer = Client().get("/readyz")
            assert (answer.status_code, answer.content) == (503, b"not ready")
            assert Client().get("/healthz").status_code == 200
    lines = [one.getMessage() for one in caplog.records if one.name == "dashboard.monitoring.health"]
    assert len(lines) == 1
    assert reason in lines[0]
    assert not [one for one in caplog.records if one.name == "django.request"]


@pytest.mark.parametrize("app", ["people", "clusters", "audit"])
def test_it_is_not_ready_before_its_migrations(db: None, caplog: pytest.LogCaptureFixture, app: str) -> None:
    alias = ALIAS if app == "audit" and has_own_file() else "default"
    recorder = MigrationRecorder(connections[alias])
    name = recorder.migration_qs.filter(app=app).order_by("id").last().name
    recorder.record_unapplied(app, name)
    try:
        check_not_ready(f"migrations are not applied: {app}.{name}", caplog)
    finally:
        recorder.record_applied(app, name)
    assert find_fault() == ""


def test_migrations_of_a_newer_version_do_not_matter(db: None) -> None:
    """During an upgrade the older process still serves."""
    MigrationRecorder(connection).record_applied("people", "9999_of_a_newer_version")
    assert find_fault() == ""


def test_it_is_not_ready_without_the_triggers(
    empty_audit_trail: AuditTrail, caplog: pytest.LogCaptureFixture
) -> None:
    drop_triggers()
    try:
        check_not_ready("append-only triggers are missing: audit_entry_no_update", caplog)
    finally:
        triggers.install(connections[ALIAS])


def test_it_is_not_ready_while_the_audit_trail_cannot_be_written(
    db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "health", WriterHealth(is_writable=False, reason="the disk went away"))
    check_not_ready("the disk went away", caplog)


def test_it_is_not_ready_on_a_full_disk(
    db: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_outage", StorageOutage("full"))
    check_not_ready("the disk is full", caplog)


@pytest.fixture
def locked_audit_trail(db: None) -> Iterator[None]:
    """Another program holds the lock, and nobody waits long for it."""
    if not has_own_file():
        pytest.skip("the audit trail is in PostgreSQL")
    writer.stop()
    other = sqlite3.connect(connections[ALIAS].settings_dict["NAME"], isolation_level=None)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()
    connections[ALIAS].close()


def test_it_is_not_ready_while_another_program_holds_the_audit_trail(
    locked_audit_trail: None, caplog: pytest.LogCaptureFixture
) -> None:
    check_not_ready("OperationalError: database is locked", caplog)


def test_it_is_not_ready_where_the_database_cannot_be_read(
    db: None, caplog: pytest.LogCaptureFixture, tmp_path: os.PathLike[str]
) -> None:
    """The audit trail's file is no database any more, as after a bad restore."""
    if not has_own_file():
        pytest.skip("the audit trail is in PostgreSQL")
    real = connections[ALIAS].settings_dict["NAME"]
    broken = f"{tmp_path}/broken.sqlite3"
    with open(broken, "wb") as file:
        file.write(b"no database at all\n" * 500)
    connections[ALIAS].close()
    connections[ALIAS].settings_dict["NAME"] = broken
    try:
        check_not_ready("DatabaseError", caplog)
    finally:
        connections[ALIAS].close()
        connections[ALIAS].settings_dict["NAME"] = real
    assert find_fault() == ""


# --- what a stranger can make it cost


class CountingCheck:
    """A check that waits for `release`, and counts."""

    def __init__(self, result: str = "") -> None:
        self.count, self.result = 0, result
        self.is_running, self.release = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.count += 1
        self.is_running.set()
        self.release.wait(30)
        return self.result


def run_all(readiness: Readiness, number: int) -> tuple[list[threading.Thread], list[bool]]:
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(readiness.is_ready())) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads, results


def test_however_many_ask_there_is_one_check() -> None:
    check = CountingCheck()
    threads, results = run_all(Readiness(check, max_age=60, max_wait=30), 40)
    assert check.is_running.wait(10)
    check.release.set()
    for thread in threads:
        thread.join(30)
    assert (check.count, results) == (1, [True] * 40)


def test_a_check_that_hangs_is_not_waited_for_and_not_begun_twice() -> None:
    check = CountingCheck()
    readiness = Readiness(check, max_age=60, max_wait=0.05)
    threads, results = run_all(readiness, 1)
    assert check.is_running.wait(10)
    began = time.monotonic()
    assert [readiness.is_ready() for _ in range(20)] == [False] * 20
    assert time.monotonic() - began < 5, "only the first of them waits"
    assert check.count == 1
    check.release.set()
    threads[0].join(30)
    assert results == [True]
    assert readiness.is_ready()


def test_a_result_is_good_for_its_time_only() -> None:
    check = CountingCheck()
    check.release.set()
    readiness = Readiness(check, max_age=0)
    assert readiness.is_ready()
    check.result = "broken"
    assert not readiness.is_ready()
    check.result = ""
    assert readiness.is_ready()
    assert check.count == 3
