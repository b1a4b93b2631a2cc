"""Merging: a window over the sorted rows of several clusters or namespaces."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from clusters.api.tables import Row
from clusters.tables.orders import Sort


def merge_window(orders: Sequence[tuple[Sequence[Row], Sort]], begin: int, end: int) -> list[tuple[int, Row]]:
    """The rows `begin` to `end` of several orders together, each with the index of its order."""
    if len(orders) == 1:
        return [(0, row) for row in orders[0][0][begin:end]]

    def rank(index: int, at: int) -> tuple[Any, ...]:
        rows, sort = orders[index]
        key, namespace, name, uid = sort.rank(rows[at])
        return key, namespace, name, index, uid

    def iterate_from(index: int, at: int) -> Iterator[tuple[tuple[Any, ...], Row]]:
        rows = orders[index][0]
        return ((rank(index, here), rows[here]) for here in range(at, len(rows)))

    starts = _skip([len(rows) for rows, _sort in orders], rank, begin)
    merged = heapq.merge(
        *(iterate_from(index, at) for index, at in enumerate(starts)), key=lambda found: found[0]
    )
    return [(found[0][3], found[1]) for found in islice(merged, end - begin)]


def _skip(lengths: Sequence[int], rank: Callable[[int, int], Any], count: int) -> list[int]:
    """Where each of several orders goes on once the `count` least of all are left out.

    Of each that has rows left, look `step` rows on: the one whose row there is least can lose all up to it, since
    fewer than `count` rows of all come before that row.
    """
    starts = [0] * len(lengths)
    while count > 0:
        left = [index for index, length in enumerate(lengths) if starts[index] < length]
        if not left:
            break
        step = max(1, count // len(left))
        ends = {index: min(starts[index] + step, lengths[index]) for index in left}
        least = min(left, key=lambda index: rank(index, ends[index] - 1))
        count -= ends[least] - starts[least]
        starts[least] = ends[least]
    return starts
