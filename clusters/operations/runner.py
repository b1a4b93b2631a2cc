"""Runner of operations: runs each in the loop of operations, with heartbeats, saved progress, and an end."""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from django.conf import settings
from django.db import Error, close_old_connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.feeds.backoff import wait_for_event
from clusters.gateway.connect import ClusterSession
from clusters.models import Operation, OperationItem, OperationState
from clusters.operations.job import End, Job, JobEnded, Work
from clusters.operations.lease import begin, describe_stop, finish, renew, save_progress
from clusters.operations.timings import OperationTimings
from clusters.operations.watch import watch
from clusters.runtime import runtime
from people.broadcast import Message
from people.control import listen, session_group, user_group
from people.storage import release_connections

AT_ONCE = 4  # requests under way of one person's operations at one cluster; pages have what remains
FINISH_TRIES = 3  # of writing down how an operation ended
log = logging.getLogger(__name__)
T = TypeVar("T")


class Runner:
    """The operations of this process. `start` and `stop_soon` are callable from any thread.

    Without `timings`, those of the settings hold.
    """

    def __init__(self, timings: OperationTimings | None = None) -> None:
        self._timings = timings
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._jobs: dict[int, Job] = {}
        self._slots: WeakValueDictionary[tuple[int, int], asyncio.Semaphore] = WeakValueDictionary()

    @property
    def timings(self) -> OperationTimings:
        return self._timings or settings.TIMINGS.operations

    def start(self, operation: Operation, cluster_session: ClusterSession, work: Work) -> None:
        """Run an operation of which this process is the owner; once its row is committed.

        What it sends is recorded as from the request or socket under way.
        """
        with self._lock:
            if self._loop is None:
                self._loop = runtime.start_loop("operation-runs")
                listen(self._hear)
            loop = self._loop
            whose = (operation.user_id, operation.cluster_id)
            slots = self._slots.setdefault(whose, asyncio.Semaphore(AT_ONCE))
            job = Job(operation, cluster_session, work, timings=self.timings, slots=slots, save=self.save)
            self._jobs[operation.pk] = job
        asyncio.run_coroutine_threadsafe(self._supervise(job), loop)

    def check_soon(self, operation_id: int) -> None:
        """Have an operation of this process look at its row now, and not at its next heartbeat."""
        self._wake([job for job in self._list_jobs() if job.operation_id == operation_id])

    # --- below: not for outsiders

    def _list_jobs(self) -> Sequence[Job]:
        with self._lock:
            return list(self._jobs.values())

    def _hear(self, messages: Iterable[Message]) -> None:
        """From any thread: a session ended, or what a person can reach has changed."""
        groups = {message.group for message in messages}
        self._wake([job for job in self._list_jobs() if groups & _groups_of(job)])

    def _wake(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if self._loop is not None:
                with suppress(RuntimeError):  # a loop that is closing ends its jobs
                    self._loop.call_soon_threadsafe(job.check_due.set)

    async def _supervise(self, job: Job) -> None:
        tasks = [asyncio.create_task(self._keep_alive(job)), asyncio.create_task(self._keep_saving(job))]
        end = End(OperationState.INTERRUPTED, _("The Quarterdeck server was stopped."))
        try:
            end = await self._run_work(job)
        finally:  # also where the loop is closed
            for task in tasks:
                task.cancel()
            with self._lock:
                self._jobs.pop(job.operation_id, None)
            await self._finish(job, end)

    async def _run_work(self, job: Job) -> End:
        try:
            await self._wait_for_start(job)
            return await job.work.run(job)
        except JobEnded:
            return job.end or End(OperationState.STOPPED)
        except Exception:  # the edge of a job: nobody else would hear of it
            log.exception("Operation %d failed", job.operation_id)
            return End(OperationState.FAILED, _("Quarterdeck failed: see the server's log."))

    async def _wait_for_start(self, job: Job) -> None:
        """Until its undo window is over. Raises JobEnded where it was called back, or its person signed out."""
        while (left := (job.starts_at - timezone.now()).total_seconds()) > 0:
            await job.pause(left)
        while True:
            try:
                end = await run_database(_begin, job)
                break
            except Error:
                log.warning("Operation %d: its start could not be saved", job.operation_id, exc_info=True)
                await job.pause(job.timings.heartbeat)
        if end is not None:
            job.stop(end)
        job.require_open()
        watch.notify(job.operation_id)

    async def _keep_alive(self, job: Job) -> None:
        """Until canceled: renew the lease, and look whether the operation can go on."""
        while True:
            await wait_for_event(job.check_due, job.timings.heartbeat)
            job.check_due.clear()
            began = time.monotonic()
            try:
                end = await run_database(_check, job)
            except Error:
                log.warning("Operation %d: its heartbeat could not be saved", job.operation_id, exc_info=True)
                continue
            job.renewed_at = began
            if end is not None:
                job.stop(end)

    async def _keep_saving(self, job: Job) -> None:
        """Until canceled: save what changed, at most every so often."""
        while True:
            await job.dirty.wait()
            await self.save(job)
            await asyncio.sleep(job.timings.save)

    async def save(self, job: Job) -> None:
        """Save what changed until now; what cannot be saved is tried again with what changes next."""
        async with job.save_lock:
            items = job.take_changed()
            copies = [one if one.pk is None else copy.copy(one) for one in items]
            progress = copy.deepcopy(dict(job.work.build_progress()))
            try:
                await run_database(_save, job, progress, copies)
            except Error:
                log.warning("Operation %d: its progress could not be saved", job.operation_id, exc_info=True)
                job.change(*items)
        watch.notify(job.operation_id)

    async def _finish(self, job: Job, end: End) -> None:
        """Save the rest, and how it ended. Where the database is away, the operation shows as interrupted."""
        for _try in range(FINISH_TRIES):
            await self.save(job)
            try:
                await run_database(finish, job.operation_id, job.owner, end.state, end.reason)
            except Error:
                log.warning("Operation %d: its end could not be saved", job.operation_id, exc_info=True)
                await asyncio.sleep(job.timings.save)
                continue
            break
        watch.notify(job.operation_id)


async def run_database(function: Callable[..., T], *arguments: Any) -> T:
    """Run what asks the database, in a thread of the pool for it, and leave no connection behind."""

    def work() -> T:
        close_old_connections()
        try:
            return function(*arguments)
        finally:
            close_old_connections()
            release_connections()

    return await asyncio.get_running_loop().run_in_executor(runtime.pool("operations-database"), work)


def _begin(job: Job) -> End | None:
    end = _check(job)
    if end is None and not begin(job.operation_id, job.owner):
        end = _check(job)
    return end


def _check(job: Job) -> End | None:
    heartbeat = renew(job.operation_id, job.owner)
    if heartbeat is None:
        return End(OperationState.INTERRUPTED, _("Another process runs it."))
    if heartbeat.is_stop_requested:
        return End(OperationState.STOPPED, describe_stop(heartbeat.stopped_by))
    loss = job.holder.find_loss()
    return End(OperationState.STOPPED, loss) if loss else None


def _save(job: Job, progress: Mapping[str, Any], items: Sequence[OperationItem]) -> None:
    with transaction.atomic():
        save_progress(job.operation_id, job.owner, progress, items)


def _groups_of(job: Job) -> set[str]:
    return {session_group(job.holder.session_id), user_group(job.cluster_session.user.pk)}


runner = Runner()
