"""Circuit breaker: calls to an API server that hangs fail at once for some seconds.

A server that accepts connections and never answers would otherwise take a thread for each call of each page, and
every page its whole patience several times over. One slow path is no outage: a server hangs where a call timed out
and nothing at all was answered since that call began.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import FIFOCache

from clusters.api.connection import Server
from clusters.api.errors import ApiError, TimedOut
from clusters.api.metrics import CIRCUIT_OPENINGS

_NEVER = float("-inf")


@dataclass
class _Circuit:
    answered: float = _NEVER  # when it last said anything, on the breaker's clock
    open_until: float = _NEVER  # until when it is not called


class CircuitBreaker:
    """What is remembered of at most `max_servers` API servers; every method is for any thread.

    `hold` is for how many seconds a hanging server is not called; then one call finds out, and the others go on
    waiting. `timer` is a clock in seconds.
    """

    def __init__(
        self, hold: float = 3.0, max_servers: int = 1024, *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.now = timer
        self._hold = hold
        # Each call stores it again: those that nobody called for longest are forgotten.
        self._circuits: FIFOCache[Server, _Circuit] = FIFOCache(max_servers)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._circuits)

    def check(self, server: Server) -> None:
        """Raise TimedOut where it hangs. The first call after the hold goes through and renews it for others."""
        now = self.now()
        with self._lock:
            seen = self._circuits.get(server)
            if seen is None or seen.open_until == _NEVER:
                return
            if now >= seen.open_until:
                seen.open_until = now + self._hold
                return
        raise TimedOut("It did not respond a moment ago; the next attempt is in a few seconds.")

    def record_response(self, server: Server) -> None:
        """It said something: it does not hang."""
        with self._lock:
            seen = self._find_circuit(server)
            seen.answered, seen.open_until = self.now(), _NEVER

    def record_error(self, server: Server, began: float, error: ApiError) -> None:
        """A call that began at this time of the breaker's clock failed."""
        if not isinstance(error, TimedOut):
            if error.status:
                self.record_response(server)
            return
        with self._lock:
            seen = self._find_circuit(server)
            if seen.answered < began:
                if seen.open_until == _NEVER:
                    CIRCUIT_OPENINGS.inc()
                seen.open_until = self.now() + self._hold

    def count_open(self) -> int:
        """How many API servers are not called at this moment because they hang."""
        now = self.now()
        with self._lock:
            return sum(now < seen.open_until for seen in self._circuits.values())

    def _find_circuit(self, server: Server) -> _Circuit:
        """Under the lock."""
        seen = self._circuits[server] = self._circuits.get(server) or _Circuit()
        return seen


breaker = CircuitBreaker()
