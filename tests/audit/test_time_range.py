"""Time range: how a time in a filter is parsed, and refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from people.audit.time_range import InvalidTime, parse_time_range

NOW = datetime(2026, 7, 15, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-07", "2026-07-01T00:00:00", "2026-08-01T00:00:00"),
        ("2026-12", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
        ("2024-02", "2024-02-01T00:00:00", "2024-03-01T00:00:00"),
        ("2026-07-03", "2026-07-03T00:00:00", "2026-07-04T00:00:00"),
        ("2026-07-03 10:20", "2026-07-03T10:20:00", "2026-07-03T10:21:00"),
        ("2026-07-03T10:20:30Z", "2026-07-03T10:20:30", "2026-07-03T10:20:31"),
        ("2026-07-03 10:20 UTC", "2026-07-03T10:20:00", "2026-07-03T10:21:00"),
        ("2026-07-03T10:20:00+02:00", "2026-07-03T08:20:00", "2026-07-03T08:20:01"),
        ("2026-07-03T23:30:00-0130", "2026-07-04T01:00:00", "2026-07-04T01:00:01"),
        ("2026-07-03T10:20:30.5Z", "2026-07-03T10:20:30.500000", "2026-07-03T10:20:30.500001"),
        ("today", "2026-07-15T00:00:00", "2026-07-16T00:00:00"),
        (" Yesterday ", "2026-07-14T00:00:00", "2026-07-15T00:00:00"),
        ("now", "2026-07-15T12:30:15", "2026-07-15T12:30:15"),
        ("2h", "2026-07-15T10:30:15", "2026-07-15T10:30:15"),
        ("90 min ago", "2026-07-15T11:00:15", "2026-07-15T11:00:15"),
        ("1w", "2026-07-08T12:30:15", "2026-07-08T12:30:15"),
    ],
)
def test_it_lasts_as_long_as_it_is_exact(text: str, start: str, end: str) -> None:
    found = parse_time_range(text, NOW)
    assert found.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found.end == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026", "2026-13", "2026-00", "2026-02-30", "2026-07-03 24:00", "2026-07-03 10", "0000-01",
        "9999-12", "999999w", "2026-07-03T10:20+25:00", "-2h", "2026-07-03 10:20 CET", "٢٠٢٦-٠٧",
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_time_range(text, NOW)


def test_a_range_of_months_contains_every_instant() -> None:
    assert parse_time_range("2026-03", NOW).end - parse_time_range("2026-01", NOW).start == timedelta(days=90)
