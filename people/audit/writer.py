"""Writer: one thread that appends queued rows in batches and reports outages."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import DataError, Error, IntegrityError, connections
from django.utils import timezone

from people.audit.appending import NotAppendOnly, append, append_again
from people.audit.checkpoints import Checkpoint
from people.audit.draft import AuditDraft, build_entry
from people.audit.metrics import WRITE_SECONDS
from people.audit.models import AuditEntry, Phase
from people.audit.routing import ALIAS
from people.storage import is_connection_lost, keep_out_of_pool

log = logging.getLogger(__name__)
QUEUE_SIZE = 4096  # rows that may wait; beyond it the audit trail is unavailable
BATCH = 256  # rows in one transaction
PROBE_INTERVAL = 2.0  # seconds between tries while the audit trail cannot be written
STOP_TIMEOUT = 10.0  # seconds in which a process that ends writes what waits
ROW_ERRORS = (DataError, IntegrityError, ValueError, TypeError)  # of one row
DATABASE_ERRORS = (Error, NotAppendOnly, OSError, RuntimeError)  # of the audit trail as a whole


class AuditTrailUnavailable(Exception):
    """The audit trail cannot be written, so what should be recorded must not be done."""


@dataclass(frozen=True)
class WriterHealth:
    """Whether the last try to write succeeded; since when it does not, and how many entries went unrecorded."""

    is_writable: bool = True
    since: datetime | None = None
    missed: int = 0
    reason: str = ""


@dataclass(frozen=True)
class QueuedEntry:
    """A row on its way, and who waits for its sequence."""

    entry: AuditEntry
    future: Future[int] = field(default_factory=Future)


class Writer:
    """Takes rows from any thread; a future of each completes when it is durable."""

    def __init__(self) -> None:
        self.health = WriterHealth()
        self.last_written: Checkpoint | None = None  # the newest row of this process
        self.listeners: set[Callable[[], None]] = set()
        self.health_listeners: set[Callable[[], None]] = set()
        self._lock = threading.Lock()
        self._queue: queue.Queue[QueuedEntry | None] = queue.Queue(QUEUE_SIZE)
        self._thread: threading.Thread | None = None

    def put(self, entry: AuditEntry) -> Future[int]:
        """The row's sequence once it is durable. AuditTrailUnavailable where not: at once, or from the future."""
        if not self.health.is_writable:
            raise AuditTrailUnavailable(self.health.reason)
        waiting = QueuedEntry(entry)
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise AuditTrailUnavailable("too many rows are waiting to be written") from None
        self._start()
        return waiting.future

    def count_missed(self) -> None:
        """Count an entry that could not be recorded; the row that ends the outage says how many there were."""
        with self._lock:
            self.health = replace(self.health, missed=self.health.missed + 1)

    def count_queued(self) -> int:
        """How many entries wait to be written."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Write what waits, and close the database in good order."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            thread.join(STOP_TIMEOUT)

    # --- below: not for outsiders

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        is_over = False
        keep_out_of_pool(ALIAS)
        while not is_over:
            batch = self._next()
            is_over = None in batch
            self._write([one for one in batch if one is not None])
        connections[ALIAS].close()

    def _next(self) -> list[QueuedEntry | None]:
        """What waits now; nothing where it is time to see whether the audit trail can be written again."""
        batch: list[QueuedEntry | None] = []
        try:
            batch.append(self._queue.get(timeout=None if self.health.is_writable else PROBE_INTERVAL))
            while len(batch) < BATCH and batch[-1] is not None:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _write(self, batch: Sequence[QueuedEntry]) -> None:
        """All in one transaction. Where one row is at fault, each in one of its own: the others are not refused."""
        taken = [one for one in batch if one.future.set_running_or_notify_cancel()]
        if not taken and self.health.is_writable:
            return
        try:
            self._append(taken)
        except ROW_ERRORS as error:
            connections[ALIAS].close()
            for one in taken:
                self._append_alone(one, error, is_only=len(taken) == 1)
        except DATABASE_ERRORS as error:
            connections[ALIAS].close()
            self._fail_all(taken, error)

    def _append(self, batch: Sequence[QueuedEntry]) -> None:
        """Write them, after a row about the outage that is over now, and notify who waits and who listens."""
        outage = [] if self.health == WriterHealth() else [_build_outage_entry(self.health)]
        with WRITE_SECONDS.time():
            entries = [*outage, *(one.entry for one in batch)]
            written = self._append_entries(entries)
        if entries:
            self.last_written = Checkpoint(entries[-1].sequence, entries[-1].hash)
        if outage:
            self._mark_recovered()
        for one, sequence in zip(batch, written[len(outage) :], strict=True):
            one.future.set_result(sequence)
        for listener in tuple(self.listeners):
            listener()

    def _append_entries(self, entries: Sequence[AuditEntry]) -> list[int]:
        """A connection that was lost, as when it was idle for too long or the server restarted, is made anew once."""
        try:
            return append(entries)
        except Error as error:
            if not self.health.is_writable or not is_connection_lost(error):
                raise
            log.warning("The audit trail's connection was lost, and is made anew: %s", error)
            connections[ALIAS].close()
            return append_again(entries)

    def _append_alone(self, one: QueuedEntry, error: Exception, *, is_only: bool) -> None:
        if not is_only:
            try:
                self._append([one])
            except ROW_ERRORS as again:
                connections[ALIAS].close()
                error = again
            except DATABASE_ERRORS as database_error:
                connections[ALIAS].close()
                self._fail_all([one], database_error)
                return
            else:
                return
        log.error("The audit trail rejected a row: %s", type(error).__name__)
        one.future.set_exception(AuditTrailUnavailable("the audit trail rejected the row"))

    def _fail_all(self, batch: Sequence[QueuedEntry], error: Exception) -> None:
        log.critical("The audit trail is not writable, and changes are rejected: %s", error)
        with self._lock:
            since, is_new = self.health.since or timezone.now(), self.health.is_writable
            self.health = WriterHealth(False, since, self.health.missed, str(error))
        if is_new:
            self._notify_health()
        for one in (*batch, *self._drain_queue()):
            one.future.set_exception(AuditTrailUnavailable(str(error)))

    def _drain_queue(self) -> list[QueuedEntry]:
        """Who waits behind a row that could not be written is not to wait as long once more for the same answer."""
        batch: list[QueuedEntry | None] = []
        with suppress(queue.Empty):
            while True:
                batch.append(self._queue.get_nowait())
        if None in batch:
            self._queue.put_nowait(None)  # the end of this process is still to come
        return [one for one in batch if one is not None and one.future.set_running_or_notify_cancel()]

    def _mark_recovered(self) -> None:
        log.warning("The audit trail is writable again")
        with self._lock:
            self.health = WriterHealth()
        self._notify_health()

    def _notify_health(self) -> None:
        for listener in tuple(self.health_listeners):
            listener()


def _build_outage_entry(health: WriterHealth) -> AuditEntry:
    """The entry of the audit trail about its own gap."""
    since = health.since.isoformat() if health.since else ""
    detail = {"since": since, "missed": health.missed}
    return build_entry(
        AuditDraft(verb="trail-resumed", target="trail", reason=health.reason, detail=detail), Phase.EVENT
    )


writer = Writer()
atexit.register(writer.stop)
os.register_at_fork(after_in_child=writer.__init__)  # type: ignore[misc] # the thread stays with the parent
