"""Connection: psycopg's, which never waits without end for a server that has stopped responding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.errors import OperationalError

CHECK_TIMEOUT = 3.0  # seconds in which a server answers an empty query, or is said not to respond
WAIT_INTERVAL = 0.1  # seconds between looks whether the time is up, as psycopg's own


class NoResponse(OperationalError):
    """The server kept the connection open and did not answer; the connection is closed."""


class BoundedConnection(psycopg.Connection[Any]):
    """`response_timeout` is how many seconds one answer of the server may take, None for as long as it likes.

    A limit of the server's own, such as statement_timeout, needs a server that still runs; TCP's needs a machine that
    is gone. A process that is stopped, or waits for its disk, is noticed by neither.
    """

    response_timeout: float | None = None
    _pool: Any = None  # psycopg's pool sets it

    def wait(self, gen: Any, interval: float = WAIT_INTERVAL, timeout: float | None = None) -> Any:
        if timeout is not None or self.response_timeout is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.response_timeout)
        except OperationalError as error:
            if type(error).__name__ != "_WaitTimeout":  # psycopg's way to say that the time is up
                raise
            self.close()
            raise NoResponse(f"the database server did not respond in {self.response_timeout:g} s") from None

    def check(self) -> None:
        """One round trip. NoResponse where the server hangs, another OperationalError where the connection is lost."""
        with self._limit_response(CHECK_TIMEOUT):
            self.execute("")

    @contextmanager
    def _limit_response(self, seconds: float) -> Iterator[None]:
        before, self.response_timeout = self.response_timeout, seconds
        try:
            yield
        finally:
            self.response_timeout = before
