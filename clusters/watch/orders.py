"""Which rows of a table does a filter keep, and in which order do they stand? Kept up with each change.

An order is worked out once and then only mended: a change costs two looks by bisection, however many rows there
are. Windows that sort and filter alike share it, so that fifty people on one page cost one.
"""

from __future__ import annotations

import heapq
import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from clusters.api.tables import Column, Row
from clusters.watch.columns import DURATIONS, Shown, readers, seconds_of, text_of
from clusters.watch.filters import Filter
from clusters.watch.keys import Keys, SortKey

MENDED = 200  # rows for each change: where there are fewer, putting all in order again is cheaper
Rank = tuple[SortKey | float, str, str, str]


@dataclass(frozen=True)
class Change:
    """What became of one row: None is what was not there before, or is not there any more."""

    old: Row | None
    new: Row | None


class Table(Protocol):
    """What an order stands on; `changes_since` gives None where they can no longer be told one by one."""

    def changes_since(self, version: int) -> tuple[int, Sequence[Change] | None]: ...


Whole = Callable[[], tuple[int, Sequence[Row]]]  # all rows by namespace and name, with the table's version


class Sort:
    """By the values of one column, or by namespace and name alone. Ties stand by namespace and name."""

    def __init__(
        self,
        column: Shown | None,
        cluster: str = "",
        columns: Sequence[Column] = (),
        keys: Keys | None = None,
    ) -> None:
        self._cluster = cluster
        self._keys = keys or Keys()
        self._read = readers(columns, [column])[0] if column else None
        self._is_age, self._is_since = (
            column is not None and column.kind == kind for kind in ("age", "since")
        )
        self._is_duration = column is not None and column.key in DURATIONS

    @property
    def is_by_name(self) -> bool:
        return self._read is None

    def keys(self, rows: Sequence[Row]) -> Sequence[SortKey | float]:
        """What each row sorts by; all of them texts, or all of them numbers."""
        if self._read is None:
            return [""] * len(rows)
        if self._is_age:
            return [row.created for row in rows]
        read, cluster = self._read, self._cluster
        values = [read(cluster, row) for row in rows]
        if self._is_since:
            return [_began(value, row.arrived) for value, row in zip(values, rows, strict=True)]
        return self._keys.of(values, is_duration=self._is_duration)

    def rank(self, row: Row) -> Rank:
        """Where one row stands among all."""
        return self.keys((row,))[0], row.namespace, row.name, row.uid

    def arranged(self, rows: Sequence[Row]) -> Sequence[Row]:
        """`rows`, which stand by namespace and name, in this order."""
        if self._read is None:
            return rows
        keys = self.keys(rows)
        if len(set(keys)) * 8 > len(keys):
            return [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]
        groups: dict[SortKey | float, list[Row]] = {key: [] for key in sorted(set(keys))}
        for key, row in zip(keys, rows, strict=True):
            groups[key].append(row)
        return [row for group in groups.values() for row in group]


class Keeping:
    """The rows that hold all words and fields of a filter."""

    def __init__(
        self, wanted: Filter, cluster: str, columns: Sequence[Column], every: Sequence[Shown]
    ) -> None:
        by_key = {column.key: column for column in every}
        named = [by_key[name] for name, _value, _equal in wanted.fields]
        read = readers(columns, named)
        self._cluster = cluster
        self._fields = [(*one[1:], reader) for one, reader in zip(wanted.fields, read, strict=True)]
        where = f"{cluster} ".lower()
        self._words = [(word, where if " " in word else "") for word in wanted.words if word not in where]

    def kept(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of `rows`, in the order that they have."""
        for value, is_equal, read in self._fields:
            said = [text_of(read(self._cluster, row)).lower() for row in rows]
            rows = [row for row, text in zip(rows, said, strict=True) if (text == value) is is_equal]
        for word, before in self._words:
            if before:
                rows = [row for row in rows if word in before + row.text]
            else:
                rows = [row for row in rows if word in row.text]
        return rows


class Order:
    """The rows of a table that are kept, in order. Any thread; what it gave is never changed afterwards."""

    def __init__(self, table: Table, whole: Whole, sort: Sort, keeping: Keeping | None = None) -> None:
        self.sort = sort
        self._table = table
        self._whole = whole
        self._keeping = keeping
        self._lock = threading.Lock()
        self._version = -1
        self._rows: Sequence[Row] = ()

    def rows(self) -> tuple[int, Sequence[Row]]:
        """Ascending, with the version of the table that they are of."""
        with self._lock:
            version, changes = self._table.changes_since(self._version)
            if changes is None or not self._mended(changes):
                version, every = self._whole()
                self._rows = self.sort.arranged(self._keeping.kept(every) if self._keeping else every)
            self._version = version
            return version, self._rows

    def _mended(self, changes: Sequence[Change]) -> bool:
        """Take single changes in; False where it is better to put all in order again."""
        if not changes:
            return True
        if len(changes) * MENDED > len(self._rows):
            return False
        rows, rank = list(self._rows), self.sort.rank
        for change in changes:
            for old in self._kept(change.old):
                place = bisect_left(rows, rank(old), key=rank)
                if place == len(rows) or rows[place] is not old:
                    return False
                del rows[place]
            for new in self._kept(change.new):
                rows.insert(bisect_left(rows, rank(new), key=rank), new)
        self._rows = rows
        return True

    def _kept(self, row: Row | None) -> Sequence[Row]:
        if row is None:
            return ()
        return self._keeping.kept((row,)) if self._keeping else (row,)


def by_name(rows: Iterable[Row]) -> Sequence[Row]:
    """How rows stand where nothing else is asked for: by namespace, then by name."""
    return sorted(rows, key=lambda row: f"{row.namespace}\0{row.name}\0{row.uid}")


def part(orders: Sequence[tuple[Sequence[Row], Sort]], begin: int, end: int) -> list[tuple[int, Row]]:
    """The rows `begin` to `end` of several orders together, each with the place of the order that it is of."""
    if len(orders) == 1:
        return [(0, row) for row in orders[0][0][begin:end]]

    def rank(place: int, at: int) -> tuple[Any, ...]:
        rows, sort = orders[place]
        key, namespace, name, uid = sort.rank(rows[at])
        return key, namespace, name, place, uid

    def after(place: int, at: int) -> Iterator[tuple[tuple[Any, ...], Row]]:
        rows = orders[place][0]
        return ((rank(place, here), rows[here]) for here in range(at, len(rows)))

    starts = _skipped([len(rows) for rows, _sort in orders], rank, begin)
    merged = heapq.merge(*(after(place, at) for place, at in enumerate(starts)), key=lambda found: found[0])
    return [(found[0][3], found[1]) for found in islice(merged, end - begin)]


def _skipped(lengths: Sequence[int], rank: Callable[[int, int], Any], count: int) -> list[int]:
    """Where each of several orders goes on once the `count` least of all are left out.

    Of each that has rows left, look `step` rows on: the one whose row there is least can lose all up to it, since
    fewer than `count` rows of all come before that row.
    """
    starts = [0] * len(lengths)
    while count > 0:
        left = [place for place, length in enumerate(lengths) if starts[place] < length]
        if not left:
            break
        step = max(1, count // len(left))
        ends = {place: min(starts[place] + step, lengths[place]) for place in left}
        least = min(left, key=lambda place: rank(place, ends[place] - 1))
        count -= ends[least] - starts[least]
        starts[least] = ends[least]
    return starts


def _began(value: Any, arrived: float) -> float:
    """What a duration that was printed at `arrived` sorts by: how long it is by now, less what is alike for all."""
    seconds = seconds_of(text_of(value))
    return math.inf if seconds is None else seconds - arrived
