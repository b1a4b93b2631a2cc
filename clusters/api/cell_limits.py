"""Cell limits: what the texts of a row are cut to on arrival, before anything parses, sorts or keeps them.

The object's own page shows every value in full.
"""

from __future__ import annotations

from typing import Any

import msgspec

MOST_COLUMNS = 64  # columns and cells of a row; Kubernetes' own kinds have at most 15
LONGEST_TITLE = 100  # characters of a column's name, type or format
LONGEST_CELL = 2000  # characters; the longest that Kubernetes prints is an event's message (1,024)
LONGEST_ROW = (
    8000  # characters of all cells of a row together, so that a page of rows stays one that browsers draw
)
LONGEST_NAME = 320  # characters; an object's name has at most 253
LONGEST_TIME = 40  # characters of an RFC 3339 time, with nanoseconds and offset
LONGEST_INTEGER = 63  # bits

_PLAIN = frozenset({str, int, float, bool, type(None)})


def limit_cells(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """The cells with texts cut; what is nested becomes the beginning of its JSON, short lists of plain values stay.

    Those beyond the last column that is shown are left out.
    """
    if len(cells) > MOST_COLUMNS:
        cells = cells[:MOST_COLUMNS]
    length = 0
    for cell in cells:
        kind = type(cell)
        if kind is str:
            length += len(cell)
            if len(cell) > LONGEST_CELL or length > LONGEST_ROW:
                break
        elif cell is not None and kind is not bool and kind is not float:
            break
    else:
        return cells
    return _shorten(tuple([limit_cell(cell) for cell in cells]))


def _shorten(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """The cells, each with its share of the row's characters where they are too many together."""
    if sum([_measure(cell) for cell in cells]) <= LONGEST_ROW:
        return cells
    share = LONGEST_ROW // len(cells)
    return tuple([_cut(cell, share) for cell in cells])


def _cut(cell: Any, length: int) -> Any:
    if _measure(cell) <= length:
        return cell
    text = cell if isinstance(cell, str) else msgspec.json.encode(cell).decode("utf-8", "ignore")
    return text[:length]


def _measure(cell: Any) -> int:
    """Characters of a cell as it is kept: a text, or a short list of plain values."""
    if isinstance(cell, str):
        return len(cell)
    if isinstance(cell, list | tuple):
        return sum(len(one) if isinstance(one, str) else 8 for one in cell)
    return 8


def limit_cell(cell: Any) -> Any:
    """One cell as it is kept."""
    if isinstance(cell, str):
        return cell[:LONGEST_CELL]
    if isinstance(cell, int) and cell.bit_length() > LONGEST_INTEGER:
        return str(cell)[:LONGEST_CELL]
    if type(cell) in _PLAIN or _is_short(cell):
        return cell
    try:
        return msgspec.json.encode(cell)[: 4 * LONGEST_CELL].decode("utf-8", "ignore")[:LONGEST_CELL]
    except (msgspec.EncodeError, RecursionError, TypeError):
        return "…"


def _is_short(cell: Any) -> bool:
    """Whether it is a list of plain values that is no longer than a cell may be."""
    return (
        isinstance(cell, list | tuple)
        and len(cell) <= LONGEST_CELL
        and all(type(one) in _PLAIN for one in cell)
        and _measure(cell) <= LONGEST_CELL
        and not any(isinstance(one, int) and one.bit_length() > LONGEST_INTEGER for one in cell)
    )
