"""Log timings: how long followed logs wait, in one place that a constructor takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogTimings:
    """All in seconds. `window` is how long a line waits for lines of other containers that are older, shortest and
    longest: it doubles with each late line, and shrinks while there are none. `backoff`: the first and the longest
    pause before a stream that broke is opened again, doubled each time. `steady`: after which a stream that stood
    was no failure. `review`: between two reviews of the permission. `pods`: between two reads of pods that cannot be
    watched. `status`: how long the status of a pod may lag behind the end of its log. `watch`: how long one watch is
    requested to last. `snapshot`: how long a page without a script waits for the last lines.
    """

    window: tuple[float, float] = (0.1, 2.0)
    backoff: tuple[float, float] = (0.5, 10.0)
    steady: float = 10.0
    review: float = 25.0
    pods: float = 5.0
    status: float = 2.0
    watch: int = 300
    snapshot: float = 8.0
