"""Cluster clock: speed, freezing, jumps and alarms."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from simulator import clock as clocks
from simulator.clock import Clock

START = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)


@pytest.fixture
def clock() -> Clock:
    """It stands still."""
    return Clock(speed=0, start=START)


def nothing() -> None:
    return None


def record_ring(records: list[str], word: str) -> Callable[[], None]:
    return lambda: records.append(word)


def test_it_stands_still_where_it_is_frozen(clock: Clock) -> None:
    assert clock.stamp() == clock.stamp() == "2026-03-02T09:30:00Z"


def test_it_jumps(clock: Clock) -> None:
    clock.move(90)
    assert clock.stamp() == "2026-03-02T09:31:30Z"


def test_it_runs_on_from_where_it_stood(clock: Clock) -> None:
    clock.run(1000)
    before = clock.seconds()
    clock.run(0)
    assert clock.seconds() >= before >= START.timestamp()
    assert clock.seconds() == clock.seconds()


def test_it_rings_by_due_time_and_then_by_insertion(clock: Clock) -> None:
    rung: list[str] = []
    clock.call_after(20, record_ring(rung, "late"))
    clock.call_after(10, record_ring(rung, "first"))
    clock.call_after(10, record_ring(rung, "second"))
    clock.advance(30, nothing)
    assert rung == ["first", "second", "late"]


def test_it_shows_each_alarm_its_own_time_while_it_advances(clock: Clock) -> None:
    seen: list[str] = []
    clock.call_after(10, lambda: seen.append(clock.stamp()))
    clock.call_after(20, lambda: seen.append(clock.stamp()))
    clock.advance(60, nothing)
    assert seen == ["2026-03-02T09:30:10Z", "2026-03-02T09:30:20Z"]
    assert clock.stamp() == "2026-03-02T09:31:00Z"


def test_it_rings_late_after_a_jump(clock: Clock) -> None:
    seen: list[str] = []
    clock.call_after(10, lambda: seen.append(clock.stamp()))
    clock.move(3600)
    assert clock.ring() == 1
    assert seen == ["2026-03-02T10:30:00Z"]


def test_it_rings_an_alarm_that_an_alarm_set_on_the_way(clock: Clock) -> None:
    rung: list[str] = []
    clock.call_after(10, lambda: clock.call_after(10, record_ring(rung, "child")) and None)
    clock.advance(15, nothing)
    assert rung == []
    clock.advance(5, nothing)
    assert rung == ["child"]


def test_it_does_not_ring_what_is_not_due_or_was_cancelled(clock: Clock) -> None:
    rung: list[str] = []
    clock.call_after(10, record_ring(rung, "later"))
    clock.call_after(1, record_ring(rung, "cancelled")).cancel()
    clock.move(5)
    assert clock.ring() == 0
    assert rung == []


def test_it_knows_how_long_to_wait_on_the_wall(clock: Clock) -> None:
    assert clock.real_seconds() is None
    alarm = clock.call_after(100, nothing)
    assert clock.real_seconds() is None  # it stands still: waiting is no use
    clock.run(10)
    assert 9.0 < (clock.real_seconds() or 0) <= 10.0
    alarm.cancel()
    assert clock.real_seconds() is None


def test_it_notifies_when_the_time_to_the_next_alarm_changes(clock: Clock) -> None:
    rung: list[str] = []
    stop = clock.listen(record_ring(rung, "changed"))
    clock.call_after(100, nothing)
    clock.call_after(200, nothing)  # the next is still the first
    clock.run(2)
    clock.move(1)
    stop()
    clock.move(1)
    assert rung == ["changed"] * 3


def test_it_accepts_no_more_alarms_than_its_limit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "MAX_ALARMS", 3)
    alarms = [clock.call_after(number, nothing) for number in range(3)]
    alarms[0].cancel()
    clock.call_after(9, nothing)  # the cancelled one made room
    with pytest.raises(OverflowError):
        clock.call_after(10, nothing)
