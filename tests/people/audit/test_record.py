"""Recording: an entry is in the chain before the caller goes on."""

from __future__ import annotations

from itertools import pairwise
from threading import Thread

from people.audit.chain import digest
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, begin, last_sequence, listen, record, unlisten
from tests.audit_trail import AuditTrail


def test_it_returns_when_the_row_exists_and_is_chained_to_the_one_before(
    empty_audit_trail: AuditTrail,
) -> None:
    first, second = (
        record(AuditDraft(verb="team-create", target="team a")),
        record(AuditDraft(verb="team-delete")),
    )
    assert (first, second, last_sequence()) == (1, 2, 2)
    one, two = empty_audit_trail.list_rows()
    assert (one.target, one.phase, one.result, one.previous) == ("team a", "event", "ok", "0" * 64)
    assert two.previous == one.hash == digest(one)
    assert two.hash == digest(two)


def test_it_writes_a_request_and_one_result(audit_trail: AuditTrail) -> None:
    pending = begin(AuditDraft(verb="create", resource="configmaps", name="a"))
    assert audit_trail.get_last().result == ""
    pending.close("ok", 201, audit_id="abc")
    pending.close("failed", 500)
    announced, done = audit_trail.list_rows()
    assert (announced.phase, done.phase, done.request) == ("intent", "outcome", announced.sequence)
    assert (done.result, done.status, done.audit_id, done.name) == ("ok", 201, "abc", "a")
    assert done.duration is not None


def test_many_threads_leave_no_gap(audit_trail: AuditTrail) -> None:
    def write() -> None:
        for number in range(25):
            record(AuditDraft(verb="team-create", name=str(number)))

    threads = [Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = list(audit_trail.list_rows())
    assert len(rows) == 500
    assert [row.sequence for row in rows] == list(
        range(audit_trail.last_sequence + 1, audit_trail.last_sequence + 501)
    )
    assert all(row.hash == digest(row) for row in rows)
    assert all(two.previous == one.hash for one, two in pairwise(rows))


def test_it_notifies_listeners(audit_trail: AuditTrail) -> None:
    calls: list[int] = []

    def hear() -> None:
        calls.append(1)

    listen(hear)
    try:
        record(AuditDraft(verb="team-create"))
    finally:
        unlisten(hear)
    record(AuditDraft(verb="team-create"))
    assert len(calls) == 1
    assert AuditEntry.objects.filter(sequence__gt=audit_trail.last_sequence).count() == 2
