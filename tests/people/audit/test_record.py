"""Is what happens put on record, in a chain, before the caller goes on?"""

from __future__ import annotations

from itertools import pairwise
from threading import Thread

from people.audit.chain import digest
from people.audit.models import Entry
from people.audit.record import Fact, head, intend, listen, record, unlisten
from tests.trail import Trail


def test_it_returns_when_the_row_is_there_and_stands_on_the_one_before(empty_trail: Trail) -> None:
    first, second = record(Fact(verb="team-create", subject="team a")), record(Fact(verb="team-delete"))
    assert (first, second, head()) == (1, 2, 2)
    one, two = empty_trail.rows()
    assert (one.subject, one.phase, one.result, one.previous) == ("team a", "event", "ok", "0" * 64)
    assert two.previous == one.hash == digest(one)
    assert two.hash == digest(two)


def test_it_writes_an_intent_and_one_outcome(trail: Trail) -> None:
    intent = intend(Fact(verb="create", resource="configmaps", name="a"))
    assert trail.last().result == ""
    intent.close("ok", 201, audit_id="abc")
    intent.close("failed", 500)
    announced, done = trail.rows()
    assert (announced.phase, done.phase, done.intent) == ("intent", "outcome", announced.sequence)
    assert (done.result, done.status, done.audit_id, done.name) == ("ok", 201, "abc", "a")
    assert done.duration is not None


def test_many_threads_leave_no_gap(trail: Trail) -> None:
    def write() -> None:
        for number in range(25):
            record(Fact(verb="team-create", name=str(number)))

    threads = [Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = list(trail.rows())
    assert len(rows) == 500
    assert [row.sequence for row in rows] == list(range(trail.before + 1, trail.before + 501))
    assert all(row.hash == digest(row) for row in rows)
    assert all(two.previous == one.hash for one, two in pairwise(rows))


def test_it_tells_who_listens(trail: Trail) -> None:
    told: list[int] = []

    def hear() -> None:
        told.append(1)

    listen(hear)
    try:
        record(Fact(verb="team-create"))
    finally:
        unlisten(hear)
    record(Fact(verb="team-create"))
    assert len(told) == 1
    assert Entry.objects.filter(sequence__gt=trail.before).count() == 2
