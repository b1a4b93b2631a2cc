"""Counting timings: how long the polls of the overview wait, in one place that a constructor takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CountingTimings:
    """All in seconds, as production has them.

    `poll` is from the begin of one poll to the next, longer for a slow cluster; `retry` between probes of a cluster
    that does not respond; `unauthorized_retry` until a credential that was refused is tried again; `review` until the
    permissions are reviewed again; `grace` that a poll in progress may still take after the last viewer left;
    `retention` that numbers are kept for who comes back; `sweep` between looks at what nobody looks at; `probe_timeout`
    that the first request of a poll may take, and `page_timeout` one page of a list.
    """

    poll: float = 10.0
    retry: float = 4.0
    unauthorized_retry: float = 30.0
    review: float = 30.0
    grace: float = 5.0
    retention: float = 60.0
    sweep: float = 1.0
    probe_timeout: float = 4.0
    page_timeout: float = 10.0
