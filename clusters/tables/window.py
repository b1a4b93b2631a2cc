"""Window: the rows that one page shows of its feeds, after filter, sort, columns and offset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clusters.api.tables import Row
from clusters.feeds.feed import Feed
from clusters.feeds.states import FeedState
from clusters.tables.columns import DisplayColumn, chosen_columns, list_columns, readers, text_of
from clusters.tables.filters import RowFilter, read_filter
from clusters.tables.merging import merge_window
from clusters.tables.rows import RowKey, row_key
from clusters.tables.slices import MAX_WINDOW_ROWS, number_of
from clusters.tables.table_content import TableContent

ROWS = 100  # rows in a window unless the page says otherwise
MOST_ROWS = MAX_WINDOW_ROWS  # rows that a browser draws smoothly


@dataclass(frozen=True)
class WindowQuery:
    """What a page asks of its window; `sort` is a column's key, with a minus in front for descending."""

    q: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    wide: bool = False
    offset: int = 0
    limit: int = ROWS


@dataclass(frozen=True)
class Source:
    """One feed of the page and where it is from."""

    cluster: str
    namespace: str
    feed: Feed[TableContent]


@dataclass(frozen=True)
class WindowRow:
    """One row of the page: `id` is short and stable, `cells` align with the view's columns.

    `arrived` is when the row came, in seconds since 1970.
    """

    id: str
    cluster: str
    row: Row
    cells: tuple[str, ...]
    arrived: float


@dataclass(frozen=True)
class View:
    """The window now: `total` rows in all feeds, `matching` the filter, from `offset` on these lines."""

    columns: tuple[DisplayColumn, ...]
    every_column: tuple[DisplayColumn, ...]
    rows: tuple[WindowRow, ...]
    total: int
    matching: int
    offset: int
    limit: int
    states: tuple[tuple[Source, FeedState], ...]


class Window:
    """One page's view of its feeds. Not for several threads at once."""

    def __init__(self, sources: Sequence[Source], query: WindowQuery, *, with_namespaces: bool) -> None:
        self.sources = tuple(sources)
        self.query = query
        self._with_clusters = len({source.cluster for source in sources}) > 1
        self._with_namespaces = with_namespaces
        self._held: object = None  # orders and slices that are held are updated, and not built again

    def renew(self, query: WindowQuery) -> None:
        """Another sort, filter, choice of columns or offset."""
        self.query = query

    def view(self) -> View:
        """The window over the newest rows."""
        every = list_columns(
            [source.feed.content.columns for source in self.sources],
            clusters=self._with_clusters,
            namespaces=self._with_namespaces,
        )
        displayed = chosen_columns(every, self.query.columns, wide=self.query.wide)
        matching, offset, picked = self._pick_rows(every, displayed)
        return View(
            columns=displayed,
            every_column=every,
            rows=tuple(self._build_rows(picked, displayed)),
            total=sum(source.feed.content.size() for source in self.sources),
            matching=matching,
            offset=offset,
            limit=self.query.limit,
            states=tuple((source, source.feed.state) for source in self.sources),
        )

    def _pick_rows(
        self, every: tuple[DisplayColumn, ...], displayed: tuple[DisplayColumn, ...]
    ) -> tuple[int, int, Sequence[tuple[int, Row]]]:
        """How many match, where the window begins, and its rows, each with the index of its source."""
        row_filter = read_filter(self.query.q, every)
        key = self.query.sort.lstrip("-")
        column = next((one for one in (*every, *displayed) if one.key == key), None)
        if column is not None and len(self.sources) == 1:
            return self._pick_from_slice(column, row_filter, every)
        orders = [one.feed.content.order(column, row_filter, one.cluster, every) for one in self.sources]
        self._held = orders
        found = [(order.rows()[1], order.sort) for order in orders]
        matching = sum(len(rows) for rows, _sort in found)
        offset, begin, end = self._bounds(matching)
        return matching, offset, self._apply_direction(merge_window(found, begin, end) if found else [])

    def _pick_from_slice(
        self, column: DisplayColumn, row_filter: RowFilter, every: tuple[DisplayColumn, ...]
    ) -> tuple[int, int, Sequence[tuple[int, Row]]]:
        source, number = self.sources[0], number_of(self.query.offset)
        slice_order = source.feed.content.slice_order(
            column, row_filter, source.cluster, every, number=number, descends=self._descends()
        )
        self._held = slice_order
        found = slice_order.rows()
        offset, begin, end = self._bounds(found.count)
        rows = found.rows[begin - found.begin : end - found.begin]
        return found.count, offset, self._apply_direction([(0, row) for row in rows])

    def _bounds(self, matching: int) -> tuple[int, int, int]:
        """Where the window begins for the page, and from where to where it reaches in ascending order."""
        limit = self.query.limit
        offset = min(self.query.offset, max(0, matching - 1) // limit * limit)
        until = min(offset + limit, matching)
        return (offset, matching - until, matching - offset) if self._descends() else (offset, offset, until)

    def _apply_direction(self, found: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """Descending is the same order read from its end."""
        return found[::-1] if self._descends() else found

    def _descends(self) -> bool:
        """The youngest has the greatest creationTimestamp, and the least age."""
        return self.query.sort.startswith("-") is not (self.query.sort.lstrip("-") == "age")

    def _build_rows(
        self, picked: Sequence[tuple[int, Row]], displayed: tuple[DisplayColumn, ...]
    ) -> Iterator[WindowRow]:
        fields = [readers(source.feed.content.columns, displayed) for source in self.sources]
        for index, row in picked:
            cluster = self.sources[index].cluster
            cells = tuple([text_of(read(cluster, row)) for read in fields[index]])
            yield WindowRow(row_id(cluster, row_key(row)), cluster, row, cells, row.arrived)


def row_id(cluster: str, key: RowKey) -> str:
    """A row's id on the page: short, and safe in HTML whatever the object is called."""
    return "r" + hashlib.sha1(f"{cluster}|{key}".encode(), usedforsecurity=False).hexdigest()[:14]
