"""Merge of logs: lines of several containers in the order of their timestamps, in a window that adapts."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import NamedTuple

from clusters.logs.events import Notice
from clusters.logs.lines import LineKey

SHRINK_SECONDS = 10.0  # without a late line until the window shrinks
SHRINK = 0.7
AFTER_LINES = 2**31  # beyond the ordinal of any line


class MergedLine(NamedTuple):
    """A line of the merged view. `is_late`: lines with later timestamps were shown before it."""

    key: LineKey
    text: str
    left_out: int = 0
    is_late: bool = False


class _Waiting(NamedTuple):
    key: LineKey
    arrived: float
    text: str
    left_out: int
    notice: Notice | None = None


class Merge:
    """Lines of several streams, merged. Times are seconds of a clock of the caller's that only goes forward.

    A line leaves as soon as no open stream can bring an older one, as far as timestamps within a stream ascend, and
    at the latest after the window. What comes later than that is late: it leaves at once, marked, and the window
    doubles. What waits is bounded by its caller, who pushes nothing while `waiting_bytes` is too much. `start` is the
    first window, until a line was waited for in vain: the logs of many containers arrive one after another.
    """

    def __init__(self, shortest: float, longest: float, start: float | None = None) -> None:
        self._shortest, self._longest = shortest, longest
        self._is_starting = start is not None
        self.window = shortest if start is None else start
        self.waiting_bytes = 0
        self._heap: list[_Waiting] = []
        self._ready: list[MergedLine | Notice] = []  # what need not wait at all
        self._newest: dict[int, int] = {}  # of each open stream, the highest timestamp that came
        self._ends: dict[int, LineKey] = {}  # of each stream, open or not: the place after all that came
        self._shown = -1
        self._last_late = 0.0

    def open(self, stream: int) -> None:
        self._newest.setdefault(stream, -1)

    def close(self, stream: int) -> None:
        """Nothing more comes of this stream: nobody waits for it."""
        self._newest.pop(stream, None)

    @property
    def oldest_waiting(self) -> int | None:
        """The timestamp of the oldest line that waits."""
        return self._heap[0].key.timestamp if self._heap else None

    def push(self, stream: int, lines: Sequence[MergedLine], now: float) -> None:
        if self._is_alone(stream) and _is_sorted(lines, self._shown):
            self._ready.extend(lines)
            newest = self._shown = max(self._shown, lines[-1].key.timestamp) if lines else self._shown
        else:
            newest = self._push_each(stream, lines, now)
        if newest >= 0:
            self._ends[stream] = LineKey(newest, stream, AFTER_LINES)
        if stream in self._newest:
            self._newest[stream] = newest

    def _push_each(self, stream: int, lines: Sequence[MergedLine], now: float) -> int:
        newest = self._newest.get(stream, -1)
        for key, text, left_out, _is_late in lines:
            newest = max(newest, key.timestamp)
            self.waiting_bytes += len(text) + 64
            heapq.heappush(self._heap, _Waiting(key, now, text, left_out))
        return newest

    def _is_alone(self, stream: int) -> bool:
        """Whether nothing waits, and nothing else can come."""
        return not self._heap and len(self._newest) == 1 and stream in self._newest

    def is_waited_for(self, stream: int) -> bool:
        """Whether no open stream has brought less."""
        newest = self._newest.get(stream)
        return newest is not None and newest == min(self._newest.values())

    def push_notice(self, notice: Notice, now: float) -> bool:
        """A notice after the lines of its stream that came; False where there is no line to stand after."""
        place = self._ends.get(notice.stream)
        if place is None:
            return False
        # The next one stands after it.
        self._ends[notice.stream] = place._replace(ordinal=place.ordinal + 1)
        heapq.heappush(self._heap, _Waiting(place, now, notice.text, 0, notice))
        self.waiting_bytes += len(notice.text) + 64
        return True

    def pop(self, now: float) -> list[MergedLine | Notice]:
        """What can leave now, in order; late lines stand where they came."""
        found, self._ready = self._ready, []
        settled = min(self._newest.values(), default=2**63)
        starts_over = False
        while self._heap:
            first = self._heap[0]
            is_due = first.key.timestamp <= settled or first.arrived + self.window <= now
            if not is_due:
                break
            heapq.heappop(self._heap)
            self.waiting_bytes -= len(first.text) + 64
            if first.notice is not None:
                found.append(first.notice)
                continue
            is_late = first.key.timestamp < self._shown
            if is_late:
                self._last_late = now
                self.window = min(self._longest, self.window * 2)
            self._shown = max(self._shown, first.key.timestamp)
            found.append(MergedLine(first.key, first.text, first.left_out, is_late))
            if self._is_starting and first.key.timestamp > settled:
                starts_over = True
        if starts_over:
            self._is_starting, self.window, self._last_late = False, self._shortest, now
        if now - self._last_late > SHRINK_SECONDS and self.window > self._shortest:
            self.window, self._last_late = max(self._shortest, self.window * SHRINK), now
        return found

    def next_due(self) -> float | None:
        """When the oldest line has waited long enough, whatever comes; None where none waits."""
        return self._heap[0].arrived + self.window if self._heap and self.window < math.inf else None


def _is_sorted(lines: Sequence[MergedLine], last: int) -> bool:
    for line in lines:
        timestamp = line.key.timestamp
        if timestamp < last:
            return False
        last = timestamp
    return True
