"""Data at rest: who reads the files or the database gets in with nothing of it (class 38)."""

from __future__ import annotations

import base64
import importlib
import sqlite3
import stat
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from dashboard.data_folder import close_to_others
from dashboard.keys import keys
from dashboard.public_url import public_url
from people.models import Session
from people.sessions import SessionStore, hash_key, unsigned_sessions
from tests.attacks.installation import Installation

COOKIE = settings.SESSION_COOKIE_NAME
RANDOM = base64.b64encode(
    bytes.fromhex("8f1c0b7ad2e94356b1f07c3a9d5e6248130f4bc7e85a9216d37f40ac5be8190d")
).decode()


def dump_database() -> str:
    """Every value of every row, as who reads the file sees it."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in ("people", "clusters"):
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                found += [repr(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_no_session_key_stands_in_the_database(offline_installation: Installation) -> None:
    client = offline_installation.browser("dana")
    assert client.get("/people/me/").status_code == 200
    dump = dump_database()
    assert dump.count(hash_key(offline_installation.sessions["dana"])) == 1
    assert not [name for name, key in offline_installation.sessions.items() if key in dump]


def test_what_stands_there_signs_nobody_in(offline_installation: Installation) -> None:
    for stored in Session.objects.values_list("pk", flat=True):
        for cookie in (stored, stored[:32], stored[:40], stored.upper()):
            client = Client()
            client.cookies[COOKIE] = cookie
            assert client.get("/people/me/").status_code == 302, cookie


def test_a_session_of_before_the_upgrade_goes_on_and_its_row_no_longer_signs_in(
    offline_installation: Installation,
) -> None:
    key = "before0the0upgrade" + "k" * 14
    stored = Session.objects.filter(pk=hash_key(offline_installation.sessions["dana"]))
    stored.update(session_key=key, has_signed_key=False)  # as it stood there before
    unsigned_sessions.clear()
    client = Client()
    client.cookies[COOKIE] = key
    assert client.get("/people/me/").status_code == 302
    client.cookies[COOKIE] = key
    migration = importlib.import_module("people.migrations.0003_session_ids")
    migration.hash_session_keys(apps, None)
    migration.hash_session_keys(apps, None)  # twice is once
    assert client.get("/people/me/").status_code == 200
    assert key not in dump_database()


def test_sessions_work_as_before(db: None) -> None:
    store = SessionStore()
    store["a"] = 1
    store.save()
    key = str(store.session_key)
    again = SessionStore(key)
    assert again["a"] == 1
    again["a"] = 2
    again.save()
    assert SessionStore(key)["a"] == 2
    assert store.exists(key)
    assert not store.exists(hash_key(key))
    again.cycle_key()
    assert again["a"] == 2
    assert not store.exists(key)
    again.flush()
    assert not Session.objects.exists()


# --- files


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """A data folder that an earlier version, or somebody's mkdir, left open, with a database in use."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in (
        "quarterdeck.sqlite3",
        "audit.sqlite3",
        "audit.sqlite3-wal",
        "audit.sqlite3-shm",
        "keys.json",
    ):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    return folder


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777, 0o704, 0o710])
def test_a_folder_that_others_can_enter_stops_the_start_and_says_what_to_do(
    old_folder: Path, mode: int
) -> None:
    old_folder.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match=f"chmod 700 {old_folder}"):
        close_to_others(old_folder)


def test_files_are_closed_with_what_lies_beside_them(old_folder: Path) -> None:
    old_folder.chmod(0o700)
    close_to_others(old_folder)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in old_folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 5


def test_what_sqlite_makes_beside_a_closed_database_is_closed(old_folder: Path) -> None:
    """The promise of SQLite that `close_to_others` builds on."""
    old_folder.chmod(0o700)
    close_to_others(old_folder)
    database = sqlite3.connect(old_folder / "quarterdeck.sqlite3")
    database.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE((old_folder / f"quarterdeck.sqlite3{suffix}").stat().st_mode) == 0o600
    database.close()


# --- keys and addresses


@pytest.mark.parametrize(
    "key",
    [bytes(32), b"s" * 32, bytes(range(32)), bytes(range(31, -1, -1)), b"0123456789abcdef" * 2, b"ab" * 16,
     b"\x00" * 31 + b"\x01"],
)  # fmt: skip
def test_an_encryption_key_that_is_a_pattern_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bytes
) -> None:
    monkeypatch.setenv("QUARTERDECK_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz" * 2)
    for value in (base64.b64encode(key).decode(), f"{RANDOM},{base64.b64encode(key).decode()}"):
        monkeypatch.setenv("QUARTERDECK_SEALING_KEYS", value)
        for production in (True, False):
            with pytest.raises(ImproperlyConfigured, match="QUARTERDECK_SEALING_KEYS: one key is not random"):
                keys(tmp_path, production=production)
    monkeypatch.setenv("QUARTERDECK_SEALING_KEYS", RANDOM)
    assert keys(tmp_path, production=True).sealing == (RANDOM,)


@pytest.mark.parametrize(
    "url",
    [
        "http://deck.example.com",
        "http://10.0.0.1:8000",
        "http://localhost.evil.example",
        "http://[2001:db8::1]",
    ],
)
def test_production_over_http_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="QUARTERDECK_PUBLIC_URL must start with https://"):
        public_url(url, production=True)
    assert public_url(url, production=False) is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000/deck"])
def test_this_machine_alone_may_do_without(url: str) -> None:
    assert public_url(url, production=True) is not None
