"""Database wrapper: Django's for PostgreSQL, with the limits of a process that serves pages.

A command such as `migrate` has none of them: one connection of its own, and statements as long as they need.
"""

from __future__ import annotations

import atexit
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.errors import OperationalError, TooManyConnections
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from dashboard.postgresql.connection import BoundedConnection, NoResponse
from people.storage import storage

CLOSE_TIMEOUT = 1.0  # seconds for the pool's threads to end
RESPONSE_MARGIN = 5.0  # seconds that an answer may take beyond the server's own limit on a statement


@dataclass(frozen=True)
class Limits:
    """In milliseconds, 0 for none: of one statement, of waiting for a lock, of a transaction that does nothing."""

    statement: int
    lock: int
    idle_transaction: int

    @property
    def response(self) -> float | None:
        """Seconds."""
        return self.statement / 1000 + RESPONSE_MARGIN if self.statement else None


class DatabaseWrapper(base.DatabaseWrapper):
    """`OPTIONS["limits"]` are the fields of Limits, and `OPTIONS["pool"]` is Django's option."""

    is_serving: ClassVar[bool] = False
    has_own_connection = False  # outside of the pool, for a thread that must never wait for requests
    is_altered = False  # a statement has changed a setting of this session, which is to be changed back

    def __init__(self, settings_dict: dict[str, Any], *arguments: Any, **options: Any) -> None:
        given = settings_dict["OPTIONS"]
        pool = {**given["pool"], "connection_class": BoundedConnection, "reconnect_failed": fail_waiting}
        settings_dict = {**settings_dict, "OPTIONS": {**given, "pool": pool}}
        super().__init__(settings_dict, *arguments, **options)

    @property
    def pool(self) -> Any:
        return super().pool if self.is_serving and not self.has_own_connection else None

    @classmethod
    def serve_requests(cls) -> None:
        """From here on connections of this process come from the pool, and their statements have limits."""
        cls.is_serving = True
        atexit.register(cls._close_pools)

    @property
    def lock_timeout(self) -> int:
        """Milliseconds that each statement waits for a lock unless it says something else; 0 for no end."""
        return self._limits.lock if self.is_serving else 0

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params.pop("limits", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """One that has just answered. OperationalError at once while it is known that the server does not."""
        if self.pool is None:
            self.isolation_level = IsolationLevel.READ_COMMITTED
            return BoundedConnection.connect(**conn_params)
        if not storage.may_connect():
            raise OperationalError("the database server is known not to respond")
        connection = self._take()
        try:
            connection.check()
        except NoResponse:
            self._give_back(connection)
            raise
        except OperationalError:  # ended while it lay in the pool, and so, most likely, were the others
            self._give_back(connection)
            self.pool.drain()
            connection = self._take()
        return connection

    def _take(self) -> Any:
        try:
            return super().get_new_connection({})
        except (PoolTimeout, TooManyRequests) as error:
            raise TooManyConnections(
                f"all database connections of this process are in use: {error}"
            ) from error

    def _give_back(self, connection: Any) -> None:
        connection._pool.putconn(connection)

    def _configure_connection(self, connection: Any) -> bool:
        """Of each new connection: by statements, since a pooler in between refuses what is not said so."""
        commit = super()._configure_connection(connection)  # type: ignore[misc] # not in the types
        if not self.is_serving:
            return bool(commit)
        limits = self._limits
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false), "
            "set_config('idle_in_transaction_session_timeout', %s, false)",
            [str(limits.statement), str(limits.lock), str(limits.idle_transaction)],
        )
        connection.response_timeout = limits.response
        return True

    def _close(self) -> None:
        is_altered, self.is_altered = self.is_altered, False
        if self.connection is not None and is_altered:
            self.connection.close()  # the pool makes another one in its place
        if self.connection is not None and self.connection._pool is None:
            with self.wrap_database_errors:
                self.connection.close()
            return
        if self.connection is not None:
            with self.wrap_database_errors:
                self._give_back(self.connection)
            self.connection = None

    def __del__(self) -> None:
        """A thread that ends without a word takes nothing out of the pool for ever."""
        connection = self.__dict__.get("connection")
        if connection is not None and connection._pool is not None:
            with suppress(Exception):  # the interpreter may be ending
                self._give_back(connection)

    @classmethod
    def _close_pools(cls) -> None:
        """At the end of the process: the server hears that its connections are over."""
        for pool in tuple(cls._connection_pools.values()):  # type: ignore[attr-defined] # not in the types
            pool.close(timeout=CLOSE_TIMEOUT)

    @property
    def _limits(self) -> Limits:
        return Limits(**self.settings_dict["OPTIONS"]["limits"])


def fail_waiting(pool: ConnectionPool[Any]) -> None:
    """Who waits for a connection hears at once that none can be made: psycopg's pool would let the time run out."""
    with pool._lock:
        waiting = list(pool._waiting)
        pool._waiting.clear()
    for one in waiting:
        one.fail(OperationalError("no connection to the database server can be made"))
