"""Log limits: of lines that repeat, the first ones are written and the others counted.

An outage or a scanner would otherwise fill the disk: each failed request has a traceback of a hundred lines. Lines are
alike if they come from the same place in the code, with the same level and status, about the same exception.
"""

from __future__ import annotations

import copy
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any

SUMMARY = "... and %s more like it in %d s. The last one: %s"
WITHOUT_TRACEBACK = "%s (its traceback is the same as one of the last %d s)"
LONGEST_SAMPLE = 300  # characters of the last message in a summary


@dataclass(frozen=True)
class LogLimits:
    """In `interval` seconds, `lines` lines that are alike are written, the first `tracebacks` with their traceback.

    Only from `level` on: whoever asks for less important lines wants to see them. `kinds` are remembered at most.
    """

    interval: float = 10.0
    lines: int = 10
    tracebacks: int = 1
    level: int = logging.WARNING
    kinds: int = 1000


@dataclass
class _Kind:
    began_at: float
    seen: int = 0
    last: logging.LogRecord | None = None

    def count_unwritten(self, limits: LogLimits) -> int:
        return max(0, self.seen - limits.lines)


class LimitedHandler(logging.StreamHandler[Any]):
    """Writes to standard error. What was counted is written when the interval is over, with the next line of any
    kind, and at the end of the process.
    """

    def __init__(
        self, *, limits: LogLimits | None = None, timer: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._limits, self._timer = limits or LogLimits(), timer
        self._kinds: OrderedDict[Hashable, _Kind] = OrderedDict()  # by when their interval began

    def emit(self, record: logging.LogRecord) -> None:
        """Called under the handler's own lock. Like any handler it never fails whoever logs."""
        try:
            for one in (*self._end_intervals(), *self._choose(record)):
                super().emit(one)
        except Exception:  # noqa: BLE001 - a line whose arguments do not fit its text, for example
            self.handleError(record)

    def close(self) -> None:
        with self.lock or nullcontext():
            while self._kinds:
                _name, kind = self._kinds.popitem(last=False)
                for summary in self._summarize(kind):
                    super().emit(summary)
        super().close()

    def _choose(self, record: logging.LogRecord) -> Iterator[logging.LogRecord]:
        """What is written now that this one has come."""
        if record.levelno < self._limits.level:
            yield record
            return
        kind = self._kinds.setdefault(_get_kind(record), _Kind(self._timer()))
        kind.seen, kind.last = kind.seen + 1, record
        if kind.seen <= self._limits.lines:
            is_whole = not record.exc_info or kind.seen <= self._limits.tracebacks
            yield record if is_whole else self._leave_traceback_out(record)
        while len(self._kinds) > self._limits.kinds:
            _name, oldest = self._kinds.popitem(last=False)
            yield from self._summarize(oldest)

    def _end_intervals(self) -> Iterator[logging.LogRecord]:
        """Begin anew with kinds whose interval is over; the oldest come first."""
        while self._kinds:
            name, kind = next(iter(self._kinds.items()))
            if self._timer() - kind.began_at < self._limits.interval:
                return
            del self._kinds[name]
            yield from self._summarize(kind)

    def _summarize(self, kind: _Kind) -> Iterator[logging.LogRecord]:
        number = kind.count_unwritten(self._limits)
        if number and kind.last is not None:
            sample = kind.last.getMessage()[:LONGEST_SAMPLE]
            seconds = max(1, round(self._timer() - kind.began_at))
            summary = _replace(kind.last, SUMMARY, f"{number:,}", seconds, sample)
            summary.is_summary = True  # of many requests, and of none (dashboard.monitoring.request_ids)
            yield summary

    def _leave_traceback_out(self, record: logging.LogRecord) -> logging.LogRecord:
        return _replace(record, WITHOUT_TRACEBACK, record.getMessage(), self._limits.interval)


def _replace(record: logging.LogRecord, message: str, *arguments: object) -> logging.LogRecord:
    """The same line with another message; the record itself belongs to other handlers too."""
    replaced = copy.copy(record)
    replaced.msg, replaced.args = message, arguments
    replaced.exc_info = replaced.exc_text = replaced.stack_info = None
    return replaced


def _get_kind(record: logging.LogRecord) -> Hashable:
    error = record.exc_info[0] if record.exc_info else None
    origin = _find_origin(record.exc_info[2]) if record.exc_info else None
    status = getattr(record, "status_code", None)  # Django logs all that is not answered well in one place
    return record.name, record.levelno, record.pathname, record.lineno, status, error, origin


def _find_origin(traceback: TracebackType | None) -> tuple[str, int] | None:
    """Where it was raised."""
    if traceback is None:
        return None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
