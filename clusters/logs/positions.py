"""Positions in a log: which lines were seen, so that none is lost and none doubled when it is opened again."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from clusters.logs.lines import SECOND, RawLine

MAX_KNOWN = 262_144  # timestamps of the last two seconds that are known exactly: 2 MiB
OUT_OF_ORDER = 4_096  # lines before one that is out of order among which its equals are counted


class Position:
    """The lines of one log that were seen.

    A log that is opened again from `since` on repeats what was seen there. `begin_again`, and then `number` gives
    only what is new. Where more than MAX_KNOWN lines were written in two seconds, what is older than those known is
    taken for seen.
    """

    def __init__(self) -> None:
        self._known = array("q")
        self._highest = 0
        self._ordinal = -1  # of the last line at `_highest`
        self._first: int | None = None
        self._is_tail = False
        self._to_skip: Counter[int] = Counter()
        self._skip_until = -1
        self._has_matched = False

    @property
    def since(self) -> int | None:
        """The timestamp from which the log has to be opened again; None where no line was seen."""
        return self._highest if self._known else None

    def begin_tail(self) -> None:
        """The log was opened at its last lines: of those with the first timestamp some may be left out."""
        self._is_tail = True

    def begin_again(self) -> None:
        """The log was opened again from `since` on."""
        self._prune()
        self._to_skip = Counter(self._known)
        self._skip_until = self._highest
        self._has_matched = not self._known

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing that was seen came again: the log was rotated or truncated in that time. As of now."""
        return not self._has_matched

    def number(self, lines: Iterable[RawLine]) -> Iterator[tuple[RawLine, int]]:
        """Those that are new, each with its ordinal among the lines of its timestamp."""
        for line in lines:
            timestamp = line[0]
            if timestamp <= self._skip_until and self._is_seen(timestamp):
                continue
            if timestamp > self._highest:
                self._highest, self._ordinal = timestamp, 0
                ordinal = 0
            elif timestamp == self._highest:
                self._ordinal += 1
                ordinal = self._ordinal
            else:
                ordinal = self._known[-OUT_OF_ORDER:].count(timestamp)
            if self._first is None:
                self._first = timestamp
            self._known.append(timestamp)
            if len(self._known) >= 2 * MAX_KNOWN:
                self._prune()
            yield line, ordinal

    def _is_seen(self, timestamp: int) -> bool:
        if self._to_skip[timestamp] > 0:
            self._to_skip[timestamp] -= 1
            self._has_matched = True
            return True
        oldest = self._known[0] if self._known else 0
        is_before = timestamp < oldest and len(self._known) >= MAX_KNOWN
        is_left_out = self._is_tail and self._first is not None and timestamp <= self._first
        return is_before or is_left_out

    def _prune(self) -> None:
        """Forget what cannot come again: more than two seconds before the last, and what is too much."""
        lowest = (self._highest // SECOND - 1) * SECOND
        if self._known and self._known[0] < lowest:
            kept = [one for one in self._known if one >= lowest]
            self._known = array("q", kept or [self._highest])
        if len(self._known) > MAX_KNOWN:
            self._known = self._known[-MAX_KNOWN:]
