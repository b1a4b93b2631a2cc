"""Live audit page: an entry of its own process appears at once, without the next poll."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.http import QueryDict
from pytest_django.fixtures import Settings

from dashboard.audit import live
from dashboard.audit.live import AuditTrailSubscription, open_audit_trail
from dashboard.timings import AuditTimings, Timings
from people.audit.record import draft_for_user, last_sequence, note_soon, record
from people.models import User
from tests import database_fixtures
from tests.attacks.sockets import knock, open_socket
from tests.audit_trail import AuditTrail
from tests.dashboard_server import wait_for
from tests.live.updates import render_html


@pytest.fixture
def disabled_poll(settings: Settings) -> None:
    """The poll for rows of other processes comes after this test is long over."""
    settings.TIMINGS = Timings(audit=AuditTimings(poll=24 * 3600.0))


@pytest.fixture
def subscription(
    users: dict[str, User], audit_trail: AuditTrail, disabled_poll: None
) -> Iterator[AuditTrailSubscription]:
    opened = open_audit_trail(users["aude"], QueryDict(""), "", lambda _user: {})
    assert opened is not None
    yield opened
    opened.stop()
    wait_for(lambda: opened not in live.watcher._open)


def test_a_row_of_this_process_wakes_the_page(
    subscription: AuditTrailSubscription, users: dict[str, User]
) -> None:
    changed = threading.Event()
    subscription.start(changed.set)
    wait_for(lambda: live.watcher._seen == last_sequence(), message="the first poll has come")
    subscription.render()
    changed.clear()
    record(draft_for_user(users["dana"], "team-create", target="team at-once"))
    assert changed.wait(20), "the row waited for a poll that never comes"
    assert "team at-once" in render_html(subscription)


def test_so_does_one_that_nobody_waited_for(
    subscription: AuditTrailSubscription, users: dict[str, User]
) -> None:
    """As the hub records what Kubernetes refused to a feed."""
    changed = threading.Event()
    subscription.start(changed.set)
    wait_for(lambda: live.watcher._seen == last_sequence(), message="the first poll has come")
    subscription.render()
    changed.clear()
    note_soon(
        draft_for_user(users["rene"], "list", resource="pods", result="denied", reason="soon-but-at-once")
    )
    assert changed.wait(20), "the row waited for a poll that never comes"
    assert "soon-but-at-once" in render_html(subscription)


async def test_its_socket_is_sent_the_row(transactional_db: None, disabled_poll: None) -> None:
    """Through the whole application, as a browser's page hears it."""
    aude = await database_sync_to_async(User.objects.create)(
        username="aude", global_role="auditor", password="!"
    )
    session = await database_sync_to_async(database_fixtures.create_session)("aude")
    async with open_socket(knock("/live/", session=session, page="/people/audit/")) as socket:
        await _read_until(socket, 'data-state="live"')
        await database_sync_to_async(wait_for)(lambda: live.watcher._seen == last_sequence())
        await database_sync_to_async(record)(draft_for_user(aude, "team-create", target="team by-socket"))
        await _read_until(socket, "team by-socket")
    await database_sync_to_async(wait_for)(lambda: not live.watcher._open)


def test_a_mistake_with_one_page_costs_the_others_nothing_and_is_over_when_it_is(
    subscription: AuditTrailSubscription,
    users: dict[str, User],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mistaken(_head: int) -> int:
        raise ValueError("of ours")

    settings.TIMINGS = Timings(audit=AuditTimings(poll=0.1))
    monkeypatch.setattr(subscription, "refresh", mistaken)
    subscription.start(lambda: None)
    another = open_audit_trail(users["aude"], QueryDict(""), "", lambda _user: {})
    assert another is not None
    another.start(lambda: None)
    record(draft_for_user(users["dana"], "team-create", target="team beside"))
    wait_for(lambda: "team beside" in render_html(another), message="the other page goes on")
    wait_for(lambda: "cannot be read right now" in render_html(subscription), message="this page says so")
    monkeypatch.delattr(subscription, "refresh")
    wait_for(lambda: "team beside" in render_html(subscription), message="and comes back by itself")
    another.stop()


async def _read_until(socket: WebsocketCommunicator, text: str) -> None:
    """Reads on until this was sent; fails where it does not come, though the socket's own beat does."""
    async with asyncio.timeout(30):
        while text not in (message := await socket.receive_from(timeout=30)):
            await socket.send_json_to({"ack": int(message.partition("\n")[0])})
