"""Feed timings: how long feeds, health checks and the hub wait, in one place that a constructor takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeedTimings:
    """All in seconds, as production has them.

    A feed: `ready_timeout` is how long a readiness check may take; `lifetime` from and to how long one watch is
    requested to last; `overdue` after which a watch that should have ended is left, its connection being a dead one;
    `settle` how long a stream must stand after a failure before it is called live; `steady` after which a watch that
    stood was no failure; `early` before its time a watch ends for a reason, so that the list is read again; `hold`
    how long the first rows of a list stand alone at most, while nobody needs the rest.

    What it waits between two tries: `poll` between reads of a kind without watch; `denied` until what was denied is
    requested again; `denied_retry` until a denial right after a failure is checked again; `relist` until a list whose
    position was too old is read again, at most; `not_found` until what is not there, and `too_large` until an answer
    that was too large, is requested again; `backoff` the first and the longest pause after a failure, doubled each
    time, with jitter; `longest_watched` the longest one while somebody looks; `spread` over which the feeds of one API
    server retry when it responds again, at most.

    Its permission: `review` between reviews of an open feed (40 is the bound that the documentation states);
    `expiry` after the end of a credential; `grant` between reviews of what was refused, while somebody looks.

    Health of an API server: `healthy_interval` between probes while it responds, `unhealthy_interval` while it does
    not; `probe_timeout` that one probe may take, and `unhealthy_probe_timeout` while it does not respond: one that
    hangs is sent again, not waited for.

    The hub: `keep` is how long a feed lives on after its last viewer left, so that going back is instant; `sweep`
    between looks at what may be closed.
    """

    ready_timeout: float = 5.0
    lifetime: tuple[int, int] = (240, 360)
    overdue: float = 15.0
    settle: float = 0.4
    steady: float = 30.0
    early: float = 10.0
    hold: float = 1.0

    poll: float = 15.0
    denied: float = 30.0
    denied_retry: float = 1.5
    relist: float = 1.0
    not_found: float = 10.0
    too_large: float = 60.0
    backoff: tuple[float, float] = (0.8, 30.0)
    longest_watched: float = 3.0
    spread: float = 1.5

    review: float = 30.0
    expiry: float = 0.5
    grant: float = 3.0

    healthy_interval: float = 5.0
    unhealthy_interval: float = 0.6
    probe_timeout: float = 5.0
    unhealthy_probe_timeout: float = 2.0

    keep: float = 60.0
    sweep: float = 2.0
