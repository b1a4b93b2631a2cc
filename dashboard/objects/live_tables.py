"""Small live tables: rows of a feed as a part of an object page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.api.tables import Row
from clusters.feeds.feed import Feed
from clusters.feeds.states import FeedState, State
from clusters.tables.columns import DisplayColumn, Reader, list_columns, readers, text_of
from clusters.tables.table_content import TableContent
from dashboard.kinds.summary import Cell, SmallTable
from dashboard.kinds.tones import StatusTones, tone

ROWS = 30
LONGEST = 300  # characters of a cell

Link = Callable[[Row], str]


@dataclass(frozen=True)
class LiveTable:
    """`table` is None while there is nothing to show; `total` counts all rows; `notice` is a sentence."""

    table: SmallTable | None
    total: int
    notice: str


def live_table(
    feed: Feed[TableContent], *, name: str, title: str, tones: StatusTones, link: Link
) -> LiveTable:
    """The first rows by name, in the columns that kubectl shows; `tones` are those of the rows' kind."""
    snapshot = feed.content.snapshot()
    columns = [
        one for one in list_columns([snapshot.columns], clusters=False, namespaces=False) if not one.is_wide
    ]
    read = readers(snapshot.columns, columns)
    rows = sorted(snapshot.rows.values(), key=lambda row: (row.namespace, row.name))
    cells = [_cells(row, columns, read, link, tones) for row in rows[:ROWS]]
    table = SmallTable(name, title, [one.title for one in columns], cells) if cells else None
    return LiveTable(table, len(rows), describe_state(feed.state))


def describe_state(state: FeedState) -> str:
    """Why a feed's rows are missing or old, as a sentence; empty where they are not."""
    words: Mapping[State, str] = {
        State.DENIED: _("You do not have permission to list these."),
        State.REJECTED: _("The API server rejected the selector."),
        State.UNAUTHORIZED: _("The cluster no longer accepts your credential."),
        State.UNREACHABLE: _("The API server is not responding; showing the last known data."),
        State.FAILING: _("The API server returns errors; showing the last known data."),
        State.BEHIND: _("The API server is rate limiting requests; showing the last known data."),
        State.GONE: _("This resource is no longer served."),
        State.CLOSED: _("This view was closed. Reload the page."),
        State.LOADING: _("Loading…"),
    }
    sentence = words.get(state.state, "")
    return f"{sentence} {state.message}".strip() if sentence and state.message else sentence


def _cells(
    row: Row, columns: Sequence[DisplayColumn], read: Sequence[Reader], link: Link, tones: StatusTones
) -> Sequence[Cell]:
    return [
        _cell(column, reader("", row), row, link, tones) for column, reader in zip(columns, read, strict=True)
    ]


def _cell(column: DisplayColumn, value: object, row: Row, link: Link, tones: StatusTones) -> Cell:
    written = text_of(value)[:LONGEST]
    if column.kind == "age":
        return Cell(when=row.created)
    if column.kind == "name":
        return Cell(written, url=link(row))
    level = "" if row.completed and column.key == "ready" else tone(column.title, written, tones)
    return Cell(written, level or None)
