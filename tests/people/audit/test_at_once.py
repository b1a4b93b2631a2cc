"""Does an open page of the trail learn of a deed of its own process at once, without waiting for the next look?"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.http import QueryDict

from people.audit import live
from people.audit.live import TrailSubscription, open_trail
from people.audit.record import by, head, note_soon, record
from people.models import User
from tests.served import wait_for
from tests.trail import Trail


@pytest.fixture
def never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look for rows of other processes comes after this test is long over."""
    monkeypatch.setattr(live, "POLL", 24 * 3600.0)


@pytest.fixture
def page(cast: dict[str, User], trail: Trail, never_by_itself: None) -> Iterator[TrailSubscription]:
    opened = open_trail(cast["aude"], QueryDict(""), "", lambda _user: {})
    assert opened is not None
    yield opened
    opened.stop()
    wait_for(lambda: live.watcher._thread is None)


def test_a_row_of_this_process_wakes_the_page(page: TrailSubscription, cast: dict[str, User]) -> None:
    changed = threading.Event()
    page.start(changed.set)
    wait_for(lambda: live.watcher._seen == head(), message="the first look has come")
    page.render()
    changed.clear()
    record(by(cast["dana"], "team-create", subject="team at-once"))
    assert changed.wait(20), "the row waited for a look that never comes"
    assert "team at-once" in (page.render() or "")


def test_so_does_one_that_nobody_waited_for(page: TrailSubscription, cast: dict[str, User]) -> None:
    """As the hub records what Kubernetes refused to a feed."""
    changed = threading.Event()
    page.start(changed.set)
    wait_for(lambda: live.watcher._seen == head(), message="the first look has come")
    page.render()
    changed.clear()
    note_soon(by(cast["rene"], "list", resource="pods", result="denied", reason="soon-but-at-once"))
    assert changed.wait(20), "the row waited for a look that never comes"
    assert "soon-but-at-once" in (page.render() or "")
