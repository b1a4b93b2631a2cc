"""Readiness: the database can be read, its migrations are applied, the audit trail can be written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from people.audit.readiness import find_write_fault
from people.audit.routing import ALIAS, has_own_file

MAX_AGE = 1.0  # seconds that a result is given out
MAX_WAIT = 2.0  # seconds after which a check that is still under way counts as failed
log = logging.getLogger(__name__)


def find_fault() -> str:
    """Why this process should get no requests; "" if it can serve. The text is for the log alone."""
    try:
        missing = find_unapplied_migrations()
        if missing:
            return f"migrations are not applied: {', '.join(missing)}"
        return find_write_fault()
    except Error as error:
        return f"{type(error).__name__}: {error}"


def find_unapplied_migrations() -> list[str]:
    """`app.name` of each; those that a newer version has applied do not matter."""
    missing: set[tuple[str, str]] = set()
    for alias in (DEFAULT_DB_ALIAS, *((ALIAS,) if has_own_file() else ())):
        missing |= _list_migrations() - set(MigrationRecorder(connections[alias]).applied_migrations())
    return sorted(f"{app}.{name}" for app, name in missing)


@cache
def _list_migrations() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return frozenset(loader.disk_migrations)


class Readiness:
    """Checks at most once per `max_age` seconds and one at a time, however many ask; any thread."""

    def __init__(
        self, check: Callable[[], str] = find_fault, *, max_age: float = MAX_AGE, max_wait: float = MAX_WAIT
    ) -> None:
        self._check, self._max_age, self._max_wait = check, max_age, max_wait
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._started_at = float("inf")  # of the check under way
        self._fault = ""

    def is_ready(self) -> bool:
        """As of the last second. False where the check under way takes too long."""
        if self._is_fresh():
            return not self._fault
        left = self._max_wait - max(0.0, time.monotonic() - self._started_at)
        if not self._lock.acquire(timeout=max(0.0, left)):
            return False
        try:
            if not self._is_fresh():
                self._refresh()
        finally:
            self._lock.release()
        return not self._fault

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._checked_at < self._max_age

    def _refresh(self) -> None:
        self._started_at = time.monotonic()
        try:
            fault = self._check()
        finally:
            self._started_at = float("inf")
        if fault and fault != self._fault:
            log.warning("Not ready: %s", fault)
        elif self._fault and not fault:
            log.warning("Ready again")
        self._fault, self._checked_at = fault, time.monotonic()


readiness = Readiness()
