"""Preparation: migrates the database, one process at a time.

On PostgreSQL the lock is an advisory one of the database, on SQLite one of the folder in which the files are. Either is
gone with the process that holds it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

ADVISORY_LOCK = 0x5144_5052  # any number that no other program takes in this database
PATIENCE = 600.0  # seconds that a start waits for another one's migrations
POLL = 0.1
log = logging.getLogger(__name__)


def prepare_database() -> None:
    """Apply the migrations that are missing; CommandError where another process does so for longer than PATIENCE."""
    with lock_preparation():
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def lock_preparation(*, patience: float = PATIENCE) -> Iterator[None]:
    """In the block, no other process of this installation is in one."""
    lock = _lock_database if connection.vendor == "postgresql" else _lock_folder
    with lock(patience):
        yield


@contextmanager
def _lock_database(patience: float) -> Iterator[None]:
    """Held by a connection of its own, so that nothing that the block does can give it back."""
    with closing(connection.copy()) as own, own.cursor() as cursor:

        def try_lock() -> bool:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            return bool(cursor.fetchone()[0])

        _wait_for(try_lock, patience)
        try:
            yield
        finally:
            with suppress(DatabaseError):  # a connection that is lost has lost the lock too
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


@contextmanager
def _lock_folder(patience: float) -> Iterator[None]:
    """A lock on the folder itself leaves no file behind."""
    descriptor = os.open(Path(str(connection.settings_dict["NAME"])).parent, os.O_RDONLY)

    def try_lock() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        _wait_for(try_lock, patience)
        yield
    finally:
        os.close(descriptor)


def _wait_for(try_lock: Callable[[], bool], patience: float) -> None:
    until, has_waited = time.monotonic() + patience, False
    while not try_lock():
        if not has_waited:
            log.warning("Another process is preparing the database; this one goes on when it has finished")
            has_waited = True
        if time.monotonic() > until:
            raise CommandError(
                f"Another process has been preparing the database for {patience:.0f} s. Wait for it or stop it, and "
                "start again."
            )
        time.sleep(POLL)
