"""Drain timings: how long a drain waits between evictions and looks, as `kubectl drain` does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrainTimings:
    """All in seconds. `retry` is from an eviction that was not allowed to the next one of the same pod, at least;
    kubectl's is 5. `poll` is between two lists of a node's pods; kubectl reads each pod once a second. `busy` is until
    a request is tried again for which this server had no slot. `rate` is how many evictions a drain sends in a second,
    after `burst` of them at once: kubectl sends at most 5 requests in a second, after 10.
    """

    retry: float = 5.0
    poll: float = 1.0
    busy: float = 1.0
    rate: float = 5.0
    burst: int = 5
