"""Does a cluster's clock run, stand, jump and ring as it is told?"""

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


def rings(told: list[str], word: str) -> Callable[[], None]:
    return lambda: told.append(word)


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


def test_it_rings_in_the_order_of_moments_and_then_of_setting(clock: Clock) -> None:
    told: list[str] = []
    clock.after(20, rings(told, "late"))
    clock.after(10, rings(told, "first"))
    clock.after(10, rings(told, "second"))
    clock.advance(30, nothing)
    assert told == ["first", "second", "late"]


def test_it_shows_each_alarm_its_own_time_while_it_advances(clock: Clock) -> None:
    seen: list[str] = []
    clock.after(10, lambda: seen.append(clock.stamp()))
    clock.after(20, lambda: seen.append(clock.stamp()))
    clock.advance(60, nothing)
    assert seen == ["2026-03-02T09:30:10Z", "2026-03-02T09:30:20Z"]
    assert clock.stamp() == "2026-03-02T09:31:00Z"


def test_it_rings_late_after_a_jump(clock: Clock) -> None:
    seen: list[str] = []
    clock.after(10, lambda: seen.append(clock.stamp()))
    clock.move(3600)
    assert clock.ring() == 1
    assert seen == ["2026-03-02T10:30:00Z"]


def test_it_rings_an_alarm_that_an_alarm_set_on_the_way(clock: Clock) -> None:
    told: list[str] = []
    clock.after(10, lambda: clock.after(10, rings(told, "child")) and None)
    clock.advance(15, nothing)
    assert told == []
    clock.advance(5, nothing)
    assert told == ["child"]


def test_it_does_not_ring_what_is_not_due_or_was_cancelled(clock: Clock) -> None:
    told: list[str] = []
    clock.after(10, rings(told, "later"))
    clock.after(1, rings(told, "cancelled")).cancel()
    clock.move(5)
    assert clock.ring() == 0
    assert told == []


def test_it_knows_how_long_to_wait_on_the_wall(clock: Clock) -> None:
    assert clock.real_seconds() is None
    alarm = clock.after(100, nothing)
    assert clock.real_seconds() is None  # it stands still: waiting is no use
    clock.run(10)
    assert 9.0 < (clock.real_seconds() or 0) <= 10.0
    alarm.cancel()
    assert clock.real_seconds() is None


def test_it_tells_when_the_time_to_the_next_alarm_is_another(clock: Clock) -> None:
    told: list[str] = []
    stop = clock.listen(rings(told, "changed"))
    clock.after(100, nothing)
    clock.after(200, nothing)  # the next is still the first
    clock.run(2)
    clock.move(1)
    stop()
    clock.move(1)
    assert told == ["changed"] * 3


def test_it_takes_no_more_alarms_than_its_bound(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "LARGEST", 3)
    alarms = [clock.after(number, nothing) for number in range(3)]
    alarms[0].cancel()
    clock.after(9, nothing)  # the cancelled one made room
    with pytest.raises(OverflowError):
        clock.after(10, nothing)
