"""Outbox of a log view: lines and notices on their way to the page, bounded; who reads slowly stops the reading."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from clusters.logs.events import Notice, StreamOpened
from clusters.logs.merging import MergedLine

MAX_BUFFER = 2 * 1024 * 1024  # bytes that wait: in the merge, and for the page
TAKE = 1024 * 1024  # bytes that a page is sent at once: as many as it may have that it has not drawn
OVERHEAD = 96  # bytes that a line costs beside its text, here
WIRE_OVERHEAD = 40  # and on its way to the page


Event = MergedLine | StreamOpened | Notice


class Outbox:
    """Events in the order in which they are shown. `put` is for the loop of the logs, `take` for any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, changed: Callable[[], None]) -> None:
        self._loop = loop
        self._changed = changed
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._has_space = asyncio.Event()
        self.size = 0  # bytes

    def put(self, events: list[MergedLine | Notice]) -> None:
        if events:
            with self._lock:
                self._events.extend(events)
                self.size += sum(_measure(one) for one in events)
            self._changed()

    def put_event(self, event: StreamOpened | Notice) -> None:
        with self._lock:
            self._events.append(event)
            self.size += _measure(event)
        self._changed()

    def take(self, most: int = TAKE) -> tuple[list[Event], bool]:
        """The next events, about `most` bytes, and whether more are there."""
        taken: list[Event] = []
        size = sent = 0
        with self._lock:
            while self._events and sent < most:
                event = self._events.popleft()
                size += _measure(event)
                sent += _measure(event) - OVERHEAD + WIRE_OVERHEAD
                taken.append(event)
            self.size -= size
            has_more = bool(self._events)
        if taken and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._has_space.set)
        return taken, has_more

    async def wait_for_space(self, waiting: Callable[[], int]) -> None:
        """Until less than MAX_BUFFER waits here and, by `waiting`, elsewhere."""
        while self.size + waiting() > MAX_BUFFER:
            self._has_space.clear()
            if self.size + waiting() > MAX_BUFFER:
                await self._has_space.wait()

    def wake(self) -> None:
        """What waited elsewhere has moved."""
        self._has_space.set()


def _measure(event: Event) -> int:
    return OVERHEAD + (0 if isinstance(event, StreamOpened) else len(event.text))
