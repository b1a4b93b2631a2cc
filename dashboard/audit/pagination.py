"""Pagination: actions in index-backed ranges of the chain, bounded by a time limit.

An audit trail may hold millions of rows, and a filter may match hardly any: a page searches for a moment, shows what
it found, and says how far back it has searched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from dashboard.audit.actions import Action, build_actions
from dashboard.audit.cursors import can_see_all
from dashboard.audit.filters import AuditFilter, equals
from dashboard.audit.readable import visible_entries
from people.audit.models import AuditEntry, Phase, Result
from people.models import User

FIRST_RANGE = 20_000  # rows
MAX_RANGE = 2_000_000
# The clock of a server may be set back, so that times are not quite in the order of the rows. By no more than:
MAX_CLOCK_SETBACK = timedelta(days=1)
# Not the column itself: for its smallest value a planner would go through the chain from its beginning.
_SEQUENCE_EXPRESSION = F("sequence") + 0
# The result of a write comes after its request. By no more than:
MAX_RESULT_DELAY = timedelta(hours=1)


@dataclass(frozen=True)
class Page:
    """`next_sequence` is where the next page goes on, None where there are no further actions.

    `searched_until` is the time of the row at which the time limit ended the search before the page was full.
    """

    actions: list[Action]
    next_sequence: int | None
    searched_until: datetime | None = None


@dataclass(frozen=True)
class Boundaries:
    """The last sequence of each part with how many actions it has; further ones begin after `next_sequence`."""

    parts: list[tuple[int, int]]
    next_sequence: int | None


@dataclass(frozen=True)
class Pagination:
    """Over all that this reader may see."""

    user: User
    entry_filter: AuditFilter
    oldest_first: bool = False
    time_limit: float = field(default_factory=lambda: settings.TIMINGS.audit.page_search)

    def page(self, cursor: int | None, limit: int, through: int | None = None) -> Page:
        """At most `limit` actions beyond a cursor (None: from the first end), up to and including `through`."""
        found: list[Action] = []
        until = time.monotonic() + self.time_limit
        ranges = _Ranges(*self._bounds(cursor, through), oldest_first=self.oldest_first)
        for low, high in ranges:
            found += self._fetch_actions(low, high, limit + 1 - len(found))
            if len(found) > limit:
                return Page(found[:limit], found[limit - 1].sequence)
            if time.monotonic() > until and not ranges.is_over:
                edge = high if self.oldest_first else low
                next_sequence = edge - 1 if self.oldest_first else edge
                return Page(found, next_sequence, self._time_at(edge))
        return Page(found, None)

    def find_boundaries(self, cursor: int | None, every: int, most: int) -> Boundaries:
        """Cuts what lies beyond a cursor, oldest first, into parts of `every` actions; at most `most` parts."""
        found: list[tuple[int, int]] = []
        counted, until = 0, time.monotonic() + self.time_limit
        ranges = _Ranges(*self._bounds(cursor, None), oldest_first=True)
        for first, high in ranges:
            low = first
            while last := self._nth(low, high, every - counted):
                found.append((last, every))
                low, counted = last + 1, 0
                if len(found) == most:
                    is_all = ranges.is_over and not self._nth(low, high, 1)
                    return Boundaries(found, None if is_all else last)
            counted += self.action_entries().filter(sequence__gte=low, sequence__lt=high).count()
            if time.monotonic() > until and not ranges.is_over:
                return Boundaries([*found, (high - 1, counted)] if counted else found, high - 1)
        return Boundaries([*found, (ranges.end, counted)] if counted else found, None)

    def time_before(self, sequence: int) -> datetime | None:
        """The time of the last row up to a sequence, among those that the reader may see."""
        return _first_time(self.entries.filter(sequence__lte=sequence).order_by("-sequence"))

    @property
    def entries(self) -> QuerySet[AuditEntry]:
        return visible_entries(self.user)

    def matching_entries(self) -> QuerySet[AuditEntry]:
        """The rows that fit, whatever their result and time."""
        return self.entries.filter(self.entry_filter.conditions(own=not can_see_all(self.user)))

    def action_entries(self) -> QuerySet[AuditEntry]:
        """One row for each action: of a request and its result the one that has the result of the filter."""
        rows = self.matching_entries().order_by("-sequence")
        if self.oldest_first:
            rows = rows.reverse()
        if not self.entry_filter.result:
            return rows.exclude(phase=Phase.RESULT)
        known = equals("result", self.entry_filter.result, own=not can_see_all(self.user))
        if self.entry_filter.result != Result.UNKNOWN:
            return rows.filter(known)
        result_entry = AuditEntry.objects.filter(phase=Phase.RESULT, request=OuterRef("sequence"))
        return rows.filter(known | (Q(phase=Phase.REQUEST) & ~Exists(result_entry)))

    def _nth(self, low: int, high: int, number: int) -> int:
        """The sequence of the row so far on in a range; 0 where the range has not so many."""
        rows = (
            self.action_entries()
            .filter(sequence__gte=low, sequence__lt=high)
            .values_list("sequence", flat=True)
        )
        return next(iter(rows[number - 1 : number]), 0)

    def _fetch_actions(self, low: int, high: int, limit: int) -> list[Action]:
        """The actions whose sequences are at least `low` and below `high`."""
        found: list[Action] = []
        while len(found) < limit and low < high:
            some = list(
                self.action_entries().filter(sequence__gte=low, sequence__lt=high)[: limit - len(found)]
            )
            found += [one for one in build_actions(some) if self.entry_filter.covers(one.at)]
            if not some:
                break
            low, high = (some[-1].sequence + 1, high) if self.oldest_first else (low, some[-1].sequence)
        return found

    def _bounds(self, cursor: int | None, through: int | None) -> tuple[int, int]:
        """The first sequence that may match, and the one after the last."""
        low, high = self._times()
        if through is not None:
            high = min(high, through + 1)
        if cursor is None:
            return low, high
        return (max(low, cursor + 1), high) if self.oldest_first else (low, min(high, cursor))

    def _times(self) -> tuple[int, int]:
        """Where the times of the filter lie in the chain: exactly, unless the clock was set back by days.

        Everybody's rows are looked at here; only their times decide, and only where the search begins and ends.
        """
        everything = AuditEntry.objects.order_by()
        low, high = 1, (everything.aggregate(last=Max("sequence"))["last"] or 0) + 1
        if self.entry_filter.since is not None:
            rows = everything.filter(at__gte=self.entry_filter.since)
            near = _first_time(rows.order_by("at"))
            low = (
                rows.filter(at__lte=near + MAX_CLOCK_SETBACK).aggregate(first=Min(_SEQUENCE_EXPRESSION))[
                    "first"
                ]
                if near
                else high
            )
        if self.entry_filter.until is not None:
            rows = everything.filter(at__lt=self.entry_filter.until + self._slack)
            near = _first_time(rows.order_by("-at"))
            last = (
                rows.filter(at__gte=near - MAX_CLOCK_SETBACK).aggregate(last=Max(_SEQUENCE_EXPRESSION))[
                    "last"
                ]
                if near
                else 0
            )
            high = min(high, last + 1)
        return low, high

    @property
    def _slack(self) -> timedelta:
        return MAX_RESULT_DELAY if self.entry_filter.result else timedelta(0)

    def _time_at(self, sequence: int) -> datetime | None:
        """The time of the row nearest to a sequence, among those that the reader may see."""
        return _first_time(self.entries.filter(sequence__gte=sequence).order_by("sequence"))


class _Ranges:
    """Cuts a part of the chain into ranges, which grow as long as they are quick."""

    def __init__(self, low: int, high: int, *, oldest_first: bool) -> None:
        self._low, self._high, self._oldest_first = low, high, oldest_first
        self._length = FIRST_RANGE
        self.end = high - 1

    @property
    def is_over(self) -> bool:
        return self._low >= self._high

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while not self.is_over:
            began = time.monotonic()
            if self._oldest_first:
                cut = min(self._high, self._low + self._length)
                rows, self._low = (self._low, cut), cut
            else:
                cut = max(self._low, self._high - self._length)
                rows, self._high = (cut, self._high), cut
            yield rows
            if time.monotonic() - began < settings.TIMINGS.audit.quick_range:
                self._length = min(2 * self._length, MAX_RANGE)


def _first_time(rows: QuerySet[AuditEntry]) -> datetime | None:
    return rows.values_list("at", flat=True).first()
