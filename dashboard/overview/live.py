"""Live overview: renders only the rows that changed, for the socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from clusters.counting.snapshot import Snapshot
from dashboard.overview import pieces
from dashboard.overview.board import Board, BoardCluster
from dashboard.overview.query import OverviewQuery, read_query
from dashboard.overview.rows import Group, Row, arrange_rows, group_html, html_of, row_of, window_of
from dashboard.pieces.differ import Differ
from dashboard.pieces.update import Piece, Update, build_update


class OverviewSubscription:
    """The overview while its socket is open. `render` is never called by two threads at once."""

    def __init__(self, board: Board, query: OverviewQuery, window: str = "") -> None:
        """`window` is what the page says that it shows."""
        self._board = board
        self._query = query
        self._changed: Callable[[], None] = lambda: None
        self._rendered: dict[str, _RenderedRow] = {}  # by slug
        self._differ = Differ(window)

    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever there may be something to render."""
        self._changed = changed
        for counter in self._board.counters():
            counter.listen(changed)

    def stop(self) -> None:
        for counter in self._board.counters():
            counter.unlisten(self._changed)
        self._board.close()

    def pause(self, paused: bool) -> None:
        """A hidden tab does not look: nothing is counted for it."""
        self._board.counter_views.pause(paused)

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        self._board.forget()

    def renew(self, query: str) -> None:
        """Other words, another order or another label; the clusters of the page stay those that it has."""
        self._query = read_query(pieces.query_of(query))

    def render(self) -> Update | None:
        """The pieces that changed since the last call, or None."""
        rows = [self._render_row(cluster).row for cluster in self._board.clusters]
        groups = arrange_rows(rows, self._query)
        return build_update([*self._compare_parts(rows, groups), *self._compare_rows(groups)])

    def _render_row(self, cluster: BoardCluster) -> _RenderedRow:
        """The row as it stands, drawn anew only where something happened to its cluster."""
        snapshot = cluster.counter.snapshot if cluster.counter is not None else None
        drawn = self._rendered.get(cluster.slug)
        if (
            drawn is None
            or drawn.snapshot is not snapshot
            or drawn.credential != cluster.active_credential.word
        ):
            row = row_of(self._board, cluster)
            drawn = _RenderedRow(
                snapshot, cluster.active_credential.word, row, html_of(row, self._board.user)
            )
            self._rendered[cluster.slug] = drawn
        return drawn

    def _compare_parts(self, rows: Sequence[Row], groups: Sequence[Group]) -> Iterator[Piece]:
        for target, part, context in (
            ("live-state", "state", {"state": "live"}),
            ("overview-summary", "summary", {"summary": pieces.summary_of(rows)}),
            ("overview-foot", "foot", {"foot": pieces.foot_of(groups, len(rows), self._query)}),
        ):
            html = render_to_string(f"overview/overview.html#{part}", context)
            yield from self._differ.compare(target, html)

    def _compare_rows(self, groups: Sequence[Group]) -> Iterator[Piece]:
        made: dict[str, SafeString] = {}
        for group in groups:
            if group.id:
                made[group.id] = group_html(group)
            made |= {row.id: self._rendered[row.access.cluster.slug].html for row in group.rows}
        versions = {name: window_of([html]) for name, html in made.items()}
        return self._differ.compare_rows(
            "overview-rows", versions, window_of(made.values()), made.__getitem__
        )


@dataclass(frozen=True)
class _RenderedRow:
    """A row with what it was drawn from."""

    snapshot: Snapshot | None
    credential: str
    row: Row
    html: SafeString
