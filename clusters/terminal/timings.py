"""Terminal timings: how long terminals wait, in one place that a constructor takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TerminalTimings:
    """All in seconds. `unwatched`: how long a terminal goes on after the last page that showed it was closed, and how
    long the screen of one that ended can still be read. `check`: between two looks at its session, credential and
    role. `review`: between two reviews of the permission. `keep_alive`: between two empty frames of standard input,
    which a kubelet counts as activity. `hang_up`: how long the processes of a terminal that is ended have to end.
    `slow`: how long a page that draws nothing holds up the output. `start`: how long a shell has to be started.
    """

    unwatched: float = 900.0
    check: float = 5.0
    review: float = 25.0
    keep_alive: float = 120.0
    hang_up: float = 5.0
    slow: float = 10.0
    start: float = 30.0
