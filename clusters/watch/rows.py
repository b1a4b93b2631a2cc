"""How is a row kept? Small: what many rows say is held once; with the text that filters look through, and its time."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from clusters.api.tables import Row
from clusters.watch.columns import text_of
from clusters.watch.keys import Keys

_SPARE = 1000
_EACH = 6  # different values of a row, and spare ones, that are remembered before all are forgotten
RowKey = str


def row_key(row: Row) -> RowKey:
    """What a row is known by within its feed: metrics and such have no uid."""
    return row.uid or f"{row.namespace}/{row.name}"


class Pool:
    """Equal texts and labels of the rows of one kind as one object each, and what their values sort by.

    What is learned is bounded by the rows that there are; all of it can be forgotten at any time. Any thread.
    """

    def __init__(self) -> None:
        self.keys = Keys()
        self._texts: dict[str, str] = {}
        self._labels: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
        self._rows = 0

    def kept(self, row: Row, arrived: float, rows: int) -> Row:
        """The row as a table keeps it that has so many; `arrived` is when it came, in seconds since 1970."""
        self._bound(rows)
        share, name = self._texts.setdefault, row.name
        cells = [
            name if cell == name else share(cell, cell) if type(cell) is str else cell for cell in row.cells
        ]
        self.keys.learn(cells)
        return Row(
            row.uid,
            share(row.namespace, row.namespace),
            name,
            row.resource_version,
            share(row.created, row.created),
            self._shared(row.labels),
            tuple(cells),
            row.completed,
            row.deleting,
            _said(row),
            arrived,
        )

    def _shared(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        return self._labels.setdefault(tuple(labels.items()), labels)

    def _bound(self, rows: int) -> None:
        self._rows = max(self._rows, rows)
        most = _EACH * self._rows + _SPARE
        if len(self._texts) > most or len(self._labels) > most:
            self._texts.clear()
            self._labels.clear()
        self.keys.forget_beyond(most)


_pools: weakref.WeakValueDictionary[str, Pool] = weakref.WeakValueDictionary()


def pool_of(kind: str) -> Pool:
    """The one that all tables of a kind share, for as long as there are any."""
    found = _pools.get(kind)
    if found is None:
        found = _pools[kind] = Pool()
    return found


def _said(row: Row) -> str:
    """All that the row says, in lower case: namespace, name, cells and labels."""
    labels = [f"{name}={value}" for name, value in row.labels.items()]
    return " ".join([row.namespace, row.name, *_texts(row.cells), *labels]).lower()


def _texts(cells: tuple[Any, ...]) -> list[str]:
    return [cell if type(cell) is str else text_of(cell) for cell in cells]
