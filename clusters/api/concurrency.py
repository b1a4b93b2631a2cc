"""Concurrency limits: calls in progress per user and cluster, per user, per cluster, and in total."""

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
    """Bounds on calls at the same time: `per_user` for one (cluster, user), `everywhere` for one user,
    `per_cluster` for one cluster, `total` in this process. One cluster that hangs leaves the others their slots.

    Of those who wait, the users with fewest calls in progress go first. Who has waited for `max_wait` seconds gets
    Busy.
    """

    per_user: int
    total: int
    per_cluster: int = 48
    everywhere: int = 40
    max_wait: float = 5.0
    _running: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
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
            self._waiting[who] += 1
            try:
                while not self._is_next(who):
                    left = end - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        raise Busy(retry_after=1.0)
                self._running[who] += 1
            finally:
                self._waiting[who] -= 1
                self._forget_zero(who)
                self._changed.notify_all()  # whoever waited for this one to go first

    def _is_next(self, who: tuple[str, str]) -> bool:
        """Whether there is a slot, and nobody waits for one who has fewer calls in progress."""
        mine = self._count(person=who[1])
        return self._has_free_slot(who) and not any(
            self._count(person=other[1]) < mine and self._has_free_slot(other) for other in self._waiting
        )

    def _has_free_slot(self, who: tuple[str, str]) -> bool:
        return (
            self._running[who] < self.per_user
            and self._count(person=who[1]) < self.everywhere
            and self._count(cluster=who[0]) < self.per_cluster
            and self._running.total() < self.total
        )

    def _count(self, *, cluster: str = "", person: str = "") -> int:
        """Calls in progress at a cluster, or of a person everywhere."""
        return sum(
            count
            for (where, who), count in self._running.items()
            if cluster in ("", where) and person in ("", who)
        )

    def _leave(self, who: tuple[str, str]) -> None:
        with self._changed:
            self._running[who] -= 1
            self._forget_zero(who)
            self._changed.notify_all()

    def _forget_zero(self, who: tuple[str, str]) -> None:
        for counter in (self._running, self._waiting):
            if not counter[who]:
                del counter[who]


# Reviews have a limit of their own: a page that reviews permissions never waits behind its own lists.
CALLS = ConcurrencyLimit(per_user=8, total=160, per_cluster=48)
REVIEWS = ConcurrencyLimit(per_user=10, total=120, per_cluster=40)
# Whether a cluster that did not respond does so now, without waiting behind the calls that hang there.
PROBES = ConcurrencyLimit(per_user=2, total=48, per_cluster=12, max_wait=1.0)
