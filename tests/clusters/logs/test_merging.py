"""Merge of logs: order within the window, late lines marked, nothing lost, a window that adapts."""

from hypothesis import given
from hypothesis import strategies as st

from clusters.logs.events import Notice
from clusters.logs.lines import LineKey
from clusters.logs.merging import Merge, MergedLine

SHORTEST, LONGEST = 0.1, 2.0


def line(timestamp: int, stream: int = 0, ordinal: int = 0) -> MergedLine:
    return MergedLine(LineKey(timestamp, stream, ordinal), f"{stream}:{timestamp}")


class TestMerge:
    @given(
        st.lists(
            st.tuples(st.integers(0, 4), st.integers(0, 1000), st.floats(0, 0.5)), min_size=1, max_size=60
        )
    )
    def test_nothing_is_lost_and_what_is_out_of_order_is_marked(
        self, pushes: list[tuple[int, int, float]]
    ) -> None:
        merge, now, found = Merge(SHORTEST, LONGEST), 0.0, []
        for stream in range(5):
            merge.open(stream)
        for number, (stream, timestamp, pause) in enumerate(pushes):
            merge.push(stream, [line(timestamp, stream, number)], now)
            now += pause
            found.extend(merge.pop(now))
            assert SHORTEST <= merge.window <= LONGEST
        found.extend(merge.pop(now + LONGEST))
        assert sorted(one.key.ordinal for one in found) == list(range(len(pushes)))
        assert merge.waiting_bytes == 0
        highest = -1
        for one in found:
            assert one.is_late == (one.key.timestamp < highest)
            highest = max(highest, one.key.timestamp)

    @given(st.lists(st.lists(st.integers(0, 10_000), max_size=30), min_size=1, max_size=6))
    def test_whole_logs_come_out_sorted(self, logs: list[list[int]]) -> None:
        merge = Merge(SHORTEST, LONGEST)
        for stream in range(len(logs)):
            merge.open(stream)
        for stream, moments in enumerate(logs):
            merge.push(stream, [line(one, stream, n) for n, one in enumerate(sorted(moments))], 0.0)
            merge.close(stream)
        found = [one.key for one in merge.pop(0.0)]
        assert found == sorted(found)
        assert len(found) == sum(map(len, logs))

    def test_a_line_waits_for_a_silent_stream_no_longer_than_the_window(self) -> None:
        merge = Merge(SHORTEST, LONGEST)
        merge.open(0)
        merge.open(1)
        merge.push(0, [line(5)], 1.0)
        assert merge.pop(1.05) == []
        assert merge.next_due() == 1.0 + SHORTEST
        assert [one.text for one in merge.pop(1.1)] == ["0:5"]

    def test_a_stream_with_later_lines_lets_older_lines_go_at_once(self) -> None:
        merge = Merge(SHORTEST, LONGEST)
        merge.open(0)
        merge.open(1)
        merge.push(0, [line(5)], 1.0)
        merge.push(1, [line(8, 1)], 1.0)
        assert [one.text for one in merge.pop(1.0)] == ["0:5"]

    def test_a_notice_stands_after_the_lines_of_its_stream(self) -> None:
        merge = Merge(SHORTEST, LONGEST)
        for stream in range(2):
            merge.open(stream)
        notice = Notice("ended", 0, "")
        assert not merge.push_notice(notice, 1.0)
        merge.push(0, [line(5), line(7)], 1.0)
        merge.close(0)
        assert merge.push_notice(notice, 1.0)
        merge.push(1, [line(6, 1), line(8, 1)], 1.0)
        found = merge.pop(1.0)
        assert [one.text for one in found] == ["0:5", "1:6", "0:7", "", "1:8"]
        assert found[3] is notice

    def test_the_window_grows_with_late_lines_and_shrinks_again(self) -> None:
        merge = Merge(SHORTEST, LONGEST)
        merge.open(0)
        merge.open(1)
        merge.push(0, [line(9)], 0.0)
        merge.pop(1.0)
        merge.push(1, [line(3, 1)], 1.0)
        late = merge.pop(1.0)
        assert [(one.text, one.is_late) for one in late] == [("1:3", True)]
        assert merge.window == 2 * SHORTEST
        merge.pop(50.0)
        assert merge.window < 2 * SHORTEST
