"""What if several processes write to one SQLite trail at once? One chain, with every row of each of them in it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from tests.served import ROOT, Served

PROCESSES, EACH = 4, 250


def test_they_keep_one_chain(tmp_path: Path) -> None:
    where = Served(tmp_path)
    where._manage("migrate", "-v0")
    names = [f"process-{number}" for number in range(PROCESSES)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.people.audit.appender", name, str(EACH)],
            cwd=ROOT, env=where.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:  # all at once
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    told = {
        name: json.loads(one.communicate(timeout=120)[0]) for name, one in zip(names, running, strict=True)
    }
    assert [one.returncode for one in running] == [0] * PROCESSES
    where._manage("verify_audit")
    file = sqlite3.connect(tmp_path / "audit.sqlite3")
    rows = file.execute("SELECT sequence, person, name FROM audit_entry ORDER BY sequence").fetchall()
    file.close()
    assert [row[0] for row in rows] == list(range(1, PROCESSES * EACH + 1))
    for name in names:
        mine = {row[0]: row[2] for row in rows if row[1] == name}
        assert sorted(mine) == sorted(told[name]), "each was told where its rows stand"
        assert sorted(mine.values(), key=int) == [str(number) for number in range(EACH)]
    order = [row[1] for row in rows]
    changes = sum(one != two for one, two in pairwise(order))
    assert changes > PROCESSES, "they wrote at the same time, and not one after the other"
