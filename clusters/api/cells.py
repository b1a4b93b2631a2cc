"""Cell limits: what the texts of a row are cut to on arrival, before anything parses, sorts or keeps them.

The object's own page shows every value in full.
"""

from __future__ import annotations

from typing import Any

import msgspec

LONGEST_CELL = 2000  # characters; the longest that Kubernetes prints is an event's message (1,024)
LONGEST_NAME = 320  # characters; an object's name has at most 253
LONGEST_TIME = 40  # characters of an RFC 3339 time, with nanoseconds and offset
LONGEST_INTEGER = 63  # bits

_PLAIN = frozenset({str, int, float, bool, type(None)})


def limit_cells(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """The cells with texts cut; what is nested becomes the beginning of its JSON, short lists of plain values stay."""
    for cell in cells:
        kind = type(cell)
        if kind is str:
            if len(cell) > LONGEST_CELL:
                break
        elif cell is not None and kind is not bool and kind is not float:
            break
    else:
        return cells
    return tuple([limit_cell(cell) for cell in cells])


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
        and sum(len(one) if isinstance(one, str) else 8 for one in cell) <= LONGEST_CELL
        and not any(isinstance(one, int) and one.bit_length() > LONGEST_INTEGER for one in cell)
    )
