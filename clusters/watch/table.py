"""Which rows does a table hold? A server-side Table, listed in pages and kept by a watch."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clusters.access import Ask
from clusters.api.connection import Connection
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, Column, Row, decode_event, decode_page
from clusters.discovery import Resource
from clusters.watch.content import Query

PAGE = 500
RowKey = str


@dataclass(frozen=True)
class TableSnapshot:
    """The rows at one moment, by their key (uid; namespace and name where there is none).

    `arrived` holds, in seconds since 1970, when each row came: cells like "5m" were right at that time.
    """

    columns: tuple[Column, ...]
    rows: Mapping[RowKey, Row]
    arrived: Mapping[RowKey, float]
    version: int


def row_key(row: Row) -> RowKey:
    """What a row is known by within its feed: metrics and such have no uid."""
    return row.uid or f"{row.namespace}/{row.name}"


class TableContent:
    """Rows of one (resource, namespace, label selector, field selector)."""

    def __init__(
        self,
        resource: Resource,
        namespace: str,
        *,
        label_selector: str = "",
        field_selector: str = "",
        known: Callable[[RowKey], Iterable[Row]] = lambda _key: (),
    ) -> None:
        self.resource = resource
        self.namespace = namespace
        self.version = 0
        self.resource_version = ""
        self.can_watch = "watch" in resource.verbs
        self.needs_list = False
        self._selectors = [
            (name, value)
            for name, value in (("labelSelector", label_selector), ("fieldSelector", field_selector))
            if value
        ]
        self._columns: tuple[Column, ...] = ()
        self._rows: dict[RowKey, Row] = {}
        self._arrived: dict[RowKey, float] = {}
        self._known = known
        self._lock = threading.Lock()
        self._snapshot: TableSnapshot | None = None

    def asks(self) -> tuple[Ask, ...]:
        """The rights that this table stands on, asked again every 30 s."""
        name = _single_name(self._selectors)
        verbs = ("list", "watch") if self.can_watch else ("list",)
        return tuple(
            Ask(
                verb=verb,
                group=self.resource.group,
                version=self.resource.version,
                resource=self.resource.plural,
                namespace=self.namespace,
                name=name,
            )
            for verb in verbs
        )

    async def load(self, streams: Streams, connection: Connection) -> AsyncIterator[tuple[int, int | None]]:
        """List in pages; the first load shows its rows as they come, a later one keeps the old until all is there."""
        fresh: dict[RowKey, Row] = {}
        first = not self._rows
        token = ""
        while True:
            page = decode_page(
                await streams.get(connection, self.watch_path(), self._page_query(token), accept=TABLE_ACCEPT)
            )
            if not token and page.columns is not None:
                self._set_columns(page.columns)
            fresh.update((row_key(row), self._shared(row)) for row in page.rows)
            token = page.continue_token
            if not token:
                break
            if first:
                self._replace(dict(fresh), page.resource_version)
            yield len(fresh), None if page.remaining is None else len(fresh) + page.remaining
        self._replace(fresh, page.resource_version)
        self.needs_list = False
        yield len(fresh), len(fresh)

    async def newest(self, streams: Streams, connection: Connection) -> str:
        """The resourceVersion that a list of one row has now."""
        query = [("limit", "1"), ("includeObject", "None"), *self._selectors]
        page = decode_page(await streams.get(connection, self.watch_path(), query, accept=TABLE_ACCEPT))
        return page.resource_version

    def watch_path(self) -> str:
        return self.resource.path(namespace=self.namespace)

    def watch_query(self) -> Query:
        return self._selectors

    def watch_accept(self) -> str:
        return TABLE_ACCEPT

    def apply(self, line: bytes) -> bool:
        """Take one event in; bookmarks only move the position. Raises ApiError for an ERROR event."""
        event = decode_event(line)
        if event.error is not None:
            raise event.error
        if event.columns and event.columns != self._columns:
            self.needs_list = bool(self._columns)  # a CRD's columns changed: cells of other rows are old
            self._set_columns(event.columns)
        self.resource_version = event.resource_version or self.resource_version
        if event.row is None or event.type == "BOOKMARK":
            return False
        key = row_key(event.row)
        with self._lock:
            if event.type == "DELETED":
                self._arrived.pop(key, None)
                if self._rows.pop(key, None) is None:
                    return False
            else:
                self._rows[key] = self._shared(event.row)
                self._arrived[key] = time.time()
            self.version += 1
        return True

    def clear(self) -> None:
        """Drop every row at once: the right is gone."""
        self._replace({}, "")

    def size(self) -> int:
        return len(self._rows)

    def row(self, key: RowKey) -> Row | None:
        return self._rows.get(key)

    def snapshot(self) -> TableSnapshot:
        """The rows now; the same value until something changes. Any thread."""
        with self._lock:
            if self._snapshot is None or self._snapshot.version != self.version:
                self._snapshot = TableSnapshot(
                    self._columns,
                    MappingProxyType(dict(self._rows)),
                    MappingProxyType(dict(self._arrived)),
                    self.version,
                )
            return self._snapshot

    def _page_query(self, token: str) -> list[tuple[str, str]]:
        query = [("limit", str(PAGE)), *self._selectors]
        return [*query, ("continue", token)] if token else query

    def _set_columns(self, columns: tuple[Column, ...]) -> None:
        with self._lock:
            if columns and columns != self._columns:
                self._columns = columns
                self.version += 1

    def _replace(self, rows: dict[RowKey, Row], resource_version: str) -> None:
        with self._lock:
            now = time.time()
            self._rows = rows
            self._arrived = dict.fromkeys(rows, now)
            self.resource_version = resource_version
            self.version += 1

    def _shared(self, row: Row) -> Row:
        """The equal row that another feed holds already, so that many viewers cost one set of rows."""
        if not row.uid or not row.resource_version:
            return row
        for other in self._known(row.uid):
            if other.resource_version == row.resource_version and other.cells == row.cells:
                return other
        return row


def _single_name(selectors: list[tuple[str, str]]) -> str:
    """The name in `fieldSelector=metadata.name=X`: a right by resourceNames is granted for that name only."""
    for name, value in selectors:
        if name == "fieldSelector":
            for part in value.split(","):
                field, _, wanted = part.replace("==", "=").partition("=")
                if field == "metadata.name":
                    return wanted
    return ""
