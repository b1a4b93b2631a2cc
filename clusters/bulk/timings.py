"""Timings of bulk runs: how often a run looks whether it may go on, and when it counts as interrupted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BulkTimings:
    """All in seconds. `poll` is between two looks in the undo window; `lease` after which a run without a sign of its
    process is interrupted.
    """

    poll: float = 0.25
    lease: float = 60.0
