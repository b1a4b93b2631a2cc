"""Log lines: split from a byte stream, with their timestamps in nanoseconds, each line bounded."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

MAX_LINE = 16 * 1024  # bytes of a line that are kept; what is left out of it is counted
SECOND = 1_000_000_000  # nanoseconds
_MINUTE_LENGTH = len("2026-01-01T00:00")


class RawLine(NamedTuple):
    """A line as it came: nanoseconds since 1970, text, and how many bytes of it were left out."""

    timestamp: int
    text: str
    left_out: int = 0


class LineKey(NamedTuple):
    """What tells a line from every other. `ordinal` counts the lines of one container with one timestamp."""

    timestamp: int
    stream: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """One run of a container: what its log belongs to, for good."""

    cluster: str
    namespace: str
    pod: str
    uid: str
    container: str
    restart_count: int


class Timestamps:
    """Parses the timestamps of one log. Those of one minute differ in their seconds alone."""

    def __init__(self) -> None:
        self._minute = b""
        self._seconds = 0

    def parse(self, text: bytes) -> int | None:
        """Nanoseconds since 1970 of RFC 3339 with up to nine digits, as kubelets write it; None where it is none."""
        if text[:_MINUTE_LENGTH] != self._minute:
            try:
                minute = datetime.strptime(text[:_MINUTE_LENGTH].decode("ascii"), "%Y-%m-%dT%H:%M")
            except ValueError:
                return None
            self._minute, self._seconds = text[:_MINUTE_LENGTH], timegm(minute.timetuple())
        rest = text[_MINUTE_LENGTH:]
        if rest[-1:] == b"Z":
            return self._add(rest[:-1], 0)
        offset = _parse_offset(rest[-6:])
        return None if offset is None else self._add(rest[:-6], offset)

    def _add(self, rest: bytes, offset: int) -> int | None:
        seconds, fraction = rest[1:3], rest[4:]
        if rest[:1] != b":" or not (len(seconds) == 2 and seconds.isdigit()):
            return None
        if rest[3:] and not (rest[3:4] == b"." and fraction.isdigit() and len(fraction) <= 9):
            return None
        nanoseconds = int(fraction.ljust(9, b"0")) if fraction else 0
        return (self._seconds + int(seconds) - offset) * SECOND + nanoseconds


def _parse_offset(text: bytes) -> int | None:
    """Seconds of `+02:00`."""
    hours, minutes = text[1:3], text[4:6]
    is_offset = len(text) == 6 and text[:1] in (b"+", b"-") and text[3:4] == b":"
    if not (is_offset and hours.isdigit() and minutes.isdigit()):
        return None
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if text[:1] == b"-" else seconds


def format_timestamp(timestamp: int) -> str:
    """RFC 3339 in UTC with nine digits."""
    seconds, nanoseconds = divmod(timestamp, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


def format_since(timestamp: int) -> str:
    """A `sinceTime` that leaves out nothing from that moment on: a second earlier, since kubelets read whole ones."""
    return f"{datetime.fromtimestamp(max(0, timestamp // SECOND - 1), UTC):%Y-%m-%dT%H:%M:%SZ}"


class LineSplitter:
    """Lines of one log that was requested with timestamps.

    A line longer than `max_line` bytes is cut there. One without a timestamp has that of the line before: a kubelet
    writes none where a container wrote part of a line.
    """

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._max_line = max_line
        self._kept = bytearray()
        self._left_out = 0
        self._timestamps = Timestamps()
        self._last = 0
        self._second = b""  # `2026-01-01T00:00:00.` of the last line, and its nanoseconds
        self._second_start = 0

    @property
    def has_part(self) -> bool:
        """Whether a line has begun that has not ended."""
        return bool(self._kept)

    def feed(self, data: bytes) -> list[RawLine]:
        """The lines that end in `data`."""
        *ends, rest = data.split(b"\n")
        found = []
        if ends and self._kept:
            self._keep(ends[0])
            found.append(self._finish())
            ends = ends[1:]
        found.extend(self._read(one) for one in ends)
        self._keep(rest)
        return found

    def close(self) -> Iterator[RawLine]:
        """At the end of the log: the last line, where it has no newline."""
        if self._kept:
            yield self._finish()

    def drop_part(self) -> None:
        """After a break: the part of a line comes again as a whole."""
        self._kept.clear()
        self._left_out = 0

    def _keep(self, part: bytes) -> None:
        room = self._max_line + 64 - len(self._kept)  # a timestamp beside the text
        self._kept += part[:room]
        self._left_out += max(0, len(part) - room)

    def _finish(self) -> RawLine:
        line = self._read(bytes(self._kept), self._left_out)
        self.drop_part()
        return line

    def _read(self, line: bytes, left_out: int = 0) -> RawLine:
        # Nearly every line: nine digits, and of the same second as the line before.
        if line[:20] == self._second and line[29:31] == b"Z " and len(line) <= self._max_line:
            digits = line[20:29]
            if digits.isdigit() and line[-1:] != b"\r":
                self._last = self._second_start + int(digits)
                return RawLine(self._last, line[31:].decode("utf-8", "backslashreplace"))
        return self._read_any(line, left_out)

    def _read_any(self, line: bytes, left_out: int) -> RawLine:
        stamp, _, text = line.partition(b" ")
        timestamp = self._timestamps.parse(stamp)
        if timestamp is None:
            timestamp, text = self._last, line
        elif len(stamp) == 30 and stamp[29:] == b"Z":
            self._second, self._second_start = stamp[:20], timestamp // SECOND * SECOND
        self._last = timestamp
        if text[-1:] == b"\r":
            text = text[:-1]
        if len(text) > self._max_line:
            left_out += len(text) - self._max_line
            text = text[: self._max_line]
        return RawLine(timestamp, text.decode("utf-8", "backslashreplace"), left_out)
