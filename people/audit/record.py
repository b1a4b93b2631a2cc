"""Recording: an event, or a request before a write and its result after it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from django.core.exceptions import PermissionDenied

from people.audit.draft import AuditDraft, build_entry, draft_for_program, draft_for_user
from people.audit.models import AuditEntry, Phase, Result
from people.audit.sanitizing import sanitize_text
from people.audit.writer import AuditTrailUnavailable, WriterHealth, writer
from people.storage import storage

__all__ = [
    "AuditDraft",
    "AuditTrailUnavailable",
    "PendingEntry",
    "RecordedDenial",
    "WriterHealth",
    "begin",
    "collect_pending",
    "draft_for_program",
    "draft_for_user",
    "health",
    "last_sequence",
    "listen",
    "listen_health",
    "note",
    "note_soon",
    "record",
    "unlisten",
    "unlisten_health",
]  # fmt: skip

log = logging.getLogger(__name__)
DURABLE_TIMEOUT = 15.0  # seconds that a row may take until it is durable
NOTE_TIMEOUT = 1.0  # seconds that one is waited for which nothing depends on


class RecordedDenial(PermissionDenied):
    """A denial that is in the audit trail already, with more to say than the view that it comes from has."""


def record(draft: AuditDraft) -> int:
    """The sequence of the row, which is durable. AuditTrailUnavailable where it cannot be written.

    For a change of ours call it within `people.audit.changes.audited_change`, after the change: it is a request then,
    which gets its result with the transaction, and where it fails, the change is undone. Elsewhere it is an event.
    """
    change = _change.get()
    if change is None:
        return _wait_until_durable(writer.put(build_entry(draft, Phase.EVENT)))
    pending = begin(draft)
    change.append(pending)
    return pending.sequence


def note(draft: AuditDraft) -> None:
    """Record what goes on in any case, such as a sign-in: where it cannot be written, it is logged and counted.

    A row that is not durable within a second is no longer waited for, and written when it can be.
    """
    future = _put(draft)
    if future is not None:
        with suppress(AuditTrailUnavailable, TimeoutError):
            future.result(NOTE_TIMEOUT)


def note_soon(draft: AuditDraft) -> None:
    """The same without waiting, for threads that must not block."""
    _put(draft)


@dataclass
class PendingEntry:
    """A write that was announced. `close` says what became of it; without that it is shown as unknown."""

    sequence: int
    draft: AuditDraft
    _started_at: float = field(default_factory=time.monotonic)
    _is_open: threading.Lock = field(default_factory=threading.Lock)

    def close(
        self,
        result: str,
        status: int | None = None,
        reason: str = "",
        audit_id: str = "",
        duration: int | None = None,
    ) -> None:
        """Write the result, once; `duration` in milliseconds, since the request where it is left out. Never raises."""
        if not self._is_open.acquire(blocking=False):
            return
        spent = int((time.monotonic() - self._started_at) * 1000) if duration is None else duration
        result_draft = replace(
            self.draft,
            at=None,
            result=result,
            status=status,
            reason=reason,
            audit_id=audit_id,
            duration=spent,
        )
        try:
            _wait_until_durable(writer.put(build_entry(result_draft, Phase.RESULT, self.sequence)))
        except AuditTrailUnavailable as error:
            _log_missed(result_draft, error)


def begin(draft: AuditDraft) -> PendingEntry:
    """The request's row is durable when this returns. AuditTrailUnavailable where not: then nothing may be sent.

    A full disk may have room for the request and none for its result: it is refused at once.
    """
    if storage.outage is not None and storage.outage.kind == "full":
        raise AuditTrailUnavailable("the Quarterdeck server's disk is full")
    whole = replace(draft, result="")
    future = writer.put(build_entry(whole, Phase.REQUEST))
    try:
        return PendingEntry(_wait_until_durable(future), whole)
    except AuditTrailUnavailable:
        future.add_done_callback(lambda done: _record_not_sent(whole, done))
        raise


_change: ContextVar[list[PendingEntry] | None] = ContextVar("change", default=None)


@contextmanager
def collect_pending() -> Iterator[tuple[list[PendingEntry], list[PendingEntry] | None]]:
    """Within the block `record` announces, and adds to the first list; the second is that of the block around it."""
    outer, mine = _change.get(), list[PendingEntry]()
    before = _change.set(mine)
    try:
        yield mine, outer
    finally:
        _change.reset(before)


def listen(callback: Callable[[], None]) -> None:
    """`callback` is called, in the writer's thread, after rows of this process became durable; it must not block."""
    writer.listeners.add(callback)


def unlisten(callback: Callable[[], None]) -> None:
    writer.listeners.discard(callback)


def listen_health(callback: Callable[[], None]) -> None:
    """`callback` is called, in the writer's thread, when `health` changes; it must not block."""
    writer.health_listeners.add(callback)


def unlisten_health(callback: Callable[[], None]) -> None:
    writer.health_listeners.discard(callback)


def last_sequence() -> int:
    """The sequence of the last row, by whatever process; 0 for an empty audit trail."""
    last = AuditEntry.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return last or 0


def health() -> WriterHealth:
    """Whether the audit trail can be written, as far as this process has tried."""
    return writer.health


def _put(draft: AuditDraft) -> Future[int] | None:
    """The event on its way; one that fails, now or later, is logged and counted."""
    try:
        future = writer.put(build_entry(draft, Phase.EVENT))
    except AuditTrailUnavailable as error:
        _log_missed(draft, error)
        return None
    future.add_done_callback(lambda done: _log_if_failed(draft, done))
    return future


def _wait_until_durable(future: Future[int]) -> int:
    """Wait for it. A row that has waited too long is taken back; one that is being written is waited for once more."""
    try:
        return future.result(DURABLE_TIMEOUT)
    except TimeoutError:
        if future.cancel():
            raise AuditTrailUnavailable("the database did not respond in time") from None
    try:
        return future.result(DURABLE_TIMEOUT)
    except TimeoutError:
        raise AuditTrailUnavailable("the database did not respond in time") from None


def _record_not_sent(draft: AuditDraft, done: Future[int]) -> None:
    """A request that became durable when nobody waited for it any more: what it announces was not sent."""
    if done.cancelled() or done.exception() is not None:
        return
    result_draft = replace(
        draft, at=None, result=Result.FAILED, reason="not sent: writing to the audit trail took too long"
    )
    try:
        writer.put(build_entry(result_draft, Phase.RESULT, done.result()))
    except AuditTrailUnavailable as error:
        _log_missed(result_draft, error)


def _log_if_failed(draft: AuditDraft, done: Future[int]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        _log_missed(draft, error)


def _log_missed(draft: AuditDraft, error: BaseException) -> None:
    writer.count_missed()
    whom = sanitize_text(draft.person, 150)
    log.error("Not in the audit trail: %s by %s (%s): %s", draft.verb, whom, draft.result, error)
