"""Viewers of a shared feed: a denial is recorded for those who look now, or for whom its first request was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from clusters.api.connection import Connection
from clusters.api.errors import ApiError, Forbidden

MAX_RECORDED = 20  # people for whom one denial of a feed that they share is recorded
Denial = tuple[str, str, Sequence[tuple[str, str]], ApiError]


class Viewers:
    """Of one feed, each with the connection that it came by; any thread.

    Their `report` is the error callback of the feed's own connection. `is_loading`: the feed has no answer yet.
    """

    def __init__(self, is_loading: Callable[[], bool]) -> None:
        self._is_loading = is_loading
        self._first: Connection | None = None
        self._lock = threading.Lock()
        self._connections: list[Connection] = []
        self._denial: Denial | None = None

    def add(self, connection: Connection, *, is_denied: bool) -> None:
        """One more. Where the feed is denied by now no request is sent for this viewer, who is denied all the same."""
        with self._lock:
            self._first = self._first or connection
            self._connections.append(connection)
            denial = self._denial
        if is_denied and denial is not None:
            _report(connection, denial)

    def remove(self, connection: Connection | None) -> None:
        """One less: this one, or without one the first that came."""
        with self._lock:
            for index, one in enumerate(self._connections):
                if connection is None or one is connection:
                    del self._connections[index]
                    return

    def has(self, connection: Connection) -> bool:
        with self._lock:
            return any(one is connection for one in self._connections)

    def report(self, method: str, path: str, query: Sequence[tuple[str, str]], error: ApiError) -> None:
        """An error that the feed met. Where nobody looks it is recorded for nobody, but for the feed's first request:
        that was sent for whoever opened it, who may have left meanwhile.
        """
        denial = (method, path, query, error)
        with self._lock:
            if isinstance(error, Forbidden):
                self._denial = denial
            by_person = {one.person: one for one in self._connections}
            if not by_person and self._first is not None and self._is_loading():
                by_person = {self._first.person: self._first}
        for connection in list(by_person.values())[:MAX_RECORDED]:
            _report(connection, denial)


def _report(connection: Connection, denial: Denial) -> None:
    if connection.error_callback is not None:
        connection.error_callback(*denial)
