"""Logs of a cluster's containers: appended lines and lines from a source."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter

from cachetools import FIFOCache

from simulator.clock import Clock
from simulator.pods.generated_logs import generate_lines
from simulator.pods.runs import LogLine, Run, container_status
from simulator.store import Event, Store

PODS = ("", "pods")
MAX_LINES = 5_000  # of a run, as rotation leaves them; older ones are gone
MAX_APPENDED_LINES = 1_000  # appended ones of one run; older ones are dropped
MAX_APPENDED_RUNS = 2_000  # that hold appended lines; the oldest is dropped
STEP = 1e-6  # seconds from one appended line to the next

# The last `count` lines of a run whose timestamp is after `since` and not after `until`, oldest first
Source = Callable[[Run, float, float, int], Sequence[LogLine]]


class Logs:
    """The logs of one cluster. `source` may be replaced; it must return the same for the same arguments.

    The start and the end of a run are read from the pod's status.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self.source: Source = generate_lines
        self._store = store
        self._clock = clock
        self._appended: FIFOCache[tuple[str, str, int], deque[LogLine]] = FIFOCache(MAX_APPENDED_RUNS)
        self._latest = 0.0  # no line is appended at or before what was already shown
        store.listen(self._receive)

    def append(self, namespace: str, pod: str, container: str, text: str) -> None:
        """A line (or several) of the run that the pod's status names now; of a pod that is not there, nothing."""
        found = self._store.get(PODS, namespace, pod)
        if found is None:
            return
        number = (container_status(found, container) or {}).get("restartCount") or 0
        key = found["metadata"]["uid"], container, number
        lines = self._appended.setdefault(key, deque(maxlen=MAX_APPENDED_LINES))
        for line in text.splitlines() or [""]:
            self._latest = max(self._clock.seconds(), self._latest + STEP)
            lines.append(LogLine(self._latest, line))

    def lines(self, run: Run, *, since: float = 0.0, last: int = MAX_LINES) -> list[LogLine]:
        """The last lines after `since` (seconds since 1970, of the cluster's clock) until now, oldest first."""
        now = self._clock.seconds()
        self._latest = max(self._latest, now)
        until = now if run.finished_at is None else min(now, run.finished_at)
        count = min(last, MAX_LINES)
        made = self.source(run, since, until, count) if count and until > since else ()
        written = [one for one in self._appended.get(run.key, ()) if one.timestamp > since]
        merged = list(heapq.merge(made, written, key=attrgetter("timestamp")))
        return merged[-count:] if count else []

    def _receive(self, event: Event) -> None:
        """Drops the lines of a deleted pod."""
        if event.storage == PODS and event.type == "DELETED":
            uid = event.object["metadata"]["uid"]
            for key in [one for one in self._appended if one[0] == uid]:
                del self._appended[key]
