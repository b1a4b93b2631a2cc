"""Log lines: timestamps to the nanosecond, lines over any cut of the bytes, bounded lines, positions after breaks."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from clusters.logs.lines import (
    MAX_LINE,
    SECOND,
    LineSplitter,
    RawLine,
    Timestamps,
    format_since,
    format_timestamp,
)
from clusters.logs.positions import Position

TIMESTAMPS = st.integers(min_value=0, max_value=4_000_000_000 * SECOND)
TEXTS = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=("Cs",)), max_size=40)


class TestTimestamps:
    @given(TIMESTAMPS)
    def test_it_reads_what_it_writes(self, timestamp: int) -> None:
        assert Timestamps().parse(format_timestamp(timestamp).encode()) == timestamp

    @given(TIMESTAMPS, st.integers(min_value=-840, max_value=840), st.integers(0, 9))
    def test_it_reads_offsets_and_fewer_digits(self, timestamp: int, minutes: int, digits: int) -> None:
        seconds, rest = divmod(timestamp, SECOND)
        fraction = f"{rest:09d}"[:digits]
        zone = timezone(timedelta(minutes=minutes))
        local = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
        text = f"{local:%Y-%m-%dT%H:%M:%S}{'.' + fraction if digits else ''}"
        sign = "-" if minutes < 0 else "+"
        text += f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
        assert Timestamps().parse(text.encode()) == seconds * SECOND + int(fraction.ljust(9, "0"))

    @given(st.binary(max_size=40))
    def test_it_survives_anything(self, text: bytes) -> None:
        found = Timestamps().parse(text)
        assert found is None or isinstance(found, int)

    def test_it_refuses_what_is_none(self) -> None:
        for text in (
            b"",
            b"2026-01-01",
            b"2026-01-01T00:00:0xZ",
            b"2026-01-01T00:00:00.1234567890Z",
            b"hello",
        ):
            assert Timestamps().parse(text) is None, text

    def test_since_is_a_whole_second_before(self) -> None:
        assert format_since(10 * SECOND + 5) == "1970-01-01T00:00:09Z"


class TestLineSplitter:
    @given(st.lists(st.tuples(TIMESTAMPS, TEXTS), max_size=8), st.lists(st.integers(0, 400), max_size=6))
    def test_it_finds_the_same_lines_wherever_the_bytes_are_cut(
        self, lines: list[tuple[int, str]], cuts: list[int]
    ) -> None:
        whole = "".join(f"{format_timestamp(at)} {text}\n" for at, text in lines).encode()
        splitter, found, last = LineSplitter(), list[RawLine](), 0
        for cut in [*sorted(cuts), len(whole)]:
            found.extend(splitter.feed(whole[last:cut]))
            last = max(last, cut)
        assert [(one.timestamp, one.text) for one in found] == lines
        assert not splitter.has_part

    @given(st.integers(1, 4 * MAX_LINE), st.integers(1, 9_000))
    def test_it_cuts_a_long_line_and_counts_what_is_left_out(self, length: int, step: int) -> None:
        whole = f"{format_timestamp(5)} ".encode() + b"x" * length + b"\n"
        splitter, found = LineSplitter(), list[RawLine]()
        for start in range(0, len(whole), step):
            found.extend(splitter.feed(whole[start : start + step]))
        assert len(found) == 1
        assert len(found[0].text) == min(length, MAX_LINE)
        assert found[0].left_out == max(0, length - MAX_LINE)

    def test_what_is_no_utf8_stays_visible(self) -> None:
        line = LineSplitter().feed(b"2026-01-01T00:00:00Z a\xffb\n")[0]
        assert line.text == "a\\xffb"

    def test_the_last_line_needs_no_newline(self) -> None:
        splitter = LineSplitter()
        assert splitter.feed(b"2026-01-01T00:00:00Z end") == []
        assert [one.text for one in splitter.close()] == ["end"]


def read_since(written: list[RawLine], since: int) -> list[RawLine]:
    """As a kubelet does: `sinceTime` is cut to whole seconds, and each line is compared with it."""
    lowest = max(0, since // SECOND - 1) * SECOND
    return [one for one in written if one.timestamp >= lowest]


class TestPosition:
    @given(
        st.lists(st.integers(-SECOND // 2, SECOND * 2) | st.just(0), max_size=60),
        st.lists(st.integers(0, 60), max_size=8),
    )
    def test_after_any_breaks_no_line_is_lost_and_none_doubled(
        self, steps: list[int], breaks: list[int]
    ) -> None:
        """Timestamps may be equal, and out of order within a second; a break may come before any new line."""
        moments, at = [], 100 * SECOND
        for step in steps:
            at += step
            moments.append(at)
        highest, bounded = 0, []
        for one in moments:  # no line is older by more than half a second than one before it
            highest = max(highest, one)
            bounded.append(max(one, highest - SECOND // 2))
        written = [RawLine(one, str(index)) for index, one in enumerate(bounded)]
        position, seen = Position(), list[str]()
        for until in [*sorted(breaks), len(written)]:
            since = position.since
            if since is None:
                lines = written[:until]
            else:
                position.begin_again()
                lines = read_since(written[:until], since)
            seen.extend(line.text for line, _ in position.number(lines))
            assert since is None or not position.is_interrupted
        assert sorted(seen, key=int) == [one.text for one in written]

    def test_ordinals_tell_lines_of_one_timestamp_apart(self) -> None:
        position = Position()
        lines = [RawLine(7, "a"), RawLine(7, "b"), RawLine(9, "c"), RawLine(7, "d")]
        assert [ordinal for _, ordinal in position.number(lines)] == [0, 1, 0, 2]

    def test_what_a_tail_left_out_stays_out(self) -> None:
        written = [RawLine(5 * SECOND, "left out"), RawLine(5 * SECOND, "a"), RawLine(6 * SECOND, "b")]
        position = Position()
        position.begin_tail()
        assert [line.text for line, _ in position.number(written[1:])] == ["a", "b"]
        position.begin_again()
        assert [line.text for line, _ in position.number(written)] == []

    def test_a_log_in_which_nothing_comes_again_was_rotated(self) -> None:
        position = Position()
        list(position.number([RawLine(5 * SECOND, "a")]))
        position.begin_again()
        assert [line.text for line, _ in position.number([RawLine(9 * SECOND, "b")])] == ["b"]
        assert position.is_interrupted
