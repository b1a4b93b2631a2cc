"""Reconciler runner: passes each change of the store to every reconciler, after the write was answered."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from simulator.cluster import Cluster
from simulator.pods.budgets import reconcile_all_budgets, reconcile_budgets
from simulator.reconcilers.accounts import NAMESPACES, create_namespace_defaults, reconcile_accounts
from simulator.reconcilers.aggregation import aggregate_roles, reconcile_roles
from simulator.reconcilers.claims import reconcile_claims
from simulator.reconcilers.definitions import reconcile_definitions
from simulator.reconcilers.garbage import GarbageCollector
from simulator.reconcilers.namespaces import reconcile_namespaces
from simulator.store import Event

Reconciler = Callable[[Cluster, Event], None]
RECONCILERS: tuple[Reconciler, ...] = (
    reconcile_definitions,
    reconcile_accounts,
    reconcile_roles,
    reconcile_claims,
    reconcile_budgets,
    reconcile_namespaces,
)


class ReconcilerRunner:
    """Runs the reconcilers of one cluster: in its event loop, after the response to the write that triggers them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._pending: deque[Event] = deque()
        self._garbage = GarbageCollector(cluster)
        self._is_scheduled = False
        for namespace in cluster.store.items(NAMESPACES):
            create_namespace_defaults(cluster, namespace["metadata"]["name"])
        aggregate_roles(cluster)
        reconcile_all_budgets(cluster)
        cluster.store.listen(self._receive)

    def settle(self) -> None:
        """Do all that is waiting, and what follows from it."""
        while self._pending:
            event = self._pending.popleft()
            for reconcile in RECONCILERS:
                reconcile(self._cluster, event)
            self._garbage.reconcile(event)

    def _receive(self, event: Event) -> None:
        self._pending.append(event)
        if self._is_scheduled:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # without a loop `settle()` is called by hand
        self._is_scheduled = True
        loop.call_soon(self._run_scheduled)

    def _run_scheduled(self) -> None:
        self._is_scheduled = False
        self.settle()
