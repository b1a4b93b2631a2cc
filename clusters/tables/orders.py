"""Orders: filtered and sorted rows of a table, updated incrementally by bisection.

An order is sorted once and then only updated: a change costs two looks by bisection, however many rows there
are. Windows that sort and filter alike share it, so that fifty people on one page cost one.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clusters.api.tables import Column, Row
from clusters.tables.columns import (
    DisplayColumn,
    find_column_index,
    seconds_of,
    text_of,
    values_of,
)
from clusters.tables.filters import RowFilter
from clusters.tables.sort_keys import DURATION_KEYS, KEYS, SortKey, sort_key

REBUILD_RATIO = 100  # rows of the table for each change: where there are fewer, to begin anew is cheaper
Rank = tuple[SortKey | float, str, str, str]


@dataclass(frozen=True)
class Change:
    """What became of one row: None is what was not there before, or is not there any more."""

    old: Row | None
    new: Row | None


class Table(Protocol):
    """What an order stands on; `changes_since` gives None where they are no longer known one by one."""

    def changes_since(self, version: int) -> tuple[int, Sequence[Change] | None]: ...

    def size(self) -> int: ...


AllRows = Callable[[], tuple[int, Sequence[Row]]]  # all rows by namespace and name, with the table's version


class Sort:
    """By the values of one column, or by namespace and name alone. Ties stand by namespace and name."""

    def __init__(
        self, column: DisplayColumn | None, cluster: str = "", columns: Sequence[Column] = ()
    ) -> None:
        self._column = column
        self._cluster = cluster
        self._columns = columns
        self._column_index = find_column_index(columns, column) if column else None
        # The API server prints an object's name first, and says so; elsewhere a column may be called Name.
        self._prints_names = self._column_index == 0 and columns[0].format == "name"

    def keys(self, rows: Sequence[Row]) -> Sequence[SortKey | float]:
        """What each row sorts by; all of them texts, or all of them numbers."""
        column, at = self._column, self._column_index
        if column is None:
            return [""] * len(rows)
        if column.kind == "age":
            return [row.created for row in rows]
        if column.kind in ("cell", "name") and not column.is_duration and at is not None:
            try:
                if column.kind == "cell" or self._prints_names:
                    return [row.keys[at] for row in rows]
                return [row.keys[at] if row.cells[at] is row.name else sort_key(row.name) for row in rows]
            except IndexError:
                pass  # a row with fewer cells than its table has columns
        values = values_of(self._columns, column, self._cluster, rows)
        if column.kind == "since":
            return [_start_key(value, row.arrived) for value, row in zip(values, rows, strict=True)]
        return (DURATION_KEYS if column.is_duration else KEYS).keys_for(values)

    def rank(self, row: Row) -> Rank:
        """Where one row stands among all."""
        return self.keys((row,))[0], row.namespace, row.name, row.uid

    def sort_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """`rows`, which stand by namespace and name, in this order."""
        return rows if self._column is None else sort_by_keys(rows, self.keys(rows))


def sort_by_keys(rows: Sequence[Row], keys: Sequence[SortKey | float]) -> Sequence[Row]:
    """The rows by their keys, those with equal keys as they stand."""
    return [rows[index] for index in sorted(range(len(rows)), key=keys.__getitem__)]


class RowMatcher:
    """The rows that hold all words and fields of a filter."""

    def __init__(
        self, row_filter: RowFilter, cluster: str, columns: Sequence[Column], every: Sequence[DisplayColumn]
    ) -> None:
        by_key = {column.key: column for column in every}
        self._cluster = cluster
        self._columns = columns
        self._fields = [(by_key[name], value, is_equal) for name, value, is_equal in row_filter.fields]
        where = f"{cluster} ".lower()
        self._terms = [(word, where if " " in word else "") for word in row_filter.terms if word not in where]

    def match_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of `rows`, in the order that they have."""
        for word, before in self._terms:  # first: they cost less for each row
            if before:
                rows = [row for row in rows if word in f"{before}{row.text} {row.label_text}"]
            else:
                rows = [row for row in rows if word in row.label_text or word in row.text]
        for column, value, is_equal in self._fields:
            values = values_of(self._columns, column, self._cluster, rows)
            rows = _match_cells(rows, values, value, is_equal=is_equal)
        return rows


def _match_cells(rows: Sequence[Row], cells: Sequence[Any], value: str, *, is_equal: bool) -> Sequence[Row]:
    """Those whose cell reads as `value`, or does not; texts are looked at once for all cells that are alike."""
    texts = _distinct_texts(cells)
    if texts is None:
        return [
            row for row, cell in zip(rows, cells, strict=True) if (text_of(cell).lower() == value) is is_equal
        ]
    matching = frozenset(text for text in texts if (text.lower() == value) is is_equal)
    if matching == texts:
        return rows
    return [row for row, cell in zip(rows, cells, strict=True) if cell in matching] if matching else []


def _distinct_texts(cells: Sequence[Any]) -> frozenset[str] | None:
    """The different ones among them; None where not all are texts."""
    try:
        found = frozenset(cells)
    except TypeError:  # an array of a CRD
        return None
    return found if all(type(one) is str for one in found) else None


class Order:
    """The rows of a table that are kept, in order. Any thread; what it gave is never changed afterwards."""

    def __init__(
        self, table: Table, all_rows: AllRows, sort: Sort, matcher: RowMatcher | None = None
    ) -> None:
        self.sort = sort
        self._table = table
        self._all_rows = all_rows
        self._matcher = matcher
        self._lock = threading.Lock()
        self._version = -1
        self._rows: Sequence[Row] = ()

    def rows(self) -> tuple[int, Sequence[Row]]:
        """Ascending, with the version of the table that they are of."""
        with self._lock:
            version, changes = self._table.changes_since(self._version)
            if changes is None or not self._apply_changes(changes):
                version, every = self._all_rows()
                self._rows = self.sort.sort_rows(self._matcher.match_rows(every) if self._matcher else every)
            self._version = version
            return version, self._rows

    def _apply_changes(self, changes: Sequence[Change]) -> bool:
        """Take single changes in; False where it is better to put all in order again."""
        if not changes:
            return True
        if len(changes) * REBUILD_RATIO > self._table.size():
            return False
        rows = list(self._rows)
        for change in changes:
            if not put(rows, self.sort, filter_change(change, self._matcher)):
                return False
        self._rows = rows
        return True


def filter_change(change: Change, matcher: RowMatcher | None) -> Change:
    """The change as somebody sees it to whom only what is kept exists."""
    if matcher is None:
        return change
    old, new = (
        row if row is not None and matcher.match_rows((row,)) else None for row in (change.old, change.new)
    )
    return Change(old, new)


def put(rows: list[Row], sort: Sort, change: Change) -> bool:
    """Take the old row out and the new one in; False where the old one is not at its index."""
    old, new, rank = change.old, change.new, sort.rank
    if old is not None:
        index = bisect_left(rows, rank(old), key=rank)
        if index == len(rows) or rows[index] is not old:
            return False
        if new is not None and rank(new) == rank(old):
            rows[index] = new
            return True
        del rows[index]
    if new is not None:
        rows.insert(bisect_left(rows, rank(new), key=rank), new)
    return True


def sort_by_name(rows: Iterable[Row]) -> Sequence[Row]:
    """How rows stand by default: by namespace, then by name."""
    return sorted(rows, key=lambda row: f"{row.namespace}\0{row.name}\0{row.uid}")


def _start_key(value: Any, arrived: float) -> float:
    """What a duration that was printed at `arrived` sorts by: how long it is by now, less what is alike for all."""
    seconds = seconds_of(text_of(value))
    return math.inf if seconds is None else seconds - arrived
