"""Cluster clock with alarms: runs at any speed, can be frozen and moved."""

from __future__ import annotations

import datetime
import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_ALARMS = 500_000  # alarms that may wait at once; one more raises OverflowError


@dataclass(order=True, slots=True)
class Alarm:
    """Rings once, at `due_at` (seconds since 1970) of the clock; those due at once in the order of setting."""

    due_at: float
    number: int
    call: Callable[[], None] = field(compare=False)
    is_cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """It will not ring; of one that has rung, nothing."""
        self.is_cancelled = True


class Clock:
    """Starts at the real time (or at `start`); after t real seconds it shows start + t x speed.

    Alarms ring in `ring()` and `advance()`, which simulator/runtime/ calls.
    """

    def __init__(self, *, speed: float = 1.0, start: datetime.datetime | None = None) -> None:
        self._origin = (start or datetime.datetime.now(datetime.UTC)).timestamp()
        self._started_at = time.monotonic()
        self._speed = speed
        self._alarms: list[Alarm] = []
        self._numbers = itertools.count()
        self._listeners: list[Callable[[], None]] = []

    @property
    def speed(self) -> float:
        """0 while it stands still."""
        return self._speed

    def seconds(self) -> float:
        """Since 1970."""
        return self._origin + (time.monotonic() - self._started_at) * self._speed

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.seconds(), datetime.UTC)

    def stamp(self) -> str:
        """As Kubernetes writes it, to the second."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def stamp_micro(self) -> str:
        """A MicroTime, as Leases and Events hold it."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def run(self, speed: float) -> None:
        """From now on so many seconds of the cluster in a real one; 0 freezes it."""
        self._origin, self._started_at, self._speed = self.seconds(), time.monotonic(), speed
        self._notify_listeners()

    def move(self, seconds: float) -> None:
        """Jump ahead; alarms on the way ring late, all at the new time, as after a machine's sleep."""
        self._origin += seconds
        self._notify_listeners()

    @staticmethod
    def format_timestamp(seconds: float) -> str:
        """Seconds since 1970 as Kubernetes writes them."""
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- alarms

    def call_at(self, timestamp: float, call: Callable[[], None]) -> Alarm:
        """Call it once at that time (seconds since 1970), or at the next ring where that is past."""
        if len(self._alarms) >= MAX_ALARMS:
            self._alarms = [one for one in self._alarms if not one.is_cancelled]
            heapq.heapify(self._alarms)
            if len(self._alarms) >= MAX_ALARMS:
                raise OverflowError(f"More than {MAX_ALARMS} alarms wait.")
        alarm = Alarm(timestamp, next(self._numbers), call)
        heapq.heappush(self._alarms, alarm)
        if self._alarms[0] is alarm:
            self._notify_listeners()
        return alarm

    def call_after(self, seconds: float, call: Callable[[], None]) -> Alarm:
        return self.call_at(self.seconds() + seconds, call)

    def next_alarm_at(self) -> float | None:
        """When the next alarm rings; None where there is none."""
        while self._alarms and self._alarms[0].is_cancelled:
            heapq.heappop(self._alarms)
        return self._alarms[0].due_at if self._alarms else None

    def real_seconds(self) -> float | None:
        """Until the next alarm, on the wall; None where it does not come by waiting."""
        alarm_at = self.next_alarm_at()
        if alarm_at is None:
            return None
        left = alarm_at - self.seconds()
        if left <= 0:
            return 0.0
        return left / self._speed if self._speed > 0 else None

    def ring(self, limit: int = MAX_ALARMS) -> int:
        """Call what is due, at most so many, in the order of their moments; answers how many."""
        rung = 0
        now = self.seconds()
        while rung < limit and (alarm_at := self.next_alarm_at()) is not None and alarm_at <= now:
            heapq.heappop(self._alarms).call()
            rung += 1
        return rung

    def advance(self, seconds: float, settle: Callable[[], None]) -> None:
        """Live through so many seconds: from alarm to alarm, each at its own time, `settle()` after each."""
        end = self.seconds() + seconds
        while (alarm_at := self.next_alarm_at()) is not None and alarm_at <= end:
            self._origin += max(alarm_at - self.seconds(), 0.0)
            heapq.heappop(self._alarms).call()
            settle()
        self._origin += max(end - self.seconds(), 0.0)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Called when the time to the next alarm is another than it was. Answers how to stop it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def _notify_listeners(self) -> None:
        for callback in list(self._listeners):
            callback()
