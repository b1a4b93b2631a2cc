"""Cron schedule parser: next time of a five-field expression or descriptor in a time zone."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
MAX_DAYS = 366 * 5  # searched before it counts as never firing


@dataclass(frozen=True)
class Schedule:
    """Sets of minutes, hours, days, months, weekdays; or every so many seconds."""

    fields: tuple[frozenset[int], ...]
    stars: tuple[bool, bool]  # whether days and weekdays are *
    every: float = 0.0

    def next_after(self, timestamp: float, zone: str = "UTC") -> float | None:
        """The next time after that one, seconds since 1970; None where there is none."""
        if self.every:
            return timestamp + self.every
        minutes, hours, _, _, _ = self.fields
        start = datetime.datetime.fromtimestamp(timestamp, ZoneInfo(zone)).replace(second=0, microsecond=0)
        start += datetime.timedelta(minutes=1)
        for days in range(MAX_DAYS):
            day = start.date() + datetime.timedelta(days=days)
            if not self._has_day(day):
                continue
            first = start.time() if days == 0 else datetime.time()
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    if (hour, minute) >= (first.hour, first.minute):
                        time = datetime.time(hour, minute, tzinfo=ZoneInfo(zone))
                        return datetime.datetime.combine(day, time).timestamp()
        return None

    def _has_day(self, day: datetime.date) -> bool:
        """Where both days and weekdays are restricted, either matches."""
        _, _, days, months, weekdays = self.fields
        if day.month not in months:
            return False
        of_month, of_week = day.day in days, (day.weekday() + 1) % 7 in weekdays
        return of_month and of_week if any(self.stars) else of_month or of_week


def parse_schedule(text: str) -> Schedule:
    """Raises ValueError."""
    if text.startswith("@every "):
        parts = _DURATION.findall(text.removeprefix("@every "))
        every = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if every < 1:
            raise ValueError(f"no duration: {text}")
        return Schedule((), (True, True), every)
    words = DESCRIPTORS.get(text, text).split()
    if len(words) != len(BOUNDS):
        raise ValueError(f"expected exactly 5 fields, found {len(words)}: {words}")
    fields = tuple(_field(word, position) for position, word in enumerate(words))
    return Schedule(fields, (words[2][0] in "*?", words[4][0] in "*?"))


def _field(text: str, position: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        found |= _range(part, position)
    return frozenset(found)


def _range(text: str, position: int) -> set[int]:
    least, most = BOUNDS[position]
    span, _, step = text.partition("/")
    if span in ("*", "?"):
        first, last = least, most
    elif "-" in span:
        first, last = (_number(one, position) for one in span.split("-", 1))
    else:
        first = _number(span, position)
        last = most if step else first
    if position == 4:
        found = {one % 7 for one in range(first, last + 1, int(step or 1))}
    else:
        found = set(range(first, last + 1, int(step or 1)))
    if not found or min(found) < least or max(found) > most:
        raise ValueError(f"beyond {least} to {most}: {text}")
    return found


def _number(text: str, position: int) -> int:
    names = {3: MONTHS, 4: DAYS}.get(position, ())
    if text.lower()[:3] in names:
        return names.index(text.lower()[:3]) + (1 if position == 3 else 0)
    return int(text)
