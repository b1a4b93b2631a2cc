"""Call deadlines: bounds the total duration of one call on its thread, however slowly bytes arrive.

Time-outs of sockets begin anew with each byte. The end of a call is kept for its thread, and each read and
write of the sockets below gets what is left of it.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Call(threading.local):
    end: float | None = None


_call = _Call()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """All reading and writing in the block, by this thread, ends after `seconds` with a TimeoutError."""
    _call.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _call.end = None


def remaining_seconds(at_most: float) -> float:
    """Seconds until the deadline, never more than `at_most`; TimeoutError where none are left."""
    if _call.end is None:
        return at_most
    remaining = _call.end - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the request used up its time limit")
    return min(remaining, at_most)


class TimedSocket(socket.socket):
    """A TCP socket under the thread's deadline (the CONNECT exchange with a proxy)."""

    def recv_into(self, *args: Any, **named: Any) -> int:
        _shorten(self)
        return super().recv_into(*args, **named)


class TimedSSLSocket(ssl.SSLSocket):
    """A TLS socket under the thread's deadline."""

    def read(self, *args: Any, **named: Any) -> Any:  # bytes, or a count where a buffer was given
        _shorten(self)
        return super().read(*args, **named)

    def send(self, *args: Any, **named: Any) -> int:
        _shorten(self)
        return super().send(*args, **named)


def _shorten(timed: socket.socket) -> None:
    current = timed.gettimeout()
    timed.settimeout(remaining_seconds(current if current is not None else 60.0))
