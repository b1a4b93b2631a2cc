"""Events of an object as a small table, newest first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache
from django.utils.translation import gettext as _

from clusters.api.tables import Row
from clusters.feeds.feed import Feed
from clusters.tables.columns import seconds_of, text_of
from clusters.tables.table_content import TableContent
from dashboard.kinds.fields import KubernetesObject, text
from dashboard.kinds.rollouts.parts import when_of
from dashboard.kinds.summary import Cell, SmallTable
from dashboard.objects.live_tables import LiveTable, describe_state

ROWS = 50
MAX_REMEMBERED = 20_000  # remembered moments
OLDEST = 20 * 365 * 86_400  # seconds; what is older was not read right


@dataclass(frozen=True)
class RelatedEvent:
    """An Event about an object that belongs to the page's, and the page of that object."""

    event: KubernetesObject
    url: str


def events_table(feed: Feed[TableContent], related: Sequence[RelatedEvent] = ()) -> LiveTable:
    """Last seen, type, reason, message and count; with `related` events also whose each is."""
    snapshot = feed.content.snapshot()
    column_index = {column.name.lower(): index for index, column in enumerate(snapshot.columns)}

    def cell(row: Row, column: str) -> str:
        index = column_index.get(column)
        return text_of(row.cells[index]) if index is not None and index < len(row.cells) else ""

    dated_rows = [
        (
            last_seen_times.resolve(row, cell(row, "last seen")),
            row.name,
            [cell(row, name) for name in ("type", "reason", "object", "message", "count")],
            "",
        )
        for row in snapshot.rows.values()
    ]
    dated_rows += [_read_related(one) for one in related]
    dated_rows.sort(key=lambda row: row[:2], reverse=True)
    rows = [
        _build_row(when, values, url, with_object=bool(related))
        for when, _name, values, url in dated_rows[:ROWS]
    ]
    columns = [
        _("Last seen"),
        _("Type"),
        _("Reason"),
        *([_("Object")] if related else []),
        _("Message"),
        _("Count"),
    ]
    table = SmallTable("events", _("Events"), columns, rows) if rows else None
    return LiveTable(table, len(dated_rows), describe_state(feed.state))


def list_warnings(feed: Feed[TableContent]) -> Sequence[KubernetesObject]:
    """The warnings in a table of Events, the newest first, with what a Table has of each as an Event has it."""
    snapshot = feed.content.snapshot()
    index = {column.name.lower(): number for number, column in enumerate(snapshot.columns)}
    found = []
    for row in snapshot.rows.values():
        cells = {name: text_of(row.cells[at]) for name, at in index.items() if at < len(row.cells)}
        if cells.get("type") == "Warning":
            when = last_seen_times.resolve(row, cells.get("last seen", ""))
            words = {name: cells.get(name, "") for name in ("type", "reason", "message", "count")}
            found.append({**words, "lastTimestamp": when})
    return sorted(found, key=when_of, reverse=True)


def _build_row(when: str, values: Sequence[str], url: str, *, with_object: bool) -> Sequence[Cell]:
    kind, reason, about, message, count = values
    return [
        Cell(when=when),
        Cell(kind, "warning" if kind == "Warning" else "done"),
        Cell(reason),
        *([Cell(about, url=url)] if with_object else []),
        Cell(message[:2000]),
        Cell(count),
    ]


def _read_related(one: RelatedEvent) -> tuple[str, str, list[str], str]:
    """Its time, its name, its values as a Table has them, and the URL of its object."""
    event = one.event
    about = f"{text(event, 'involvedObject', 'kind').lower()}/{text(event, 'involvedObject', 'name')}"
    count = text(event, "series", "count") or text(event, "count") or "1"
    values = [text(event, "type"), text(event, "reason"), about, text(event, "message"), count]
    return when_of(event), text(event, "metadata", "name"), values, one.url


class _LastSeenTimes:
    """When each event was last seen. The Table says only how long ago that was when the row came.

    The first look at a row fixes its moment, so that it does not wander: off by at most the time that a feed
    lives on without viewers.
    """

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[str, str], str] = LRUCache(MAX_REMEMBERED)
        self._lock = threading.Lock()

    def resolve(self, row: Row, ago: str) -> str:
        """RFC 3339; the creation where the Table does not say."""
        key = (row.uid, row.resource_version)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = _subtract_age(ago) or row.created
            return self._cache[key]


last_seen_times = _LastSeenTimes()


def _subtract_age(ago: str) -> str:
    seconds = seconds_of(ago)
    if seconds is None or seconds > OLDEST:
        return ""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
