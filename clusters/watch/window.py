"""What does one page show of its feeds? Filter, sort, columns and offset over the rows of one or several of them."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clusters.api.tables import Row
from clusters.watch.columns import (
    DURATIONS,
    Reader,
    Shown,
    SortKey,
    chosen_columns,
    readers,
    shown_columns,
    sort_key,
    text_of,
)
from clusters.watch.feed import Feed
from clusters.watch.filters import Filter, read_filter
from clusters.watch.states import FeedState
from clusters.watch.table import RowKey, TableContent, TableSnapshot

ROWS = 100  # rows in a window unless the page says otherwise
MOST_ROWS = 200  # rows that a browser draws smoothly


@dataclass(frozen=True)
class Wish:
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
class Line:
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

    columns: tuple[Shown, ...]
    every_column: tuple[Shown, ...]
    lines: tuple[Line, ...]
    total: int
    matching: int
    offset: int
    limit: int
    states: tuple[tuple[Source, FeedState], ...]


Candidate = tuple[SortKey, str, str, int, RowKey, Row]


class Window:
    """One page's view of its feeds. Not for several threads at once."""

    def __init__(self, sources: Sequence[Source], wish: Wish, *, with_namespaces: bool) -> None:
        self.sources = tuple(sources)
        self.wish = wish
        self._with_clusters = len({source.cluster for source in sources}) > 1
        self._with_namespaces = with_namespaces
        self._keys: dict[tuple[int, RowKey], tuple[Row, SortKey]] = {}
        self._texts: dict[tuple[int, RowKey], tuple[Row, str]] = {}

    def renew(self, wish: Wish) -> None:
        """Another sort, filter, choice of columns or place."""
        if wish.sort != self.wish.sort:
            self._keys.clear()
        self.wish = wish

    def view(self) -> View:
        """The window over the newest rows."""
        snapshots = [source.feed.content.snapshot() for source in self.sources]
        every = shown_columns(
            (snapshot.columns for snapshot in snapshots),
            clusters=self._with_clusters,
            namespaces=self._with_namespaces,
        )
        shown = chosen_columns(every, self.wish.columns, wide=self.wish.wide)
        found = list(self._matching(snapshots, every))
        offset = min(self.wish.offset, max(0, len(found) - 1) // self.wish.limit * self.wish.limit)
        until = offset + self.wish.limit
        picked = self._sorted(found, until)[offset:until]
        self._forget_old(snapshots)
        return View(
            columns=shown,
            every_column=every,
            lines=tuple(self._lines(picked, snapshots, shown)),
            total=sum(len(snapshot.rows) for snapshot in snapshots),
            matching=len(found),
            offset=offset,
            limit=self.wish.limit,
            states=tuple((source, source.feed.state) for source in self.sources),
        )

    def _matching(self, snapshots: list[TableSnapshot], every: tuple[Shown, ...]) -> Iterator[Candidate]:
        wanted = read_filter(self.wish.q, every)
        column = next((c for c in every if c.key == self.wish.sort.lstrip("-")), None)
        for place, (source, snapshot) in enumerate(zip(self.sources, snapshots, strict=True)):
            fields = readers(snapshot.columns, every)
            by_key = dict(zip((c.key for c in every), fields, strict=True))
            read = by_key.get(column.key) if column else None
            is_duration = column is not None and (column.key in DURATIONS or column.kind == "since")
            for key, row in snapshot.rows.items():
                if not wanted.is_empty and not self._keeps(wanted, (place, key), source, row, by_key):
                    continue
                made = self._sort_key((place, key), source, row, read, is_duration)
                if column is not None and column.kind == "since" and made[0] == 0:
                    made = (0, made[1] - snapshot.arrived.get(key, 0.0), "")
                yield made, row.namespace, row.name, place, key, row

    def _sorted(self, found: list[Candidate], most: int) -> list[Candidate]:
        descends = self.wish.sort.startswith("-")
        if self.wish.sort.lstrip("-") == "age":
            descends = not descends  # the youngest has the greatest creationTimestamp
        if most * 4 < len(found):
            return heapq.nlargest(most, found, _order) if descends else heapq.nsmallest(most, found, _order)
        return sorted(found, key=_order, reverse=descends)

    def _sort_key(
        self, key: tuple[int, RowKey], source: Source, row: Row, read: Reader | None, is_duration: bool
    ) -> SortKey:
        if read is None:
            return (0, 0.0, "")
        kept = self._keys.get(key)
        if kept is not None and kept[0] is row:
            return kept[1]
        value = read(source.cluster, row)
        made = (1, 0.0, row.created) if value is row.created else sort_key(value, is_duration=is_duration)
        self._keys[key] = (row, made)
        return made

    def _keeps(
        self, wanted: Filter, key: tuple[int, RowKey], source: Source, row: Row, fields: dict[str, Reader]
    ) -> bool:
        for name, value, equal in wanted.fields:
            if (text_of(fields[name](source.cluster, row)).lower() == value) is not equal:
                return False
        if not wanted.words:
            return True
        kept = self._texts.get(key)
        if kept is None or kept[0] is not row:
            kept = self._texts[key] = (row, _text(source.cluster, row))
        return all(word in kept[1] for word in wanted.words)

    def _lines(
        self, picked: list[Candidate], snapshots: list[TableSnapshot], shown: tuple[Shown, ...]
    ) -> Iterator[Line]:
        fields = [readers(snapshot.columns, shown) for snapshot in snapshots]
        for _, _, _, place, key, row in picked:
            cluster = self.sources[place].cluster
            cells = tuple(text_of(read(cluster, row)) for read in fields[place])
            yield Line(line_id(cluster, key), cluster, row, cells, snapshots[place].arrived.get(key, 0.0))

    def _forget_old(self, snapshots: list[TableSnapshot]) -> None:
        """Keys and texts of rows that are gone are dropped once they outnumber those that are there."""
        rows = sum(len(snapshot.rows) for snapshot in snapshots)
        for kept in (self._keys, self._texts):
            if len(kept) > 2 * rows + 1000:
                kept.clear()


def line_id(cluster: str, key: RowKey) -> str:
    """A row's id on the page: short, and safe in HTML whatever the object is called."""
    return "r" + hashlib.sha1(f"{cluster}|{key}".encode(), usedforsecurity=False).hexdigest()[:14]


def _order(candidate: Candidate) -> tuple[SortKey, str, str, int]:
    return candidate[:4]


def _text(cluster: str, row: Row) -> str:
    labels = " ".join(f"{name}={value}" for name, value in row.labels.items())
    cells = " ".join(text_of(cell) for cell in row.cells)
    return f"{cluster} {row.namespace} {row.name} {cells} {labels}".lower()
