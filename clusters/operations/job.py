"""Job: one operation that this process runs, with its lease, its end, and the requests that it sends."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from clusters.access.reviews import Budget
from clusters.feeds.backoff import wait_for_event
from clusters.gateway.connect import ClusterSession
from clusters.models import Operation, OperationItem, OperationState
from clusters.operations.holder import Holder
from clusters.operations.timings import OperationTimings
from clusters.runtime import runtime

T = TypeVar("T")
REVIEWS = 1_000_000  # access reviews of one operation; each result is kept for 30 s
SAFE_PART = 0.6  # of a lease: after that nothing is sent, since another process may be about to take over


@dataclass(frozen=True)
class End:
    """How an operation ended. `reason` is for people, empty where nothing has to be said."""

    state: OperationState
    reason: str = ""


class JobEnded(Exception):
    """The operation is over: nothing more is sent."""


class LeaseTooOld(Exception):
    """Whether this process is still the owner is not known: nothing was sent."""


class Work(Protocol):
    """What an operation does. Both run in the loop of operations."""

    async def run(self, job: Job) -> End:
        """To its end. JobEnded is passed on."""

    def build_progress(self) -> Mapping[str, Any]:
        """What is saved of the operation as a whole."""


class Job:
    """Everything but `call_now` is for the loop of operations alone."""

    def __init__(
        self,
        operation: Operation,
        cluster_session: ClusterSession,
        work: Work,
        *,
        timings: OperationTimings,
        slots: asyncio.Semaphore,
        save: Callable[[Job], Awaitable[None]],
    ) -> None:
        """`slots` bounds the requests under way of this person at this cluster; `save` saves what changed until now."""
        self.operation_id, self.owner = operation.pk, operation.owner
        self.starts_at = operation.starts_at
        self.cluster_session = replace(cluster_session, budget=Budget(REVIEWS))
        self.holder = Holder(operation.session_id, self.cluster_session, cluster_session.user.access_version)
        self.work, self.timings = work, timings
        self.end: End | None = None
        self.ended, self.check_due, self.dirty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.changed_items: dict[int, OperationItem] = {}  # by id(): a new one has no number yet
        self.save_lock = asyncio.Lock()
        self.renewed_at = time.monotonic()
        self._slots, self._save = slots, save
        self._context = contextvars.copy_context()  # from where, and in which session, for the audit trail

    def stop(self, end: End) -> None:
        """From now on nothing is sent; the first reason stays."""
        if self.end is None:
            self.end = end
            self.ended.set()

    def change(self, *items: OperationItem) -> None:
        """These items, or without any the progress, will be saved."""
        self.changed_items.update({id(one): one for one in items})
        self.dirty.set()

    async def save(self) -> None:
        """Save what changed until now, and wait for it."""
        await self._save(self)

    async def pause(self, seconds: float) -> None:
        """Wait. Raises JobEnded, at once when it ends."""
        await wait_for_event(self.ended, seconds)
        self.require_open()

    def require_open(self) -> None:
        if self.end is not None:
            raise JobEnded

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what sends one request, in a thread, and in the audit trail as from where the operation was started.

        Raises what `function` raises, and JobEnded. It waits while the database has not confirmed the lease.
        """
        while True:
            async with self._slots:
                self.require_open()
                try:
                    return await self._run(function, *arguments)
                except LeaseTooOld:
                    pass
            await self.pause(self.timings.heartbeat / 2)

    def _run(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        context, pool = self._context.copy(), runtime.pool("operations")
        return asyncio.get_running_loop().run_in_executor(
            pool, lambda: context.run(self.call_now, function, *arguments)
        )

    def call_now(self, function: Callable[..., T], *arguments: Any) -> T:
        """In the thread that sends. A process that was suspended for a while finds out here."""
        if time.monotonic() - self.renewed_at > self.timings.lease * SAFE_PART:
            raise LeaseTooOld
        if self.end is not None:
            raise JobEnded
        return function(*arguments)

    def take_changed(self) -> Sequence[OperationItem]:
        """The items to save now."""
        self.dirty.clear()
        taken, self.changed_items = list(self.changed_items.values()), {}
        return taken
