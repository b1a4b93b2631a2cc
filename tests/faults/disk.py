"""Disk faults: locked databases, a full disk, and file size limits."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

DATABASE, AUDIT_TRAIL = "quarterdeck.sqlite3", "audit.sqlite3"
WRITING = ("BEGIN IMMEDIATE",)
EXCLUSIVE = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")  # nobody else may even read
HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for statement in sys.argv[2:]:
    held.execute(statement)
print("held", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
held.close()
"""


@contextmanager
def lock_database(folder: Path, file: str = DATABASE, how: tuple[str, ...] = WRITING) -> Iterator[None]:
    """Another program holds the lock of the database until the block is over."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / file), *how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield
    finally:
        holder.communicate("over\n", timeout=60)


def lock_exclusively(folder: Path) -> None:
    """Ask for what `ALONE` asks for, for a second; sqlite3.OperationalError where others have the database open."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=1, isolation_level=None)) as database:
        for statement in EXCLUSIVE:
            database.execute(statement)


def age_sessions(folder: Path) -> None:
    """Every session is due to be marked as seen: the next page writes."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=60, isolation_level=None)) as database:
        database.execute("UPDATE people_session SET seen_at = datetime('now', '-1 hour')")


@contextmanager
def fill_disk(folder: Path) -> Iterator[None]:
    """Not a byte is left on the disk of this folder."""
    filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65536, 1):
            try:
                while True:
                    os.write(filler, b"x" * size)
            except OSError:
                continue
        yield
    finally:
        os.close(filler)
        (folder / "filler").unlink()


@contextmanager
def limit_file_size(*processes: int) -> Iterator[None]:
    """No file of these processes may be written beyond its first byte; SQLite gets EFBIG."""
    before = [resource.prlimit(process, resource.RLIMIT_FSIZE) for process in processes]
    try:
        for process, (_soft, hard) in zip(processes, before, strict=True):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (1, hard))
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
