"""Who hears of every change, and does what follows from it a moment later?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from simulator.cluster import Cluster
from simulator.keeping.accounts import NAMESPACES, furnish, keep_accounts
from simulator.keeping.aggregation import aggregate, keep_roles
from simulator.keeping.claims import keep_claims
from simulator.keeping.definitions import keep_definitions
from simulator.keeping.garbage import Garbage
from simulator.keeping.namespaces import keep_namespaces
from simulator.pods.budgets import keep_all_budgets, keep_budgets
from simulator.store import Event

Keeper = Callable[[Cluster, Event], None]
KEEPERS: tuple[Keeper, ...] = (
    keep_definitions,
    keep_accounts,
    keep_roles,
    keep_claims,
    keep_budgets,
    keep_namespaces,
)


class House:
    """Runs the keepers of one cluster: in its event loop, after the write that they follow was answered."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._waiting: deque[Event] = deque()
        self._garbage = Garbage(cluster)
        self._is_called = False
        for namespace in cluster.store.items(NAMESPACES):
            furnish(cluster, namespace["metadata"]["name"])
        aggregate(cluster)
        keep_all_budgets(cluster)
        cluster.store.listen(self._heard)

    def settle(self) -> None:
        """Do all that is waiting, and what follows from it."""
        while self._waiting:
            event = self._waiting.popleft()
            for keeper in KEEPERS:
                keeper(self._cluster, event)
            self._garbage.keep(event)

    def _heard(self, event: Event) -> None:
        self._waiting.append(event)
        if self._is_called:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # somebody who has no loop settles by hand
        self._is_called = True
        loop.call_soon(self._called)

    def _called(self) -> None:
        self._is_called = False
        self.settle()
