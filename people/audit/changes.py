"""Audited changes: a transaction of ours, whose entries get their result once it has committed or failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from people.audit.models import Result
from people.audit.record import PendingEntry, collect_pending
from people.storage import is_connection_lost


@contextmanager
def audited_change() -> Iterator[None]:
    """A transaction of the main database; also a decorator. In it, `record` announces what is being done.

    The announcement is durable before the transaction commits; its result is written after it has committed, or was
    rolled back. So a row never says `ok` of what a full disk has undone: without a result it is shown as unknown.
    A change within another one is the outer one's savepoint, and gets its result with it.
    """
    is_complete = False
    with collect_pending() as (pending, outer):
        try:
            with transaction.atomic():
                yield
                is_complete = True
        except BaseException as error:
            _close(pending, _result_of(error, is_complete), f"not done: {type(error).__name__}")
            raise
    if outer is None:
        _close(pending, Result.OK)
    else:
        outer.extend(pending)


def _close(pending: Sequence[PendingEntry], result: Result, reason: str = "") -> None:
    for one in pending:
        one.close(result, reason="" if result == Result.OK else reason)


def _result_of(error: BaseException, is_complete: bool) -> Result:
    """UNKNOWN where the connection to the database server ended during COMMIT; else it was rolled back."""
    if not is_complete or connection.vendor != "postgresql":
        return Result.FAILED
    return Result.UNKNOWN if is_connection_lost(error) else Result.FAILED
