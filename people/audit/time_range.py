"""Time ranges: parses `2026-07`, `2026-07-01 10:00`, `yesterday` or `2h` into start and end in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(r"(\d{1,6})\s*(s|min|m|h|d|w)(?:\s+ago)?", re.ASCII)
_TIMESTAMP = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)"
    r"(?:-(?P<day>\d\d)"
    r"(?:[t ]\s*(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
    r"\s*(?P<zone>z|utc|[+-]\d\d:?\d\d)?)?)?",
    re.ASCII,
)
_LENGTHS = {
    "fraction": timedelta(microseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "day": timedelta(days=1),
}


class InvalidTime(ValueError):
    """The text is no time."""


@dataclass(frozen=True)
class TimeRange:
    """A range of time as exact as it was written: a month, a day, a minute; `end` is no longer in it."""

    start: datetime
    end: datetime


def parse_time_range(text: str, now: datetime) -> TimeRange:
    """Times without a zone are UTC; `2h` and `2h ago` are the instant so long before `now`. Raises InvalidTime."""
    written = " ".join(text.split()).lower()
    try:
        return _parse_word(written, now) or _parse_ago(written, now) or _parse_exact(written)
    except (ValueError, OverflowError):
        raise InvalidTime(text) from None


def format_utc(when: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond, as exports and links write it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parse_word(written: str, now: datetime) -> TimeRange | None:
    day = timedelta(days=1)
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    words: dict[str, Callable[[], TimeRange]] = {
        "now": lambda: TimeRange(now, now),
        "today": lambda: TimeRange(today, today + day),
        "yesterday": lambda: TimeRange(today - day, today),
    }
    return words[written]() if written in words else None


def _parse_ago(written: str, now: datetime) -> TimeRange | None:
    found = _AGO.fullmatch(written)
    if found is None:
        return None
    then = now - timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    return TimeRange(then, then)


def _parse_exact(written: str) -> TimeRange:
    found = _TIMESTAMP.fullmatch(written)
    if found is None:
        raise InvalidTime(written)
    parts = {name: text for name, text in found.groupdict().items() if text}
    if "day" not in parts:
        return _month_range(int(parts["year"]), int(parts["month"]))
    start = datetime(
        int(parts["year"]),
        int(parts["month"]),
        int(parts["day"]),
        int(parts.get("hour", 0)),
        int(parts.get("minute", 0)),
        int(parts.get("second", 0)),
        int(parts.get("fraction", "0").ljust(6, "0")),
        tzinfo=UTC,
    ) - _offset(parts.get("zone", ""))
    length = next(length for name, length in _LENGTHS.items() if name in parts)
    return TimeRange(start, start + length)


def _month_range(year: int, month: int) -> TimeRange:
    start = datetime(year, month, 1, tzinfo=UTC)
    following = (start + timedelta(days=32)).replace(day=1)
    return TimeRange(start, following)


def _offset(zone: str) -> timedelta:
    if zone in ("", "z", "utc"):
        return timedelta(0)
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise InvalidTime(zone)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
