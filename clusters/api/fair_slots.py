"""Fair slots: bounds on what runs at once in one event loop, by user and cluster; who has fewest running goes first."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from clusters.api.errors import Busy


@dataclass(frozen=True)
class SlotLimits:
    """How much runs at once: in all, for one user, for one cluster, and for one user at one cluster; None is no bound.

    `waiting`: how many of one user wait at most, and `max_wait` how many seconds; beyond either it is Busy.
    """

    total: int
    per_user: int | None = None
    per_cluster: int | None = None
    per_both: int | None = None
    waiting: int | None = None
    max_wait: float | None = None


@dataclass(eq=False)
class _Waiting:
    user: str
    cluster: str
    number: int
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class FairSlots:
    """Slots of one event loop. What belongs to no cluster has the empty one, which is not bounded."""

    def __init__(self, limits: SlotLimits) -> None:
        self._limits = limits
        self._running: Counter[tuple[str, str]] = Counter()
        self._by_user: Counter[str] = Counter()
        self._by_cluster: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count(1)
        self._served: dict[str, int] = {}  # of users who have something here: when each was given a slot last

    @asynccontextmanager
    async def acquire(self, user: str, cluster: str = "") -> AsyncIterator[None]:
        """Wait for a slot, hold it for the length of the block; Busy where too many wait, or for too long."""
        await self._enter(user, cluster)
        try:
            yield
        finally:
            self._leave(user, cluster)

    def count_running(self, user: str = "") -> int:
        """How many slots are held, by one user where one is named."""
        return self._by_user[user] if user else self._running.total()

    def count_waiting(self) -> int:
        return len(self._waiting)

    async def _enter(self, user: str, cluster: str) -> None:
        if not self._waiting and self._fits(user, cluster):
            self._start(user, cluster)
            return
        if self._limits.waiting is not None:
            mine = sum(one.user == user for one in self._waiting)
            if mine >= self._limits.waiting:
                raise Busy(retry_after=1.0)
        one = _Waiting(user, cluster, next(self._numbers))
        self._waiting.append(one)
        self._serve()
        try:
            async with asyncio.timeout(self._limits.max_wait):
                await one.turn
        except BaseException as error:
            if one in self._waiting:
                self._waiting.remove(one)
            elif one.turn.done() and not one.turn.cancelled():
                self._leave(user, cluster)  # it was given a slot in the same moment
            self._forget(user)
            if isinstance(error, TimeoutError):
                raise Busy(retry_after=1.0) from None
            raise

    def _leave(self, user: str, cluster: str) -> None:
        for counter, key in self._counters(user, cluster):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]
        self._serve()
        self._forget(user)

    def _serve(self) -> None:
        """Give slots to those who wait: first to users with fewest running, of these to who was served longest ago."""
        while fitting := [one for one in self._waiting if self._fits(one.user, one.cluster)]:
            one = min(
                fitting, key=lambda it: (self._by_user[it.user], self._served.get(it.user, 0), it.number)
            )
            self._waiting.remove(one)
            if not one.turn.done():
                self._start(one.user, one.cluster)
                one.turn.set_result(None)

    def _start(self, user: str, cluster: str) -> None:
        for counter, key in self._counters(user, cluster):
            counter[key] += 1
        self._served[user] = next(self._numbers)

    def _fits(self, user: str, cluster: str) -> bool:
        limits = self._limits
        return (
            self._running.total() < limits.total
            and (limits.per_user is None or self._by_user[user] < limits.per_user)
            and (not cluster or limits.per_cluster is None or self._by_cluster[cluster] < limits.per_cluster)
            and (not cluster or limits.per_both is None or self._running[user, cluster] < limits.per_both)
        )

    def _counters(self, user: str, cluster: str) -> list[tuple[Counter[object], object]]:
        return [(self._running, (user, cluster)), (self._by_user, user), (self._by_cluster, cluster)]  # type: ignore[list-item] # each has keys of its own

    def _forget(self, user: str) -> None:
        """Nothing of this user is left here."""
        if not self._by_user[user] and not any(one.user == user for one in self._waiting):
            self._served.pop(user, None)
