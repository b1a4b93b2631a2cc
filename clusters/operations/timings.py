"""Operation timings: heartbeats, leases and polls of operations, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OperationTimings:
    """All in seconds, as production has them.

    `heartbeat` is between two heartbeats of a running operation, at which its session and its permissions are checked
    as well; `lease` is the age of a heartbeat after which the operation counts as interrupted, and can be resumed by
    another process; `save` is how long changes are gathered before they are saved; `watch` is between two looks of
    open pages at operations of other processes. `undo_window` is how long what is destructive in a protected cluster
    waits, and can be called back; runs of bulk actions and single actions wait as long.
    """

    heartbeat: float = 2.0
    lease: float = 15.0
    save: float = 0.5
    watch: float = 1.0
    undo_window: float = 5.0
