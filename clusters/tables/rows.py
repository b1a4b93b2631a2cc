"""Rows: interns texts and labels of table rows, with their search text, sort keys and arrival time."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof
from typing import Any

from clusters.api.tables import Row
from clusters.tables.columns import text_of
from clusters.tables.sort_keys import SortKey, sort_key

_MAX_TEXTS = (
    20_000  # texts, and sets of labels, that are remembered; beyond it all are forgotten and begun anew
)
_MAX_LENGTH = 256  # characters of a text, or of all labels, that are remembered: only short ones repeat
_ROW_BYTES = 450  # of a row without its texts
RowKey = str


def row_key(row: Row) -> RowKey:
    """What a row is known by within its feed: metrics and such have no uid."""
    return row.uid or f"{row.namespace}/{row.name}"


def measure_row(row: Row) -> int:
    """About how many bytes a row takes as a table keeps it, with its cells, sort keys and place in the orders.

    Some 1,000 for a pod, as the benchmark measures it.
    """
    return (
        _ROW_BYTES
        + 2 * getsizeof(row.text)
        + 2 * getsizeof(row.label_text)
        + getsizeof(row.uid)
        + getsizeof(row.resource_version)
    )


class Pool:
    """Equal texts and labels of rows as one object each, and what each text sorts by. Any thread."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, SortKey]] = {}
        self._labels: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, str], str]] = {}

    def intern_row(self, row: Row, arrived: float) -> Row:
        """The row as a table keeps it; `arrived` is when it came, in seconds since 1970."""
        name = row.name
        found = [self._cell(cell, name) for cell in row.cells]
        labels, label_text = self._intern_labels(row.labels)
        return Row(
            row.uid,
            self._text(row.namespace)[0],
            name,
            row.resource_version,
            self._text(row.created)[0],
            labels,
            tuple([one[0] for one in found]),
            row.completed,
            row.deleting,
            _search_text(row),
            label_text,
            arrived,
            tuple([one[1] for one in found]),
        )

    def _cell(self, cell: Any, name: str) -> tuple[Any, SortKey]:
        if type(cell) is str:
            return (name, sort_key(name)) if cell == name else self._text(cell)
        return cell, sort_key(cell)

    def _text(self, text: str) -> tuple[str, SortKey]:
        if len(text) > _MAX_LENGTH:
            return text, sort_key(text)
        found = self._texts.get(text)
        if found is None:
            if len(self._texts) > _MAX_TEXTS:
                self._texts.clear()
            found = self._texts[text] = (text, sort_key(text))
        return found

    def _intern_labels(self, labels: Mapping[str, str]) -> tuple[Mapping[str, str], str]:
        """With what they say in lower case."""
        key = tuple(labels.items())
        found = self._labels.get(key)
        if found is None:
            if len(self._labels) > _MAX_TEXTS:
                self._labels.clear()
            text = " ".join([f"{name}={value}" for name, value in key]).lower()
            found = (labels, text)
            if len(text) <= _MAX_LENGTH:
                self._labels[key] = found
        return found


POOL = Pool()


def _search_text(row: Row) -> str:
    """All that the row says but for its labels, in lower case: namespace, name and cells."""
    return " ".join([row.namespace, row.name, *_texts(row.cells)]).lower()


def _texts(cells: tuple[Any, ...]) -> list[str]:
    return [cell if type(cell) is str else text_of(cell) for cell in cells]
