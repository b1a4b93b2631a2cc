"""Events of an object as a small table, newest first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from clusters.api.tables import Row
from clusters.feeds.feed import Feed
from clusters.tables.columns import seconds_of, text_of
from clusters.tables.table_content import TableContent
from dashboard.kinds.summary import Cell, SmallTable
from dashboard.objects.live_tables import LiveTable, describe_state

ROWS = 50
MAX_REMEMBERED = 20_000  # remembered moments
OLDEST = 20 * 365 * 86_400  # seconds; what is older was not read right


def events_table(feed: Feed[TableContent]) -> LiveTable:
    """Last seen, type, reason, message and count."""
    snapshot = feed.content.snapshot()
    column_index = {column.name.lower(): index for index, column in enumerate(snapshot.columns)}

    def cell(row: Row, column: str) -> str:
        index = column_index.get(column)
        return text_of(row.cells[index]) if index is not None and index < len(row.cells) else ""

    dated_rows = [
        (last_seen_times.resolve(row, cell(row, "last seen")), row) for row in snapshot.rows.values()
    ]
    dated_rows.sort(key=lambda pair: (pair[0], pair[1].name), reverse=True)
    rows: Sequence[Sequence[Cell]] = [
        [
            Cell(when=when),
            Cell(cell(row, "type"), "warning" if cell(row, "type") == "Warning" else "done"),
            Cell(cell(row, "reason")),
            Cell(cell(row, "message")[:2000]),
            Cell(cell(row, "count")),
        ]
        for when, row in dated_rows[:ROWS]
    ]
    columns = [_("Last seen"), _("Type"), _("Reason"), _("Message"), _("Count")]
    table = SmallTable("events", _("Events"), columns, rows) if rows else None
    return LiveTable(table, len(dated_rows), describe_state(feed.state))


class _LastSeenTimes:
    """When each event was last seen. The Table says only how long ago that was when the row came.

    The first look at a row fixes its moment, so that it does not wander: off by at most the time that a feed
    lives on without viewers.
    """

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def resolve(self, row: Row, ago: str) -> str:
        """RFC 3339; the creation where the Table does not say."""
        key = (row.uid, row.resource_version)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = _subtract_age(ago) or row.created
                while len(self._cache) > MAX_REMEMBERED:
                    self._cache.popitem(last=False)
            return self._cache[key]


last_seen_times = _LastSeenTimes()


def _subtract_age(ago: str) -> str:
    seconds = seconds_of(ago)
    if seconds is None or seconds > OLDEST:
        return ""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
