"""Audit trail on PostgreSQL: its own tests, run once more on a real server."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.architecture.architecture_map import ROOT

FOLDER = "tests/people/audit"
FILES = (
    "test_record",
    "test_verify",
    "test_triggers",
    "test_hostile",
    "test_archiving",
    "test_archiving_refused",
    "test_gaps",
)


def test_it_holds_on_postgresql(postgresql: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *(f"{FOLDER}/{file}.py" for file in FILES)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgresql},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
