"""Gaps: after an error of its storage, the audit trail says since when and how many entries are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.db import connections
from django.utils import timezone

from people.audit import triggers
from people.audit.integrity.verifying import verify
from people.audit.record import (
    AuditDraft,
    AuditTrailUnavailable,
    health,
    listen_health,
    note,
    note_soon,
    record,
    unlisten_health,
)
from people.audit.routing import ALIAS
from tests.audit_trail import AuditTrail, drop_triggers
from tests.dashboard_server import wait_for


@pytest.fixture
def set_writable(audit_trail: AuditTrail) -> Iterator[Callable[[bool], None]]:
    """`let(False)`: from now on nothing can be written, since the triggers are gone; `let(True)`: it can again."""

    def may_be_written(yes: bool) -> None:
        if yes:
            triggers.install(connections[ALIAS])
        else:
            drop_triggers()

    yield may_be_written
    may_be_written(True)
    wait_for(lambda: health().is_writable)


def test_the_first_row_after_it_reports_the_gap(
    set_writable: Callable[[bool], None], audit_trail: AuditTrail
) -> None:
    record(AuditDraft(verb="team-create", target="team before"))
    began = timezone.now()
    set_writable(False)
    with pytest.raises(AuditTrailUnavailable):
        record(AuditDraft(verb="team-create", target="team refused"))
    for number in range(3):
        note(AuditDraft(verb="sign-in", person=f"missed-{number}"))
    note_soon(AuditDraft(verb="list", person="missed-soon", result="denied"))
    assert not health().is_writable
    assert health().missed == 4, "what was refused was not done, so it is not missing"
    set_writable(True)
    wait_for(lambda: health().is_writable)
    assert health().missed == 0
    record(AuditDraft(verb="team-create", target="team after"))
    before, gap, after = audit_trail.list_rows()
    assert (before.target, gap.verb, gap.target, after.target) == (
        "team before",
        "trail-resumed",
        "trail",
        "team after",
    )
    assert gap.detail["missed"] == 4
    assert began <= datetime.fromisoformat(gap.detail["since"]) <= gap.at
    assert "triggers" in gap.reason
    assert verify().first_break is None


def test_who_shows_it_is_notified_when_it_begins_and_when_it_ends(
    set_writable: Callable[[bool], None], audit_trail: AuditTrail
) -> None:
    """Open pages show a banner, and are not to wait for something else to change."""
    heard: list[bool] = []

    def listener() -> None:
        heard.append(health().is_writable)

    listen_health(listener)
    try:
        set_writable(False)
        note(AuditDraft(verb="sign-in", person="missed"))
        wait_for(lambda: heard)
        set_writable(True)
        wait_for(lambda: len(heard) > 1)
    finally:
        unlisten_health(listener)
    assert heard[0] is False
    assert heard[-1] is True


def test_nobody_has_to_try_for_it_to_go_on(
    set_writable: Callable[[bool], None], audit_trail: AuditTrail
) -> None:
    """A quiet installation finds out by itself that it can again, and says so."""
    set_writable(False)
    note(AuditDraft(verb="sign-in", person="missed"))
    set_writable(True)
    wait_for(lambda: audit_trail.list_rows(verb="trail-resumed").exists())
    assert [row.verb for row in audit_trail.list_rows()] == ["trail-resumed"]


def test_a_second_error_is_a_second_gap(
    set_writable: Callable[[bool], None], audit_trail: AuditTrail
) -> None:
    for missed in (1, 2):
        set_writable(False)
        for _ in range(missed):
            note(AuditDraft(verb="sign-in", person="missed"))
        set_writable(True)
        wait_for(lambda: health().is_writable)
    assert [row.detail["missed"] for row in audit_trail.list_rows(verb="trail-resumed")] == [1, 2]
