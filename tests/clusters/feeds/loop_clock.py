"""A clock for an event loop in a thread: time passes as usual, and by leaps where a test says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from clusters.runtime import runtime


class LoopClock:
    """Its loops, with all that waits in them, are ahead of the machine's clock by what `advance` was given."""

    def __init__(self) -> None:
        self._offset = 0.0  # seconds
        self._loops: list[asyncio.AbstractEventLoop] = []

    def start_loop(self, name: str, closer: Callable[[], Awaitable[None]]) -> asyncio.AbstractEventLoop:
        """As `Runtime.start_loop`."""
        loop = runtime.start_loop(name, closer)
        loop.time = lambda: time.monotonic() + self._offset  # type: ignore[method-assign]
        self._loops.append(loop)
        return loop

    def advance(self, seconds: float) -> None:
        """So many seconds have passed at once: what waited for them in these loops goes on."""
        self._offset += seconds
        for loop in self._loops:
            loop.call_soon_threadsafe(lambda: None)
