"""What stands in the trail after it could not be written? That it could not, since when, and how much is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.db import connections
from django.utils import timezone

from people.audit import guards
from people.audit.record import Fact, TrailUnavailable, health, note, note_soon, record
from people.audit.routing import ALIAS
from people.audit.verifying import verify
from tests.served import wait_for
from tests.trail import Trail, unguard


@pytest.fixture
def let(trail: Trail) -> Iterator[Callable[[bool], None]]:
    """`let(False)`: from now on nothing can be written, since the triggers are gone; `let(True)`: it can again."""

    def may_be_written(yes: bool) -> None:
        if yes:
            guards.install(connections[ALIAS])
        else:
            unguard()

    yield may_be_written
    may_be_written(True)
    wait_for(lambda: health().is_writable)


def test_the_first_row_after_it_tells_of_the_gap(let: Callable[[bool], None], trail: Trail) -> None:
    record(Fact(verb="team-create", subject="team before"))
    began = timezone.now()
    let(False)
    with pytest.raises(TrailUnavailable):
        record(Fact(verb="team-create", subject="team refused"))
    for number in range(3):
        note(Fact(verb="sign-in", person=f"missed-{number}"))
    note_soon(Fact(verb="list", person="missed-soon", result="denied"))
    assert not health().is_writable
    assert health().missed == 4, "what was refused was not done, so it is not missing"
    let(True)
    wait_for(lambda: health().is_writable)
    assert health().missed == 0
    record(Fact(verb="team-create", subject="team after"))
    before, gap, after = trail.rows()
    assert (before.subject, gap.verb, gap.subject, after.subject) == (
        "team before",
        "trail-resumed",
        "trail",
        "team after",
    )
    assert gap.detail["missed"] == 4
    assert began <= datetime.fromisoformat(gap.detail["since"]) <= gap.at
    assert "triggers" in gap.reason
    assert verify().wrong is None


def test_nobody_has_to_try_for_it_to_go_on(let: Callable[[bool], None], trail: Trail) -> None:
    """A quiet installation finds out by itself that it can again, and says so."""
    let(False)
    note(Fact(verb="sign-in", person="missed"))
    let(True)
    wait_for(lambda: trail.rows(verb="trail-resumed").exists())
    assert [row.verb for row in trail.rows()] == ["trail-resumed"]


def test_a_second_outage_is_a_second_gap(let: Callable[[bool], None], trail: Trail) -> None:
    for missed in (1, 2):
        let(False)
        for _ in range(missed):
            note(Fact(verb="sign-in", person="missed"))
        let(True)
        wait_for(lambda: health().is_writable)
    assert [row.detail["missed"] for row in trail.rows(verb="trail-resumed")] == [1, 2]
