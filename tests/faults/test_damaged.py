"""A damaged database file: it stops the start with a sentence, and while the server runs it is an outage page."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connections

from people.storage import Storage, find_damage
from tests.dashboard_server import ROOT, DashboardServer

PAGE = 4096


def damage_header(file: Path) -> None:
    """It is no database any more (SQLITE_NOTADB, 26)."""
    with file.open("r+b") as written:
        written.write(b"not a database at all" * 20)


def damage_pages(file: Path) -> None:
    """All pages but the first (SQLITE_CORRUPT, 11)."""
    size = file.stat().st_size
    with file.open("r+b") as written:
        written.seek(PAGE)
        written.write(b"\xff" * (size - PAGE))


@pytest.mark.parametrize("damage", [damage_header, damage_pages])
@pytest.mark.parametrize("name", ["quarterdeck.sqlite3", "audit.sqlite3"])
def test_it_does_not_start(tmp_path: Path, damage, name: str) -> None:
    served = DashboardServer(tmp_path, DATABASE_URL="")
    served._manage("migrate", "-v0")
    damage(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--address", "127.0.0.1", "--port", str(served.port)],
        cwd=ROOT, env=served.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"The database file {tmp_path / name} is damaged: " in done.stderr
    assert "Restore it from a backup" in done.stderr
    assert "Quarterdeck is running at" not in done.stdout


@pytest.mark.parametrize(("damage", "code"), [(damage_header, 26), (damage_pages, 11)])
def test_an_error_of_it_is_an_outage(tmp_path: Path, damage, code: int) -> None:
    file = tmp_path / "some.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE one (text)")
        database.executemany("INSERT INTO one VALUES (?)", [("x" * 1000,)] * 100)
    database.close()
    damage(file)
    connection = connections.create_connection("default")
    connection.settings_dict = {
        **connections["default"].settings_dict, "ENGINE": "django.db.backends.sqlite3", "NAME": file,
    }  # fmt: skip
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has a file")
    connection.connect = lambda: None
    raw = sqlite3.connect(file)
    with pytest.raises(DatabaseError) as failed, connection.wrap_database_errors:
        raw.execute("SELECT count(text) FROM one").fetchone()
    raw.close()
    assert failed.value.__cause__.sqlite_errorcode & 0xFF == code
    storage = Storage()
    storage._thread = object()  # no thread is to look for its end
    assert storage.note(failed.value)
    assert storage.outage is not None
    assert storage.outage.kind == "damaged"


def test_signing_in_on_it_is_the_outage_page(tmp_path: Path) -> None:
    served = DashboardServer(tmp_path, DATABASE_URL="").start()
    client = served.client()
    form = client.get(f"{served.url}/people/sign-in/", timeout=30).text
    token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    with sqlite3.connect(tmp_path / "quarterdeck.sqlite3") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    damage_pages(tmp_path / "quarterdeck.sqlite3")
    sent = {"username": "ada", "password": "wrong-again", "csrfmiddlewaretoken": token}
    answer = client.post(
        f"{served.url}/people/sign-in/", data=sent, headers={"Referer": served.url}, timeout=60
    )
    served.kill_server()
    served.stop()
    assert answer.status_code == 503
    assert "database file is damaged" in answer.text


def test_whole_files_are_not_damaged(tmp_path: Path, settings) -> None:
    settings.DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "none.sqlite3"}
    }
    assert find_damage() == ""
    with sqlite3.connect(tmp_path / "none.sqlite3") as database:
        database.execute("CREATE TABLE one (text)")
    database.close()
    assert find_damage() == ""
