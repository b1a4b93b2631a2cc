"""What if sealing is killed in the middle? Whatever the moment, all rows are there, and the next call finishes it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.lanes import short_and_long
from tests.served import ROOT, Served, wait_for

# Many small transactions, so that most kills come between two of them or in one.
SEALS = "from people.audit import sealing; sealing.AT_ONCE = 10; "
SEALS += "from django.core.management import call_command; call_command('seal_audit', before='2026-11')"
FILLS = """
from datetime import datetime, UTC
from people.audit.record import Fact, writer
from people.audit.fact import entry_of
times = [datetime(2026, month, 1 + day % 28, tzinfo=UTC) for month in (7, 8, 9) for day in range(700)]
waiting = [writer.put(entry_of(Fact(verb="team-create", at=when), "event")) for when in times]
print([one.result() for one in waiting][-1])
writer.put(entry_of(Fact(verb="team-create", name="now"), "event")).result()
"""


def shell(where: Served, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=ROOT, env=where.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def rows_of(folder: Path) -> int:
    file = sqlite3.connect(folder / "audit.sqlite3")
    try:
        return int(file.execute("SELECT count(*) FROM audit_entry").fetchone()[0])
    finally:
        file.close()


@short_and_long("kills", 2, 5)
def test_all_rows_are_there_after_each_kill_and_the_next_call_finishes_it(tmp_path: Path, kills: int) -> None:
    where = Served(tmp_path)
    where._manage("migrate", "-v0")
    filled = shell(where, FILLS)
    assert filled.communicate(timeout=120)[0].strip() == "2100"
    left = []
    for _ in range(kills):
        here = rows_of(tmp_path)
        until = random.randint(max(5, here - 900), max(6, here - 1))  # which nobody chooses
        sealing = shell(where, SEALS)
        wait_for(lambda: rows_of(tmp_path) <= until or sealing.poll() is not None, 120)  # noqa: B023 - called here
        os.killpg(sealing.pid, signal.SIGKILL)
        sealing.wait()
        where._manage("verify_audit")  # all rows hold, and the triggers are there: it ends with 0
        left.append(rows_of(tmp_path))
    where._manage("seal_audit", "--before", "2026-11")
    where._manage("verify_audit")
    assert rows_of(tmp_path) == 4, "the row of now, and one for each month that was sealed"
    assert any(5 < rows < 2101 for rows in left), f"the kills came in the middle: {left}"
