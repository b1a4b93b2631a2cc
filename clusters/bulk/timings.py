"""Timings of bulk runs: the undo window, and how often a run looks whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BulkTimings:
    """All in seconds. `undo_window` is how long a destructive action in a protected cluster waits, and can be called
    back; `poll` between two looks meanwhile; `lease` after which a run without a sign of its process is interrupted.
    """

    undo_window: float = 5.0
    poll: float = 0.25
    lease: float = 60.0
