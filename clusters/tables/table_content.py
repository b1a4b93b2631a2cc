"""Table content: rows of a server-side Table, listed in pages and updated by a watch."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from clusters.api.connection import Connection
from clusters.api.memory import UNCOUNTED, Account
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.selectors import find_selected
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, Column, Row, decode_event, decode_page
from clusters.discovery import Resource
from clusters.feeds.content import Query
from clusters.tables.columns import DisplayColumn, declare_dates
from clusters.tables.filters import RowFilter
from clusters.tables.list_pages import ListPages
from clusters.tables.orders import Change, Order, RowMatcher, Sort, sort_by_name
from clusters.tables.rows import POOL, RowKey, measure_row, row_key
from clusters.tables.slices import SliceOrder

OrderType = TypeVar("OrderType", Order, SliceOrder)

# Changes that are known one by one, and bytes of their rows; a window that missed more reads all rows again.
MAX_CHANGES, MAX_CHANGE_BYTES = 1000, 4 * 1024 * 1024
ORDERS = 4  # sorts and filters that are kept ready though nobody looks


@dataclass(frozen=True)
class TableQuery:
    """What a table lists: a kind in one namespace (empty: all), narrowed by selectors as Kubernetes writes them."""

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""


@dataclass(frozen=True)
class TableSnapshot:
    """The rows at one moment, by their key (uid; namespace and name where there is none)."""

    columns: tuple[Column, ...]
    rows: Mapping[RowKey, Row]
    version: int


class TableContent:
    """The rows of one query; `known` finds equal rows that other tables hold, by their key.

    Rows are charged to `account` as they are read, those of a list that is under way as well.
    """

    def __init__(
        self,
        query: TableQuery,
        *,
        known: Callable[[RowKey], Iterable[Row]] = lambda _key: (),
        account: Account = UNCOUNTED,
    ) -> None:
        self.query = query
        self.version = 0
        self.resource_version = ""
        self.can_watch = "watch" in query.resource.verbs
        self.needs_list = False
        self.unreadable = 0  # objects of the last list that are there and could not be read
        self._selectors = [
            (name, value)
            for name, value in (
                ("labelSelector", query.label_selector),
                ("fieldSelector", query.field_selector),
            )
            if value
        ]
        self.columns: tuple[Column, ...] = ()
        self._rows: dict[RowKey, Row] = {}
        self._account = account
        self._row_bytes = 0  # what `_rows` takes
        self._loading = 0  # rows of a list under way that are not among `_rows` yet
        self._find_known = known
        self._lock = threading.Lock()
        self._snapshot: TableSnapshot | None = None
        self._changes: deque[Change] = deque()  # the last ones, up to `version`
        self._change_sizes: deque[int] = deque()  # of the same, in bytes
        self._change_bytes = 0  # their sum
        self._name_order = Order(self, self._sort_by_name, Sort(None))
        self._orders: weakref.WeakValueDictionary[object, Any] = weakref.WeakValueDictionary()
        self._recent_orders: deque[object] = deque(maxlen=ORDERS)

    def access_checks(self) -> tuple[ResourceAttributes, ...]:
        """The permissions that this table depends on, reviewed again every 30 s."""
        name = _single_name(self._selectors)
        verbs = ("list", "watch") if self.can_watch else ("list",)
        return tuple(self.query.resource.attributes(verb, self.query.namespace, name) for verb in verbs)

    async def load(
        self, streams: Streams, connection: Connection
    ) -> AsyncGenerator[tuple[int, int | None], None]:
        """List in pages; the first load shows its rows as they come, a later one keeps the old until all is there."""
        fresh: dict[RowKey, Row] = {}
        first = not self._rows
        token, unreadable, size = "", 0, 0
        pages = ListPages(streams, connection, self.load_path(), self.load_query())
        try:
            while True:
                page = await pages.read(token)
                unreadable += page.unreadable
                if not token and page.columns is not None:
                    self._set_columns(self._declare(page.columns))
                size += self._add_rows(fresh, page.rows)
                token = page.continue_token
                if not token:
                    break
                if first:
                    self.unreadable = unreadable
                    self._replace(dict(fresh), page.resource_version, size)
                self._loading = 0 if first else len(fresh)
                yield len(fresh), None if page.remaining is None else len(fresh) + page.remaining
            self.unreadable = unreadable
            if not first:
                self._account.release(self._row_bytes)
            self._replace(fresh, page.resource_version, size)
            size = 0
        finally:
            self._loading = 0
            self._account.release(size - self._row_bytes if first else size)
        self.needs_list = False
        yield len(fresh), len(fresh)

    async def fetch_newest_version(self, streams: Streams, connection: Connection) -> str:
        """The resourceVersion that a list of one row has now."""
        query = [("limit", "1"), ("includeObject", "None"), *self._selectors]
        page = decode_page(await streams.get(connection, self.watch_path(), query, accept=TABLE_ACCEPT))
        return page.resource_version

    def load_path(self) -> str:
        return self.watch_path()

    def load_query(self) -> Query:
        return self._selectors

    def watch_path(self) -> str:
        return self.query.resource.list_path(self.query.namespace)

    def watch_query(self) -> Query:
        return self._selectors

    def watch_accept(self) -> str:
        return TABLE_ACCEPT

    def apply(self, line: bytes) -> bool:
        """Take one event in; bookmarks only move the position. Raises ApiError for an ERROR event."""
        event = decode_event(line)
        if event.error is not None:
            raise event.error
        if event.columns and (columns := self._declare(event.columns)) != self.columns:
            self.needs_list = bool(self.columns)  # a CRD's columns changed: cells of other rows are old
            self._set_columns(columns)
        self.resource_version = event.resource_version or self.resource_version
        if event.row is None or event.type == "BOOKMARK":
            return False
        if event.type == "DELETED":
            return self._change(row_key(event.row), None)
        (key, row), *_ = self._intern_rows([event.row]).items()
        return self._change(key, row)

    def clear(self) -> None:
        """Drop every row at once: the permission is gone."""
        self.unreadable = 0
        self._account.release(self._row_bytes)
        self._replace({}, "")

    def size(self) -> int:
        return len(self._rows)

    def loading_size(self) -> int:
        """How many rows a list under way has read that are not shown yet."""
        return self._loading

    def row(self, key: RowKey) -> Row | None:
        return self._rows.get(key)

    def snapshot(self) -> TableSnapshot:
        """The rows now; the same value until something changes. Any thread."""
        with self._lock:
            if self._snapshot is None or self._snapshot.version != self.version:
                rows = MappingProxyType(dict(self._rows))
                self._snapshot = TableSnapshot(self.columns, rows, self.version)
            return self._snapshot

    def order(
        self,
        column: DisplayColumn | None,
        row_filter: RowFilter,
        cluster: str,
        every: Sequence[DisplayColumn],
    ) -> Order:
        """The rows that a filter keeps, by one column; shared by all who use the same. Any thread.

        `every` are the columns that the filter may name, `cluster` is what its column says.
        """
        if column is None and row_filter.is_empty:
            return self._name_order
        sort, keeping = self._make_sort(column, row_filter, cluster, every)
        key = (column, row_filter, cluster, self.columns)
        return self._find_or_make(key, lambda: Order(self, self._name_order.rows, sort, keeping))

    def slice_order(
        self,
        column: DisplayColumn,
        row_filter: RowFilter,
        cluster: str,
        every: Sequence[DisplayColumn],
        *,
        number: int,
        descends: bool,
    ) -> SliceOrder:
        """The same, where one page's part of it is enough: the `number`th thousand."""
        sort, keeping = self._make_sort(column, row_filter, cluster, every)
        key = (column, row_filter, cluster, self.columns, number, descends)
        return self._find_or_make(
            key,
            lambda: SliceOrder(self, self._name_order.rows, sort, keeping, number=number, descends=descends),
        )

    def changes_since(self, version: int) -> tuple[int, Sequence[Change] | None]:
        """The version now, and what happened since another one; None where that is too long ago. Any thread."""
        with self._lock:
            count = self.version - version
            if version < 0 or count > len(self._changes):
                return self.version, None
            return self.version, list(self._changes)[len(self._changes) - count :]

    def _make_sort(
        self,
        column: DisplayColumn | None,
        row_filter: RowFilter,
        cluster: str,
        every: Sequence[DisplayColumn],
    ) -> tuple[Sort, RowMatcher | None]:
        sort = Sort(column, cluster, self.columns)
        return sort, None if row_filter.is_empty else RowMatcher(row_filter, cluster, self.columns, every)

    def _find_or_make(self, key: object, make: Callable[[], OrderType]) -> OrderType:
        """The order of this key that somebody holds, or that was used recently."""
        with self._lock:
            found: OrderType | None = self._orders.get(key)
            if found is None:
                found = self._orders[key] = make()
                self._recent_orders.append(found)
        return found

    def _sort_by_name(self) -> tuple[int, Sequence[Row]]:
        with self._lock:
            version, rows = self.version, list(self._rows.values())
        return version, sort_by_name(rows)

    def _declare(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        return declare_dates(self.query.resource.group, self.query.resource.plural, columns)

    def _set_columns(self, columns: tuple[Column, ...]) -> None:
        with self._lock:
            if columns and columns != self.columns:
                self.columns = columns
                self._add_version(None)

    def _add_rows(self, fresh: dict[RowKey, Row], rows: Sequence[Row]) -> int:
        """Put the rows of one page among those before it; how many bytes they were charged."""
        added = self._intern_rows(rows)
        size = sum([measure_row(row) for row in added.values()])
        size -= sum([measure_row(fresh[key]) for key in added.keys() & fresh.keys()])
        self._account.move(0, size)
        fresh |= added
        return size

    def _replace(self, rows: dict[RowKey, Row], resource_version: str, size: int = 0) -> None:
        """These are the rows; `size` is what they were charged."""
        with self._lock:
            self._rows = rows
            self._row_bytes = size
            self.resource_version = resource_version
            self._add_version(None)

    def _change(self, key: RowKey, row: Row | None) -> bool:
        """One row is new, other or (None) gone; False where it was not there."""
        before = self._rows.get(key)
        if row is None and before is None:
            return False
        old_size = measure_row(before) if before is not None else 0
        new_size = measure_row(row) if row is not None else 0
        self._account.move(old_size, new_size)
        with self._lock:
            self._row_bytes += new_size - old_size
            if row is None:
                del self._rows[key]
            else:
                self._rows[key] = row
            self._add_version(Change(before, row), old_size + new_size)
        return True

    def _add_version(self, change: Change | None, size: int = 0) -> None:
        """Another version; where it is no change of one row, those before it say nothing any more."""
        self.version += 1
        if change is None:
            self._changes.clear()
            self._change_sizes.clear()
            self._change_bytes = 0
            return
        self._changes.append(change)
        self._change_sizes.append(size)
        self._change_bytes += size
        while len(self._changes) > MAX_CHANGES or self._change_bytes > MAX_CHANGE_BYTES:
            self._changes.popleft()
            self._change_bytes -= self._change_sizes.popleft()

    def _intern_rows(self, rows: Sequence[Row]) -> dict[RowKey, Row]:
        """Rows as they are kept: the equal one that another feed holds already, so that many viewers cost one set."""
        arrived, intern = time.time(), POOL.intern_row
        return {row_key(row): self._find_shared(row) or intern(row, arrived) for row in rows}

    def _find_shared(self, row: Row) -> Row | None:
        if row.uid and row.resource_version:
            for other in self._find_known(row.uid):
                if other.resource_version == row.resource_version and other.cells == row.cells:
                    return other
        return None


def _single_name(selectors: list[tuple[str, str]]) -> str:
    """The name in `fieldSelector=metadata.name=X`: a permission by resourceNames is granted for that name only."""
    return find_selected(dict(selectors).get("fieldSelector", ""), "metadata.name")
