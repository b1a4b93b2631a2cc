"""Killed archiving: all rows remain at whatever point, and the next call completes it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.dashboard_server import ROOT, DashboardServer, wait_for
from tests.lanes import short_and_long

# Many small transactions, so that most kills come between two of them or in one.
ARCHIVE_PROGRAM = "from people.audit.integrity import archiving; archiving.DELETE_BATCH = 10; "
ARCHIVE_PROGRAM += (
    "from django.core.management import call_command; call_command('archive_audit', before='2026-11')"
)
FILL_PROGRAM = """
from datetime import datetime, UTC
from people.audit.record import AuditDraft, writer
from people.audit.draft import build_entry
times = [datetime(2026, month, 1 + day % 28, tzinfo=UTC) for month in (7, 8, 9) for day in range(700)]
waiting = [writer.put(build_entry(AuditDraft(verb="team-create", at=when), "event")) for when in times]
print([one.result() for one in waiting][-1])
writer.put(build_entry(AuditDraft(verb="team-create", name="now"), "event")).result()
"""


def run_program(where: DashboardServer, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=ROOT, env=where.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def count_rows(folder: Path) -> int:
    file = sqlite3.connect(folder / "audit.sqlite3")
    try:
        return int(file.execute("SELECT count(*) FROM audit_entry").fetchone()[0])
    finally:
        file.close()


@short_and_long("kills", 2, 5)
def test_all_rows_are_there_after_each_kill_and_the_next_call_finishes_it(tmp_path: Path, kills: int) -> None:
    where = DashboardServer(tmp_path)
    where._manage("migrate", "-v0")
    filled = run_program(where, FILL_PROGRAM)
    assert filled.communicate(timeout=120)[0].strip() == "2100"
    left = []
    for _ in range(kills):
        here = count_rows(tmp_path)
        until = random.randint(max(5, here - 900), max(6, here - 1))  # which nobody chooses
        archiving = run_program(where, ARCHIVE_PROGRAM)
        wait_for(lambda: count_rows(tmp_path) <= until or archiving.poll() is not None, 120)  # noqa: B023 - called here
        os.killpg(archiving.pid, signal.SIGKILL)
        archiving.wait()
        where._manage("verify_audit")  # all rows hold, and the triggers are there: it ends with 0
        left.append(count_rows(tmp_path))
    where._manage("archive_audit", "--before", "2026-11")
    where._manage("verify_audit")
    assert count_rows(tmp_path) == 4, "the row of now, and one for each month that was archived"
    assert any(5 < rows < 2101 for rows in left), f"the kills came in the middle: {left}"
