"""Upgrade of stored secrets, on both databases: credentials and sessions of the previous format go on, once.

The previous format is written by its own tables and by hand: nothing of this code can write it any more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 32  # of a session

BEFORE = f"""
import json, secrets
from datetime import timedelta
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from clusters.credentials.sealing import _keys, key_id
from people.sessions import SessionStore
call_command("migrate", "clusters", "0002", verbosity=0)
call_command("migrate", "people", "0002", verbosity=0)
targets = [("clusters", "0002_color"), ("people", "0002_global_and_team_roles")]
old = MigrationExecutor(connection).loader.project_state(targets).apps
User, Cluster = old.get_model("people", "User"), old.get_model("clusters", "Cluster")
Credential, Session = old.get_model("clusters", "Credential"), old.get_model("people", "Session")
cluster = Cluster.objects.create(slug="prod", name="Prod", server="https://api.example.com:6443", ca="")
for number in range(3):
    user = User.objects.create(username=f"user-{{number}}", password="!")
    row = Credential.objects.create(cluster=cluster, user=user, kind="token", sealed=b"")
    held = json.dumps({{"token": f"token-{{number}}", "certificate": "", "key": ""}}).encode()
    key, nonce = _keys()[0], secrets.token_bytes(12)
    header = b"\\x01" + key_id(key)
    row.sealed = header + nonce + AESGCM(key).encrypt(nonce, held, header + b"credential:%d" % row.pk)
    row.save()
lost = User.objects.create(username="lost", password="!")
Credential.objects.create(cluster=cluster, user=lost, kind="token", sealed=b"\\x01 nothing of ours")
data = SessionStore().encode({{"a": 1}})
later = timezone.now() + timedelta(days=1)
Session.objects.create(session_key="{KEY}", session_data=data, expire_date=later)
"""

INTERRUPTED = """
import importlib, os
from django.core.management import call_command
migration = importlib.import_module("clusters.migrations.0003_bindings")
seal, done = migration.seal_with_binding, []
def seal_one_and_die(row):
    if done:
        os._exit(7)
    done.append(seal(row))
    return done[0]
migration.seal_with_binding = seal_one_and_die
call_command("migrate", verbosity=0)
"""

AFTER = f"""
from clusters.credentials.binding import destination_of
from clusters.credentials.confirmation import confirm
from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import identity_of
from clusters.models import Cluster, Credential
from people.models import Session, User
from people.sessions import SessionStore
rows = list(Credential.objects.exclude(user__username="lost").order_by("pk"))
assert [identity_of(row).token for row in rows] == ["token-0", "token-1", "token-2"]
assert all(bytes(row.sealed)[:1] == b"\\x02" for row in rows)
try:
    identity_of(Credential.objects.get(user__username="lost"))
    raise AssertionError("read")
except SealBroken:
    pass
assert SessionStore("{KEY}")["a"] == 1
assert not Session.objects.filter(pk="{KEY}").exists()
Cluster.objects.update(server="https://elsewhere.example.com")
moved = Credential.objects.select_related("cluster").get(pk=rows[0].pk)
assert confirm(moved, User.objects.get(username="user-0"), destination_of(moved.cluster).digest)
assert identity_of(Credential.objects.get(pk=moved.pk)).token == "token-0"
print("all is there")
"""


class Upgraded:
    """A data folder and a database; `shell` runs a program in a process of its own."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.environment = {**os.environ, "QUARTERDECK_DATA": str(folder), "DATABASE_URL": url}

    def shell(self, code: str, status: int = 0) -> str:
        return self.manage("shell", "--no-imports", "-c", code, status=status)

    def manage(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


def upgrade(one: Upgraded) -> None:
    one.shell(BEFORE)
    one.shell(INTERRUPTED, status=7)
    assert "stays unreadable" in one.manage("migrate", "--verbosity", "0")
    one.manage("migrate", "--verbosity", "0")  # twice is once
    assert "all is there" in one.shell(AFTER)


def test_on_sqlite_also_after_an_interruption(tmp_path: Path) -> None:
    upgrade(Upgraded(tmp_path))


def test_on_postgresql_also_after_an_interruption(tmp_path: Path, postgresql: str) -> None:
    address, _slash, _name = postgresql.rpartition("/")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE upgrade_of_secrets")
    upgrade(Upgraded(tmp_path, f"{address}/upgrade_of_secrets"))


@pytest.mark.parametrize("mode", [0o755, 0o750])
def test_serve_does_not_start_on_a_folder_that_others_can_enter(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    output = Upgraded(folder).manage("serve", "--port", "0", status=1)
    assert f"chmod 700 {folder}" in output
    assert "Traceback" not in output
    assert not (folder / "quarterdeck.sqlite3").exists()
