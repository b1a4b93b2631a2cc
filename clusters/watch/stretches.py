"""Which rows stand around one place of a long order? Found without putting all of the others in order.

Of a hundred thousand rows a page shows a hundred. So only those are sorted whose keys lie between two bounds, which
a sample of the keys tells; the rows below are counted. Changes are taken in one by one, as in an order.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusters.api.tables import Row
from clusters.watch.orders import MENDED, Change, Keeping, Sort, Table, Whole, in_order, kept_of, put

STRIDE = 1000  # rows of a stretch; windows that begin within the same thousand share it
REACH = 200  # rows of the largest window, which may begin at the last row of a stretch
SHORT = 5000  # rows that are put in order as a whole
SAMPLE = 1000  # keys from which the bounds are guessed
SPARE = 25  # of the sample, on either side: rows may come and go before the bounds have to be found anew
Key = Any  # a sort key: the keys of one order are all texts, or all numbers


@dataclass(frozen=True)
class Stretch:
    """`rows` are those from `begin` on, of `count` in all; ascending."""

    count: int
    begin: int
    rows: Sequence[Row]


def number_of(offset: int) -> int:
    """The stretch in which a window begins."""
    return offset // STRIDE


class Stretches:
    """The stretch `number` (from the end where it `descends`) of the kept rows in one order. Any thread."""

    def __init__(
        self, table: Table, whole: Whole, sort: Sort, keeping: Keeping | None, *, number: int, descends: bool
    ) -> None:
        self.sort = sort
        self._table, self._whole, self._keeping = table, whole, keeping
        self._number, self._descends = number, descends
        self._lock = threading.Lock()
        self._version = -1
        self._above: Key | None = None  # rows with a greater key, and
        self._up_to: Key | None = None  # with this one at most, are held; None: without a bound
        self._held = Stretch(0, 0, ())

    def rows(self) -> Stretch:
        """As of now. Where the table has become too short for this stretch, its last one."""
        with self._lock:
            version, changes = self._table.changes_since(self._version)
            if changes is None or not self._mended(changes):
                version, every = self._whole()
                self._find(self._keeping.kept(every) if self._keeping else every)
            self._version = version
            return self._held

    def _wanted(self, count: int) -> tuple[int, int]:
        """From where to where, counted from the least."""
        first = min(self._number * STRIDE, max(0, count - REACH))
        last = min(first + STRIDE + REACH, count)
        return (count - last, count - first) if self._descends else (first, last)

    def _find(self, rows: Sequence[Row]) -> None:
        keys = self.sort.keys(rows)
        self._above = self._up_to = None
        if len(rows) > SHORT:
            self._guess(keys)
        above, up_to = self._above, self._up_to
        places: Sequence[int] = range(len(rows))
        below = 0
        if above is not None:
            below = sum([key <= above for key in keys])
            places = [place for place, key in enumerate(keys) if key > above]
        if up_to is not None:
            places = [place for place in places if keys[place] <= up_to]
        held = in_order([rows[place] for place in places], [keys[place] for place in places])
        self._held = Stretch(len(rows), below, held)
        if not self._reaches():
            self._above = self._up_to = None
            self._held = Stretch(len(rows), 0, in_order(rows, keys))

    def _guess(self, keys: Sequence[Key]) -> None:
        """Bounds that probably hold what is wanted; that they do is looked at afterwards."""
        sample = sorted(random.choices(keys, k=SAMPLE))  # noqa: S311 - every nth could be all alike
        begin, end = self._wanted(len(keys))
        low = begin * len(sample) // len(keys) - SPARE
        high = end * len(sample) // len(keys) + SPARE
        self._above = sample[low] if low >= 0 else None
        self._up_to = sample[high] if high < len(sample) else None

    def _reaches(self) -> bool:
        begin, end = self._wanted(self._held.count)
        return self._held.begin <= begin and end <= self._held.begin + len(self._held.rows)

    def _mended(self, changes: Sequence[Change]) -> bool:
        """Take single changes in; False where it is better to find the stretch anew."""
        if not changes:
            return True
        if len(changes) * MENDED > self._table.size():
            return False
        count, begin, rows = self._held.count, self._held.begin, list(self._held.rows)
        for change in changes:
            seen = kept_of(change, self._keeping)
            count += (seen.new is not None) - (seen.old is not None)
            begin += self._is_below(seen.new) - self._is_below(seen.old)
            if not put(rows, self.sort, Change(self._within(seen.old), self._within(seen.new))):
                return False
        self._held = Stretch(count, begin, rows)
        return self._reaches()

    def _is_below(self, row: Row | None) -> bool:
        return row is not None and self._above is not None and self._key(row) <= self._above

    def _within(self, row: Row | None) -> Row | None:
        if row is None or self._is_below(row) or (self._up_to is not None and self._key(row) > self._up_to):
            return None
        return row

    def _key(self, row: Row) -> Key:
        return self.sort.keys((row,))[0]
