"""Storage checks: whether this server can write its own database, since when not, and recovery.

Nobody is asked while all is well. Where a statement fails because the database is locked, full or missing, that
is remembered and shown on every page; a thread then tries until a row can be written again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from django.apps import apps
from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    Error,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.db.models import F
from django.utils import timezone

Kind = Literal["locked", "full", "unwritable", "unreachable", "damaged", "busy"]
Listener = Callable[[], None]

PROBE_INTERVAL = 1.0  # seconds between tries to write while nothing can be written
MIN_FREE_BYTES = 1024 * 1024  # bytes that must be free for a database in a file: less is a full disk
BACKGROUND_LOCK_TIMEOUT = 500  # milliseconds that a write may wait for a lock which no page depends on, and
REQUEST_LOCK_TIMEOUT = (
    5000  # one that somebody asked for; neither waits while it is known that nothing can be written
)
log = logging.getLogger(__name__)

# Primary result codes of https://www.sqlite.org/rescode.html; of PostgreSQL the SQLSTATEs that are no mistake of ours.
_SQLITE: dict[int, Kind] = {
    5: "locked",
    8: "unwritable",
    10: "unwritable",
    11: "damaged",  # SQLITE_CORRUPT, "database disk image is malformed"
    13: "full",
    14: "unwritable",
    26: "damaged",  # SQLITE_NOTADB, "file is not a database"
}
_POSTGRESQL: dict[str, Kind] = {
    "25006": "unwritable",  # a standby, or one that was the primary
    "25P03": "unreachable",  # this transaction did nothing for so long that the server ended the connection
    "53100": "full",
    "53300": "busy",  # the server's connections are used up, or those of this process
    "55P03": "locked",
    "57014": "busy",  # a statement took too long
    "57P01": "unreachable",  # the server is shut down, has crashed, or is starting; it may be another one by now
    "57P02": "unreachable",
    "57P03": "unreachable",
    "57P05": "unreachable",
    "58030": "unwritable",
}
_CONNECTION_EXCEPTION = (
    "08"  # the class of SQLSTATEs of https://www.postgresql.org/docs/current/errcodes-appendix.html
)

_LIMITS = {  # how the bound on waiting for a lock is read and set, in milliseconds
    "sqlite": ("PRAGMA busy_timeout", "PRAGMA busy_timeout = {}"),
    "postgresql": (
        "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'",
        "SET lock_timeout = {}",
    ),
}


@dataclass(frozen=True)
class StorageOutage:
    """What is wrong with the database, and since when it is known."""

    kind: Kind
    since: datetime = field(default_factory=timezone.now)


class Storage:
    """What this process knows of its database; any thread."""

    def __init__(self) -> None:
        self._outage: StorageOutage | None = None
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def outage(self) -> StorageOutage | None:
        """What stands in the way of writing now, or None."""
        if self._outage is None and not _has_free_space():
            self._begin("full")
        return self._outage

    def note(self, error: BaseException) -> bool:
        """Whether this error of the database is an outage, which is then known; others are mistakes of ours.

        One that is busy is none for anybody else: what failed can be tried again.
        """
        kind = find_kind(error)
        if kind is not None and kind != "busy":
            self._begin(kind)
        return kind is not None

    def may_connect(self) -> bool:
        """Whether this thread should try a new connection. Where the database is known not to respond, only one does
        that looks for its return; all others would wait for the same answer."""
        outage = self._outage
        return outage is None or outage.kind != "unreachable" or threading.current_thread() is self._thread

    def listen(self, listener: Listener) -> None:
        """`listener` is called, from any thread, when an outage begins, changes or ends; it must not block."""
        self._listeners.add(listener)

    def unlisten(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    # --- below: not for outsiders

    def _begin(self, kind: Kind) -> None:
        with self._lock:
            if self._outage is not None and self._outage.kind == kind:
                return
            self._outage = StorageOutage(kind)
            log.critical(
                "The database is not writable (%s): nothing can be saved, browsing still works", kind
            )
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._probe_until_writable, name="storage", daemon=True
                )
                self._thread.start()
        self._notify_listeners()

    def _probe_until_writable(self) -> None:
        pause = threading.Event()
        keep_out_of_pool(DEFAULT_DB_ALIAS)
        while not self._can_write():
            pause.wait(PROBE_INTERVAL)
        with self._lock:
            self._outage, self._thread = None, None
        log.warning("The database is writable again")
        self._notify_listeners()

    def _can_write(self) -> bool:
        """Write one row as it is: a statement that changes nothing would not need the disk."""
        try:
            if not _has_free_space():
                return False
            sessions = apps.get_model("people", "Session").objects
            first = sessions.values_list("pk", flat=True).first()
            sessions.filter(pk=first).update(expire_date=F("expire_date"))
        except Error as error:
            self.note(error)
            return False
        finally:
            with suppress(Error):
                connection.close()
        return True

    def _notify_listeners(self) -> None:
        for listener in tuple(self._listeners):
            listener()


storage = Storage()


@contextmanager
def limit_lock_wait(milliseconds: int) -> Iterator[None]:
    """In the block, this thread's writes wait at most so long for a lock that another program holds.

    While it is known that nothing can be written they are still tried, and do not wait at all.
    """
    limit = 1 if storage.outage is not None else milliseconds  # 0 is without end on PostgreSQL
    if 0 < getattr(connection, "lock_timeout", 0) <= limit:
        yield  # each connection of the pool has such a bound already
        return
    usual = _set_lock_timeout(limit)
    try:
        yield
    finally:
        if usual is not None:
            with suppress(Error):  # a transaction that is broken, a connection that is closed
                _set_lock_timeout(usual)
                connection.is_altered = False  # type: ignore[attr-defined] # dashboard/postgresql/base.py


def find_kind(error: BaseException) -> Kind | None:
    """Which outage of the database this error is; None for a mistake of ours.

    Of those without a code only operational errors are outages: the connection itself failed. A damaged file of SQLite
    is none of them to Python's module, which raises its general DatabaseError.
    """
    cause: Any = error.__cause__
    if not isinstance(error, Error):
        return None
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return "unreachable" if state.startswith(_CONNECTION_EXCEPTION) else _POSTGRESQL.get(state)
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(error, DatabaseError) and isinstance(code, int) and _SQLITE.get(code & 0xFF) == "damaged":
        return "damaged"
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF)
    return "unreachable" if connection.vendor == "postgresql" else None


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection to the database server has ended, so that another one may do better."""
    return find_kind(error) == "unreachable"


def keep_out_of_pool(alias: str) -> None:
    """Give this thread a connection of its own, which never waits for one that requests hold (PostgreSQL)."""
    connections[alias].has_own_connection = True  # type: ignore[attr-defined] # dashboard/postgresql/base.py


@dataclass(frozen=True)
class PoolUse:
    """Connections of a pool that requests hold, and requests that wait for one."""

    used: int
    waiting: int


def read_pool_use() -> dict[str, PoolUse]:
    """Of each database with a pool that was used (PostgreSQL), by its alias."""
    found = {}
    for alias in connections:
        wrapper: Any = connections[alias]
        pool = getattr(wrapper, "pool", None)
        if pool is not None:
            now = pool.get_stats()
            used = now["pool_size"] - now["pool_available"]
            found[alias] = PoolUse(used, now["requests_waiting"])
    return found


def release_connections() -> None:
    """Give this thread's connections back to the pool (PostgreSQL), before it waits for something else.

    The next query takes another one. Kept are those in a transaction, and those with a setting to be changed back.
    """
    for one in connections.all(initialized_only=True):
        if getattr(one, "pool", None) is None or one.in_atomic_block or one.is_altered:  # type: ignore[attr-defined]
            continue
        with suppress(Error):
            one.close()


def try_write(write: Callable[[], object]) -> bool:
    """Do a write that no page depends on; whether it was done. It is dropped where it cannot be done at once."""
    if storage.outage is not None:
        return False
    try:
        with limit_lock_wait(BACKGROUND_LOCK_TIMEOUT):
            write()
    except Error as error:
        if not storage.note(error):
            raise
        return False
    return True


def find_damage() -> str:
    """A database file that is damaged, in a sentence; "" where all are whole, not there yet, or on a server."""
    for one in settings.DATABASES.values():
        path = Path(str(one["NAME"]))
        if not one["ENGINE"].endswith("sqlite3") or not path.exists():
            continue
        fault = _check_file(path)
        if fault:
            return (
                f"The database file {path} is damaged: {fault}. Restore it from a backup, or try "
                f"`sqlite3 {path.name} .recover`; the server does not start on it."
            )
    return ""


def _check_file(path: Path) -> str:
    """What SQLite says is wrong with the file; "" where nothing is, or where another program has locked it."""
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error) if _SQLITE.get(error.sqlite_errorcode & 0xFF) == "damaged" else ""
    return "" if found == "ok" else str(found).strip().replace("\n", " ")


_open_connections: list[sqlite3.Connection] = []


def keep_open() -> None:
    """Hold each database file open for the life of this process.

    Beside a database in WAL mode lie two files that the last connection removes and the next one makes anew: on a
    full disk it could not, and then nothing could be read either.
    """
    for one in settings.DATABASES.values():
        if not one["ENGINE"].endswith("sqlite3"):
            continue
        try:
            kept = sqlite3.connect(one["NAME"], check_same_thread=False)
            kept.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            log.exception("The database file %s could not be opened at startup", one["NAME"])
            continue
        _open_connections.append(kept)


def _set_lock_timeout(milliseconds: int) -> int | None:
    """Bound how long this thread's connection waits for a lock; the bound before, None where there is no telling."""
    ask, limit = _LIMITS.get(connection.vendor, ("", ""))
    if not ask:
        return None
    with connection.cursor() as cursor:
        cursor.execute(ask)
        before = int(cursor.fetchone()[0])
        connection.is_altered = True  # type: ignore[attr-defined] # dashboard/postgresql/base.py
        cursor.execute(limit.format(milliseconds))
    return before


def _has_free_space() -> bool:
    if connections["default"].vendor != "sqlite":
        return True
    try:
        found = os.statvfs(settings.DATA_DIR)
    except OSError:
        return True
    return found.f_bavail * found.f_frsize >= MIN_FREE_BYTES
