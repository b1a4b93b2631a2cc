"""Pacing of evictions: of the pods that one budget blocks, how many are tried now."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from clusters.drains.items import BLOCKED
from clusters.models import OperationItem

PROBED_PART, MOST_PROBES = (
    8,
    10,
)  # of the pods that one budget blocks, one of so many is tried in each round, at most


def name_blocker(item: OperationItem) -> str:
    """`namespace/name` of the budget that did not allow the last eviction."""
    return f"{item.namespace}/{item.detail.get('blocked_by', '')}"


class Pacing:
    """Of one node. `budgets` is what is known of them, by `namespace/name`; `retry` is in seconds.

    kubectl tries all pods every 5 seconds. A budget that allows nothing would refuse each, and each is in the audit
    trail twice. So of those that a budget has blocked only as many are tried as it allows now, and every eighth by
    turns: it can allow the eviction of a pod that is not ready although it allows no disruption.
    """

    def __init__(self, budgets: Mapping[str, Mapping[str, Any]], retry: float) -> None:
        self._budgets, self._retry = budgets, retry
        self._probe_at: dict[str, float] = {}

    def choose(
        self, due: Mapping[str, float], items: Sequence[OperationItem], sending: Collection[str]
    ) -> list[OperationItem]:
        """What is sent now. `items` can be sent as far as their own time is concerned, which is in `due` by UID;
        `sending` are the budgets of which pods are on their way."""
        chosen: list[OperationItem] = []
        by_budget: dict[str, list[OperationItem]] = defaultdict(list)
        for item in items:
            key = name_blocker(item)
            if item.state == BLOCKED and key in self._budgets:
                by_budget[key].append(item)
            else:
                chosen.append(item)
        for key, blocked in by_budget.items():
            blocked.sort(key=lambda one: due[one.uid])
            probes = 0 if key in sending else self._count_probes(key, len(blocked))
            chosen += blocked[: max(probes, int(self._budgets[key]["allowed"]))]
        return chosen

    def _count_probes(self, key: str, blocked: int) -> int:
        now = time.monotonic()
        if now < self._probe_at.get(key, 0.0):
            return 0
        self._probe_at[key] = now + self._retry
        return min(MOST_PROBES, -(-blocked // PROBED_PART))


class Bucket:
    """Bounds the evictions of one drain: `rate` in a second, after `burst` at once."""

    def __init__(self, rate: float, burst: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._timer = rate, burst, timer
        self._left, self._filled_at = float(burst), timer()

    def spend(self, count: int) -> int:
        """How many of so many can be sent now; they are counted as sent."""
        now = self._timer()
        self._left = min(float(self._burst), self._left + (now - self._filled_at) * self._rate)
        self._filled_at = now
        given = min(count, int(self._left))
        self._left -= given
        return given
