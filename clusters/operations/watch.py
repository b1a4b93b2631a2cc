"""Watch of operations: tells open pages when one changed, in this process or another, and reads it for them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, close_old_connections

from clusters.feeds.backoff import wait_for_event
from clusters.models import Operation, OperationItem, OperationState
from clusters.operations.lease import find_state
from clusters.operations.timings import OperationTimings
from clusters.runtime import runtime
from people.storage import release_connections, storage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OperationSnapshot:
    """An operation with its items at one moment. `state` takes a process that is gone into account."""

    operation: Operation
    items: tuple[OperationItem, ...]
    state: OperationState

    @property
    def version(self) -> tuple[int, OperationState]:
        return self.operation.revision, self.state


Listener = Callable[[OperationSnapshot], None]


class Watch:
    """Listeners by the number of their operation; every method is callable from any thread.

    Without `timings`, those of the settings hold.
    """

    def __init__(self, timings: OperationTimings | None = None) -> None:
        self._timings = timings
        self._lock = threading.Lock()
        self._listeners: dict[int, set[Listener]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._due = asyncio.Event()
        self._versions: dict[int, tuple[int, OperationState]] = {}

    @property
    def timings(self) -> OperationTimings:
        return self._timings or settings.TIMINGS.operations

    def add(self, operation_id: int, listener: Listener) -> None:
        """`listener` gets each new snapshot, in a thread of the database's; it must not block."""
        with self._lock:
            self._listeners[operation_id].add(listener)
            self._versions.pop(operation_id, None)
            if self._loop is None:
                self._loop = runtime.start_loop("operation-pages")
                asyncio.run_coroutine_threadsafe(self._run(), self._loop)
        self.notify(operation_id)

    def remove(self, operation_id: int, listener: Listener) -> None:
        with self._lock:
            self._listeners[operation_id].discard(listener)
            if not self._listeners[operation_id]:
                del self._listeners[operation_id]
                self._versions.pop(operation_id, None)

    def notify(self, operation_id: int) -> None:
        """This process has changed it."""
        with self._lock:
            loop = self._loop if operation_id in self._listeners else None
        if loop is not None:
            with suppress(RuntimeError):  # a loop that is closing
                loop.call_soon_threadsafe(self._due.set)

    # --- below: not for outsiders

    async def _run(self) -> None:
        while True:
            await wait_for_event(self._due, self.timings.watch)
            self._due.clear()
            pool = runtime.pool("operations-database")
            await asyncio.get_running_loop().run_in_executor(pool, self._look)

    def _look(self) -> None:
        with self._lock:
            watched = list(self._listeners)
        if not watched:
            return
        close_old_connections()
        try:
            self._read_changed(watched)
        except Error as error:
            if not storage.note(error):
                log.exception("Operations could not be read for open pages")
        finally:
            close_old_connections()
            release_connections()

    def _read_changed(self, watched: Collection[int]) -> None:
        lease = self.timings.lease
        heads = Operation.objects.filter(pk__in=watched).only("pk", "revision", "state", "heartbeat_at")
        changed = [
            one.pk for one in heads if self._versions.get(one.pk) != (one.revision, find_state(one, lease))
        ]
        for operation_id in changed:
            snapshot = read_snapshot(operation_id, lease)
            if snapshot is None:
                continue
            with self._lock:
                listeners = list(self._listeners.get(operation_id, ()))
                if listeners:
                    self._versions[operation_id] = snapshot.version
            for listener in listeners:
                listener(snapshot)


def read_snapshot(operation_id: int, lease: float) -> OperationSnapshot | None:
    """What the database knows of it now; None where it is not there."""
    operation = Operation.objects.select_related("user", "cluster").filter(pk=operation_id).first()
    if operation is None:
        return None
    return OperationSnapshot(operation, tuple(operation.items.all()), find_state(operation, lease))


watch = Watch()
