"""Benchmark of window time: server time of one window, for every sort and kind of filter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from bench.figures import Figure, percentile
from bench.table import feed, load_table, multiply_rows, real_pages
from bench.world import World, run_alone
from clusters.tables.table_content import TableContent
from clusters.tables.window import Source, Window, WindowQuery
from dashboard.lists import pieces, row_rendering
from dashboard.lists.row_rendering import row_cache

GOAL = 50.0  # milliseconds
SIZES = (10_000, 100_000)  # rows
REPEATS = 3
CHANGES = 30  # of one row each, between two looks of an open page
FILTERS = (
    "", "app-1", "worker-007", "app-00 team-0", "zone-1", "app=app-003", "status=running", "status!=running",
    "ready=1/1 app-01", "node=worker-042", "nothing-has-this",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One sort with one filter: milliseconds of the first look, and of one after changes."""

    sort: str
    q: str
    offset: int
    first: float
    later: float


def measure(world: World) -> Sequence[Figure]:
    """On rows as the API server sent them; 100,000 are the same rows again under other names."""
    pages = real_pages(world.api())
    return [_figure(size, _cases(multiply_rows(pages, size), world)) for size in _sizes(world)]


def _sizes(world: World) -> Sequence[int]:
    return (500,) if world.is_small else SIZES


def _figure(size: int, cases: list[Case]) -> Figure:
    firsts, laters = [case.first for case in cases], [case.later for case in cases]
    worst = max(cases, key=lambda case: case.first)
    slow = max(cases, key=lambda case: case.later)
    return Figure(
        f"server time of a window, any sort and filter, {size:,} rows",
        f"<= {GOAL:.0f} ms",
        f"worst {max(firsts):.1f} ms, median {statistics.median(firsts):.1f} ms",
        max(*firsts, *laters) <= GOAL,
        notes=(
            f"{len(cases)} pairs of a sort and a filter, each asked for the first time: p99 "
            f"{percentile(firsts, 99):.1f} ms; the worst is {_words(worst)}.",
            f"An open page, after {CHANGES} changes: worst {slow.later:.1f} ms ({_words(slow)}), median "
            f"{statistics.median(laters):.1f} ms.",
            f"Of the window and its rows as HTML, in one thread, by the wall clock; the best of {REPEATS} runs over "
            "all pairs, each without an order or a rendered row that is kept from before.",
        ),
    )


def _words(case: Case) -> str:
    return f"sort={case.sort or '(none)'} q={case.q or '(none)'} offset={case.offset}"


def _cases(pages: Sequence[bytes], world: World) -> list[Case]:
    content = load_table(pages)
    columns = [""] + [
        column.key
        for column in Window(_sources(content), WindowQuery(), with_namespaces=True).view().every_column
    ]
    sorts = [sign + key for key in columns for sign in ("", "-") if key or not sign]
    filters = FILTERS[:3] if world.is_small else FILTERS
    middle = content.size() // 2 // 100 * 100
    queries = [WindowQuery(q=q, sort=sort, wide=True) for sort in sorts for q in filters]
    queries += [WindowQuery(sort=sort, wide=True, offset=middle) for sort in sorts]
    times: dict[WindowQuery, list[tuple[float, float]]] = {query: [] for query in queries}
    for number in range(REPEATS):  # what else runs here disturbs one repeat of a pair, and hardly all
        for query in queries:
            if query.q == filters[0] and not query.offset:
                world.say(
                    f"window: {content.size()} rows, repeat {number + 1}, sort={query.sort or '(none)'}"
                )
            times[query].append(_times(content, query))
    return [
        Case(
            query.sort,
            query.q,
            query.offset,
            min(first for first, _ in found),
            min(later for _, later in found),
        )
        for query, found in times.items()
    ]


def _times(content: TableContent, query: WindowQuery) -> tuple[float, float]:
    """As at a first request: no order and no rendered row is kept from the time before; and after changes."""
    _forget(content)
    window = Window(_sources(content), query, with_namespaces=True)
    first = _time_call(partial(_render_window, window))
    _change(content)
    return first, _time_call(partial(_render_window, window))


def _forget(content: TableContent) -> None:
    """All but what a warm process has of any list: the templates of cells, from the last rows by name."""
    _render_window(
        Window(_sources(content), WindowQuery(wide=True, offset=content.size()), with_namespaces=True)
    )
    row_rendering.row_cache._cache.clear()
    content._recent_orders.clear()


def _render_window(window: Window) -> None:
    """What the list page and its socket do with a window: the rows, rendered."""
    view = window.view()
    pieces.rows_html(row_cache.render(view, "pods", namespaced=True))


def _time_call(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def _sources(content: TableContent) -> list[Source]:
    return [Source("harbour", "", feed(content))]


_counter = iter(range(10**9))


def _change(content: TableContent) -> None:
    """Restart counts of rows all over the table, through the code that takes in a watch's events."""
    rows = list(content.snapshot().rows.values())
    for _ in range(CHANGES):
        number = next(_counter)
        content.apply(_event(rows[number * 7919 % len(rows)], number))


def _event(row: Any, number: int) -> bytes:
    cells = list(row.cells)
    cells[3] = str(number)
    metadata = {
        "name": row.name, "namespace": row.namespace, "uid": row.uid, "resourceVersion": str(10**9 + number),
        "creationTimestamp": row.created, "labels": dict(row.labels),
    }  # fmt: skip
    table = {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": str(10**9 + number)},
        "columnDefinitions": None, "rows": [{"cells": cells, "object": {"metadata": metadata}}],
    }  # fmt: skip
    return msgspec.json.encode({"type": "MODIFIED", "object": table})


if __name__ == "__main__":
    run_alone(measure)
