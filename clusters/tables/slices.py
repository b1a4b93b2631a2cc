"""Slices: partial sort of the rows around one offset, without sorting all of the others.

Of a hundred thousand rows a page shows a hundred. So only those are sorted whose keys lie between two bounds, which
a sample of the keys tells; the rows below are counted. Changes are taken in one by one, as in an order.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from clusters.api.tables import Row
from clusters.tables.orders import (
    REBUILD_RATIO,
    AllRows,
    Change,
    Rank,
    RowMatcher,
    Sort,
    Table,
    filter_change,
    put,
)

STRIDE = 1000  # rows of a slice; windows that begin within the same thousand share it
MAX_WINDOW_ROWS = 200  # rows of the largest window, which may begin at the last row of a slice
SHORT = 5000  # rows that are put in order as a whole
SAMPLE = 1000  # keys from which the bounds are guessed
SPARE = 25  # of the sample, and of the rows, on either side: some may come and go before all is found anew
Key = Any  # a sort key: the keys of one order are all texts, or all numbers


@dataclass(frozen=True)
class Slice:
    """`rows` are those from `begin` on, of `count` in all; ascending."""

    count: int
    begin: int
    rows: Sequence[Row]


def number_of(offset: int) -> int:
    """The slice in which a window begins."""
    return offset // STRIDE


class SliceOrder:
    """The slice `number` (from the end where it `descends`) of the kept rows in one order. Any thread."""

    def __init__(
        self,
        table: Table,
        all_rows: AllRows,
        sort: Sort,
        matcher: RowMatcher | None,
        *,
        number: int,
        descends: bool,
    ) -> None:
        self.sort = sort
        self._table, self._all_rows, self._matcher = table, all_rows, matcher
        self._number, self._descends = number, descends
        self._lock = threading.Lock()
        self._version = -1
        self._lower_bound: Rank | None = None  # rows that sort after this one, and
        self._upper_bound: Rank | None = None  # not behind this one, are held; None: without a bound
        self._held = Slice(0, 0, ())

    def rows(self) -> Slice:
        """As of now. Where the table has become too short for this slice, its last one."""
        with self._lock:
            version, changes = self._table.changes_since(self._version)
            if changes is None or not self._apply_changes(changes):
                version, every = self._all_rows()
                self._find(self._matcher.match_rows(every) if self._matcher else every)
            self._version = version
            return self._held

    def _find_bounds(self, count: int) -> tuple[int, int]:
        """From where to where, counted from the least."""
        first = min(self._number * STRIDE, max(0, count - MAX_WINDOW_ROWS))
        last = min(first + STRIDE + MAX_WINDOW_ROWS, count)
        return (count - last, count - first) if self._descends else (first, last)

    def _find(self, rows: Sequence[Row]) -> None:
        """`rows` stand by namespace and name, and so do those among them whose keys are equal."""
        keys = self.sort.keys(rows)
        count = len(rows)
        begin, end = self._find_bounds(count)
        below = 0
        indices: Sequence[int] = range(count)
        if count > SHORT:
            below, found = self._narrow_down(keys, begin, end)
            if below < max(begin, 1) and end <= below + len(found):
                indices = found
            else:
                below = 0
        ordered = sorted(indices, key=keys.__getitem__)
        first = max(1 if below else 0, begin - below - SPARE)  # the row before it tells what is below
        last = min(end - below + SPARE, len(ordered))
        held = [rows[index] for index in ordered[first:last]]
        self._held = Slice(count, below + first, held)
        self._lower_bound = self.sort.rank(rows[ordered[first - 1]]) if first else None
        self._upper_bound = self.sort.rank(held[-1]) if below + last < count else None

    def _narrow_down(self, keys: Sequence[Key], begin: int, end: int) -> tuple[int, Sequence[int]]:
        """The indices of the keys between two bounds that probably hold what is needed, and how many keys are below.

        Of the rows whose key is a bound itself, which may be nearly all, no more are taken than are needed.
        """
        sample = sorted(random.choices(keys, k=SAMPLE))  # noqa: S311 - every nth could be all alike
        low = begin * len(sample) // len(keys) - SPARE
        high = end * len(sample) // len(keys) + SPARE
        least, most = sample[max(0, low)], sample[min(high, len(sample) - 1)]
        if low < 0 and high >= len(sample):
            return 0, range(len(keys))
        if low < 0:
            within = [index for index, key in enumerate(keys) if key < most]
            return 0, within + _first_indices(keys, most, range(len(keys)), end + SPARE - len(within))
        if high >= len(sample):
            within = [index for index, key in enumerate(keys) if key > least]
            needed = len(keys) - begin + SPARE + 1 - len(within)  # and one that tells what is below
            alike = _first_indices(keys, least, range(len(keys) - 1, -1, -1), needed)[::-1]
            return len(keys) - len(alike) - len(within), alike + within
        below = sum([key < least for key in keys])
        return below, [index for index, key in enumerate(keys) if least <= key <= most]

    def _covers_window(self) -> bool:
        begin, end = self._find_bounds(self._held.count)
        return self._held.begin <= begin and end <= self._held.begin + len(self._held.rows)

    def _apply_changes(self, changes: Sequence[Change]) -> bool:
        """Take single changes in; False where it is better to find the slice anew."""
        if not changes:
            return True
        if len(changes) * REBUILD_RATIO > self._table.size():
            return False
        count, begin, rows = self._held.count, self._held.begin, list(self._held.rows)
        for change in changes:
            seen = filter_change(change, self._matcher)
            count += (seen.new is not None) - (seen.old is not None)
            begin += self._is_below(seen.new) - self._is_below(seen.old)
            if not put(rows, self.sort, Change(self._row_inside(seen.old), self._row_inside(seen.new))):
                return False
        self._held = Slice(count, begin, rows)
        return self._covers_window()

    def _is_below(self, row: Row | None) -> bool:
        return row is not None and self._lower_bound is not None and self.sort.rank(row) <= self._lower_bound

    def _row_inside(self, row: Row | None) -> Row | None:
        if row is None or self._is_below(row):
            return None
        return None if self._upper_bound is not None and self.sort.rank(row) > self._upper_bound else row


def _first_indices(keys: Sequence[Key], key: Key, indices: Iterable[int], count: int) -> list[int]:
    """The first of `indices`, at most `count`, that hold this key."""
    return list(islice((index for index in indices if keys[index] == key), max(0, count)))
