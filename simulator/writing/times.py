"""Timestamps of written objects: normalized to UTC, with Go's RFC 3339 parse errors."""

from __future__ import annotations

import datetime
import re

# What of Go's layout each part of a time is, and how it looks
_DATE_AND_TIME = (
    ("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d"), ("-", "-"), ("02", r"\d\d"), ("T", "T"),
    ("15", r"\d\d"), (":", ":"), ("04", r"\d\d"), (":", ":"), ("05", r"\d\d"),
)  # fmt: skip
_ZONE = ("Z07:00", r"Z|[+-]\d\d:\d\d")
_PLAIN = (*_DATE_AND_TIME, ("", r"(\.\d+)?"), _ZONE)
_MICRO = (*_DATE_AND_TIME, (".000000", r"\.\d{6}"), _ZONE)


# What Go checks first; whether the month has that day, at the end
_RANGES = {
    "01": ("month", range(1, 13)), "15": ("hour", range(24)), "04": ("minute", range(60)), "05": ("second", range(60)),
}  # fmt: skip


def normal_time(text: str, *, is_micro: bool = False) -> str:
    """Of a Time whole seconds, of a MicroTime six digits of them. Raises ValueError in Go's words."""
    layout = f"2006-01-02T15:04:05{'.000000' if is_micro else ''}Z07:00"
    rest = text
    for name, form in _MICRO if is_micro else _PLAIN:
        match = re.match(form, rest)
        if match is None:
            raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{name}"')
        what, allowed = _RANGES.get(name, ("", None))
        if allowed is not None and int(match[0]) not in allowed:
            raise ValueError(f'parsing time "{text}": {what} out of range')
        rest = rest[match.end() :]
    if rest:
        raise ValueError(f'parsing time "{text}": extra text: "{rest}"')
    try:
        parsed = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f'parsing time "{text}": day out of range') from None
    return parsed.isoformat(timespec="microseconds" if is_micro else "seconds").replace("+00:00", "Z")
