"""Circuit breaker: calls to an API server that hangs fail at once for some seconds.

A server that accepts connections and never answers would otherwise take a thread for each call of each page, and
every page its whole patience several times over. One slow path is no outage: a server hangs where a call timed out
and nothing at all was answered since that call began.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from clusters.api.connection import Server
from clusters.api.errors import ApiError, TimedOut
from clusters.api.metrics import CIRCUIT_OPENINGS

HOLD = (
    3.0  # seconds that a hanging server is not called; then one call finds out, and the others go on waiting
)
_MAX_SERVERS = 1024


@dataclass
class _Circuit:
    answered: float = float("-inf")  # when it last said anything, on the monotonic clock
    open_until: float = float("-inf")  # until when it is not called


_servers: OrderedDict[Server, _Circuit] = OrderedDict()
_lock = threading.Lock()


def check(server: Server) -> None:
    """Raise TimedOut where the server hangs. The first call after the hold goes through and renews it for others."""
    now = time.monotonic()
    with _lock:
        seen = _servers.get(server)
        if seen is None or seen.open_until == float("-inf"):
            return
        if now >= seen.open_until:
            seen.open_until = now + HOLD
            return
    raise TimedOut("It did not respond a moment ago; the next attempt is in a few seconds.")


def record_response(server: Server) -> None:
    """It said something: it does not hang."""
    with _lock:
        seen = _find_circuit(server)
        seen.answered, seen.open_until = time.monotonic(), float("-inf")


def record_error(server: Server, began: float, error: ApiError) -> None:
    """A call that began at this time of the monotonic clock failed."""
    if not isinstance(error, TimedOut):
        if error.status:
            record_response(server)
        return
    with _lock:
        seen = _find_circuit(server)
        if seen.answered < began:
            if seen.open_until == float("-inf"):
                CIRCUIT_OPENINGS.inc()
            seen.open_until = time.monotonic() + HOLD


def count_open() -> int:
    """How many API servers are not called at this moment because they hang."""
    now = time.monotonic()
    with _lock:
        return sum(now < seen.open_until for seen in _servers.values())


def _find_circuit(server: Server) -> _Circuit:
    """What is remembered of it; those that nobody called for longest are forgotten. Under the lock."""
    seen = _servers.setdefault(server, _Circuit())
    _servers.move_to_end(server)
    while len(_servers) > _MAX_SERVERS:
        _servers.popitem(last=False)
    return seen
