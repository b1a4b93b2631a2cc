"""How is something put on record? As an event, or as an intent before a write and its outcome after it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace

from people.audit.fact import Fact, by, by_program, entry_of
from people.audit.models import Entry, Phase, Result
from people.audit.texts import plain
from people.audit.writer import Health, TrailUnavailable, writer
from people.storage import storage

__all__ = [
    "Fact", "Health", "Intent", "TrailUnavailable",
    "by", "by_program", "head", "health", "intend", "listen", "note", "note_soon", "record", "unlisten",
]  # fmt: skip

log = logging.getLogger(__name__)
PATIENCE = 15.0  # seconds that a row may take until it is durable
NOTED = 1.0  # seconds that one is waited for which nothing depends on


def record(fact: Fact) -> int:
    """The sequence of the event's row, which is durable. TrailUnavailable where it cannot be written.

    Call it inside the transaction of a change of ours, after the change: where it fails, the change is undone.
    """
    return _durable(writer.put(entry_of(fact, Phase.EVENT)))


def note(fact: Fact) -> None:
    """Record what goes on in any case, such as a sign-in: where it cannot be written, it is logged and counted.

    A row that is not durable within a second is no longer waited for, and written when it can be.
    """
    future = _put(fact)
    if future is not None:
        with suppress(TrailUnavailable, TimeoutError):
            future.result(NOTED)


def note_soon(fact: Fact) -> None:
    """The same without waiting, for threads that must not block."""
    _put(fact)


@dataclass
class Intent:
    """A write that was announced. `close` says what became of it; without that it is shown as unknown."""

    sequence: int
    fact: Fact
    _began: float = field(default_factory=time.monotonic)
    _is_open: threading.Lock = field(default_factory=threading.Lock)

    def close(
        self,
        result: str,
        status: int | None = None,
        reason: str = "",
        audit_id: str = "",
        duration: int | None = None,
    ) -> None:
        """Write the outcome, once; `duration` in milliseconds, since the intent where it is left out. Never raises."""
        if not self._is_open.acquire(blocking=False):
            return
        spent = int((time.monotonic() - self._began) * 1000) if duration is None else duration
        outcome = replace(
            self.fact,
            at=None,
            result=result,
            status=status,
            reason=reason,
            audit_id=audit_id,
            duration=spent,
        )
        try:
            _durable(writer.put(entry_of(outcome, Phase.OUTCOME, self.sequence)))
        except TrailUnavailable as error:
            _missed(outcome, error)


def intend(fact: Fact) -> Intent:
    """The intent's row is durable when this returns. TrailUnavailable where not: then nothing may be sent.

    On a disk that is full there may be room for the intent and none for its outcome: it is refused at once.
    """
    if storage.trouble is not None and storage.trouble.kind == "full":
        raise TrailUnavailable("the Quarterdeck server's disk is full")
    whole = replace(fact, result="")
    future = writer.put(entry_of(whole, Phase.INTENT))
    try:
        return Intent(_durable(future), whole)
    except TrailUnavailable:
        future.add_done_callback(lambda done: _never_sent(whole, done))
        raise


def listen(callback: Callable[[], None]) -> None:
    """`callback` is called, in the writer's thread, after rows of this process became durable; it must not block."""
    writer.listeners.add(callback)


def unlisten(callback: Callable[[], None]) -> None:
    writer.listeners.discard(callback)


def head() -> int:
    """The sequence of the last row, by whatever process; 0 for an empty trail."""
    last = Entry.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return last or 0


def health() -> Health:
    """Whether the trail can be written, as far as this process has tried."""
    return writer.health


def _put(fact: Fact) -> Future[int] | None:
    """The event on its way; one that fails, now or later, is logged and counted."""
    try:
        future = writer.put(entry_of(fact, Phase.EVENT))
    except TrailUnavailable as error:
        _missed(fact, error)
        return None
    future.add_done_callback(lambda done: _missed_if_failed(fact, done))
    return future


def _durable(future: Future[int]) -> int:
    """Wait for it. A row that has waited too long is taken back; one that is being written is waited for once more."""
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        if future.cancel():
            raise TrailUnavailable("the database did not respond in time") from None
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        raise TrailUnavailable("the database did not respond in time") from None


def _never_sent(fact: Fact, done: Future[int]) -> None:
    """An intent that became durable when nobody waited for it any more: what it announces was not sent."""
    if done.cancelled() or done.exception() is not None:
        return
    outcome = replace(
        fact, at=None, result=Result.FAILED, reason="not sent: writing to the audit trail took too long"
    )
    try:
        writer.put(entry_of(outcome, Phase.OUTCOME, done.result()))
    except TrailUnavailable as error:
        _missed(outcome, error)


def _missed_if_failed(fact: Fact, done: Future[int]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        _missed(fact, error)


def _missed(fact: Fact, error: BaseException) -> None:
    writer.missed()
    whom = plain(fact.person, 150)
    log.error("Not in the audit trail: %s by %s (%s): %s", fact.verb, whom, fact.result, error)
