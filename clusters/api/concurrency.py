"""Concurrency limits: calls in progress per user and cluster, per cluster, and in total."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clusters.api.errors import Busy


@dataclass
class ConcurrencyLimit:
    """Bounds on calls at the same time: `per_user` for one (cluster, user), `per_cluster` for one cluster,
    `total` in this process. One cluster that hangs leaves the others their slots.

    Who has waited for `max_wait` seconds gets Busy.
    """

    per_user: int
    total: int
    per_cluster: int = 48
    max_wait: float = 5.0
    _running: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @contextmanager
    def acquire_slot(self, cluster: str, person: str) -> Iterator[None]:
        """Wait for a slot, hold it for the length of the block."""
        self._enter((cluster, person))
        try:
            yield
        finally:
            self._leave((cluster, person))

    def _enter(self, who: tuple[str, str]) -> None:
        end = time.monotonic() + self.max_wait
        with self._changed:
            while not self._has_free_slot(who):
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    self._forget_zero(who)
                    raise Busy(retry_after=1.0)
            self._running[who] += 1

    def _has_free_slot(self, who: tuple[str, str]) -> bool:
        there = sum(count for (cluster, _person), count in self._running.items() if cluster == who[0])
        return (
            self._running[who] < self.per_user
            and there < self.per_cluster
            and self._running.total() < self.total
        )

    def _leave(self, who: tuple[str, str]) -> None:
        with self._changed:
            self._running[who] -= 1
            self._forget_zero(who)
            self._changed.notify_all()

    def _forget_zero(self, who: tuple[str, str]) -> None:
        if not self._running[who]:
            del self._running[who]


# Reviews have a limit of their own: a page that reviews permissions never waits behind its own lists.
CALLS = ConcurrencyLimit(per_user=8, total=160, per_cluster=48)
REVIEWS = ConcurrencyLimit(per_user=10, total=120, per_cluster=40)
# Whether a cluster that did not respond does so now, without waiting behind the calls that hang there.
PROBES = ConcurrencyLimit(per_user=2, total=48, per_cluster=12, max_wait=1.0)
