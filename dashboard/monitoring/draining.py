"""Draining: whether this process is about to end, and the sockets that are closed before it does.

It is not ready from the first moment on; new connections are accepted for a while, and then its sockets are closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

CloseSocket = Callable[[], Awaitable[None]]


class Draining:
    """State of one process. All of it belongs to the thread of the server's loop; `is_under_way` any may read."""

    def __init__(self) -> None:
        self.is_under_way = False
        self.is_closing = False  # a socket that opens now is closed at once
        self._sockets: set[CloseSocket] = set()

    def begin(self) -> None:
        self.is_under_way = True

    def add(self, close: CloseSocket) -> None:
        """Register a socket that has to be closed."""
        self._sockets.add(close)

    def discard(self, close: CloseSocket) -> None:
        self._sockets.discard(close)

    async def close_sockets(self) -> None:
        """Close all of them at once; one that fails does not keep the others."""
        self.is_closing = True
        await asyncio.gather(*(close() for close in tuple(self._sockets)), return_exceptions=True)


draining = Draining()
