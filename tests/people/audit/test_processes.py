"""Several writing processes: one hash chain with every row of each."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import psycopg

from tests.dashboard_server import ROOT, DashboardServer

PROCESSES, ROWS_EACH = 4, 250
NAMES = [f"process-{number}" for number in range(PROCESSES)]
QUERY = "SELECT sequence, person, name FROM audit_entry ORDER BY sequence"


def test_they_keep_one_chain(tmp_path: Path) -> None:
    where = DashboardServer(tmp_path)
    reported_rows = write_rows(where)
    file = sqlite3.connect(tmp_path / "audit.sqlite3")
    rows = file.execute(QUERY).fetchall()
    file.close()
    check_rows(rows, reported_rows)


def test_so_they_do_on_postgresql(tmp_path: Path, postgresql: str) -> None:
    """Whose rows are written under a lock that all processes take."""
    with psycopg.connect(postgresql.rpartition("/")[0] + "/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE processes")
    address = postgresql.rpartition("/")[0] + "/processes"
    reported_rows = write_rows(DashboardServer(tmp_path, DATABASE_URL=address))
    with psycopg.connect(address) as database:
        rows = database.execute(QUERY).fetchall()
    check_rows(rows, reported_rows)


def write_rows(where: DashboardServer) -> dict[str, list[int]]:
    """By process, the sequences that were reported to it; the chain has been verified."""
    where._manage("migrate", "-v0")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.people.audit.appender", name, str(ROWS_EACH)],
            cwd=ROOT, env=where.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in NAMES
    ]  # fmt: skip
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:  # all at once
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    reported_rows = {
        name: json.loads(one.communicate(timeout=240)[0] or "[]")
        for name, one in zip(NAMES, running, strict=True)
    }
    assert [one.returncode for one in running] == [0] * PROCESSES
    where._manage("verify_audit")
    return reported_rows


def check_rows(rows: list[tuple[int, str, str]], reported: dict[str, list[int]]) -> None:
    assert [row[0] for row in rows] == list(range(1, PROCESSES * ROWS_EACH + 1))
    for name in NAMES:
        mine = {row[0]: row[2] for row in rows if row[1] == name}
        assert sorted(mine) == sorted(reported[name]), "each was told the sequences of its rows"
        assert sorted(mine.values(), key=int) == [str(number) for number in range(ROWS_EACH)]
    order = [row[1] for row in rows]
    changes = sum(one != two for one, two in pairwise(order))
    assert changes > PROCESSES, "they wrote at the same time, and not one after the other"
