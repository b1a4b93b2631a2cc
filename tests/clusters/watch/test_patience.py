"""How long does a feed wait after each kind of failure, what does it trust, and when does it look again?"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from clusters.api import aiosessions
from clusters.api.connection import Connection, Identity, Server
from clusters.watch import feed as feeds
from clusters.watch import health, pauses
from clusters.watch.feed import Feed
from clusters.watch.hub import Hub
from clusters.watch.single import ObjectContent
from clusters.watch.states import State
from tests.clusters.api.faults import Behaviour, Wire, hangs, html, says, status
from tests.clusters.watch.scripted import Scripted, Watch, breaks, gone, listing, stream
from tests.clusters.watch.tables import PODS, event, row
from tests.clusters.watch.test_feed import names, opened
from tests.served import wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.drop(lambda _connection: True, "over")


def an_object(hub: Hub, server: Scripted) -> Feed[ObjectContent]:
    at = Server(server.url, ca=server.ca)
    connection = Connection("scripted", at, Identity(token="scripted-token"), f"print-{server.port}", "1")
    return hub.object(connection, PODS, "shop", "a")


def failing_event() -> bytes:
    body = {"kind": "Status", "apiVersion": "v1", "code": 500, "reason": "InternalError", "message": "etcd"}
    return json.dumps({"type": "ERROR", "object": body}).encode()


def pod(version: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "resourceVersion": version}}


def test_what_is_held_is_marked_with_when_it_was_last_all_there_is(hub, monkeypatch):
    monkeypatch.setattr(health, "WELL", 0.3)
    with Scripted([listing(row("a"))], [stream()]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert feed.state.as_of is None
        server.is_ready = False
        wait_for(lambda: feed.state.state is State.FAILING)
        assert feed.state.as_of is not None
        assert feed.state.as_of < feed.state.since
        assert names(feed) == {"a"}


def test_a_server_that_asks_to_wait_is_not_asked_again_because_it_is_healthy(hub, monkeypatch):
    monkeypatch.setattr(health, "WELL", 0.05)
    refused = says(429, b"too many", "text/plain", "Retry-After: 2")
    times: list[float] = []

    class Timed(Scripted):
        def _answer(self, wire: Wire) -> None:
            if "limit" in wire.request.target:
                times.append(time.monotonic())
            super()._answer(wire)

    with Timed([refused, refused, listing(row("a"))], [stream()]) as server:
        feed, seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert [two - one >= 1.9 for one, two in pairwise(times)] == [True, True]
        assert {one.state for one in seen[:-1]} == {State.BEHIND}
        assert seen[0].again is not None


@pytest.mark.parametrize("lines", [(gone(),), (failing_event(),)], ids=["410", "500"])
def test_an_error_in_each_stream_is_backed_off_from(hub, monkeypatch, lines):
    """The head of such a stream is 200, and its one event is an error: neither is a success."""
    monkeypatch.setattr(pauses, "BACKOFF", (0.5, 30.0))
    with Scripted([listing(row("a"))], [stream(*lines, stay=False)]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: max(feed._failures, feed._losses) >= 3)
        assert names(feed) == {"a"}


def test_a_watch_that_outlives_its_time_in_silence_is_left(hub, monkeypatch):
    """A proxy may keep a connection open that nothing passes any more, its end included."""
    monkeypatch.setattr(feeds, "LIFETIME", (1, 1))
    monkeypatch.setattr(feeds, "OVERDUE", 0.5)
    with Scripted([listing(row("a"))], [stream(), stream(event("ADDED", row("b", version=2)))]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: names(feed) == {"a", "b"})


def test_the_socket_of_a_watch_notices_that_nobody_is_behind_it():
    made = aiosessions._kept_alive((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1)))
    try:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        every = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
        assert idle + every * made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) <= 30
    finally:
        made.close()


@pytest.mark.parametrize(
    ("lists", "watches"),
    [
        ([html(), says(200, pod("5"))], [stream()]),
        ([says(200, b'["no", "object"]'), says(200, pod("5"))], [stream()]),
        ([says(200, b'{"kind": "Po'), says(200, pod("5"))], [stream()]),
        ([says(200, pod("5"))], [stream(b"<!doctype html>", stay=False), stream()]),
        ([says(200, pod("5"))], [stream(b'{"type": "MODIFIED", "obj', stay=False), stream()]),
        ([says(200, pod("5"))], [stream(b'{"type": "MODIFIED", "object": null}', stay=False), stream()]),
        (
            [says(200, pod("5"))],
            [stream(b'{"type": "ERROR", "object": {"code": "x"}}', stay=False), stream()],
        ),
        ([says(200, pod("5"))], [breaks(), stream()]),
    ],
    ids=["html", "list", "half", "page-line", "half-line", "null", "odd-error", "broken"],
)
def test_nonsense_in_place_of_an_object_is_a_failure_and_no_end(
    hub, lists: list[Behaviour], watches: list[Watch]
):
    with Scripted(lists, watches) as server:
        feed = an_object(hub, server)
        wanted = len(watches)
        wait_for(lambda: feed.state.state is State.LIVE and len(server.watched) == wanted)
        assert feed.content.snapshot().object is not None


def test_a_feed_that_falls_over_a_mistake_of_ours_does_not_look_live(hub, monkeypatch):
    with Scripted([listing(row("a"))], [stream(event("ADDED", row("b", version=2)))]) as server:
        monkeypatch.setattr(feeds.Feed, "_ended", None)
        monkeypatch.setattr(feeds, "LIFETIME", (None, None))
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.ENDED)
        assert "Reload the page" in feed.state.message


def test_a_grant_is_seen_soon_without_asking_for_what_is_refused(hub, monkeypatch):
    monkeypatch.setattr(pauses, "GRANT", 0.2)
    with Scripted([status(403, "Forbidden", "no")], [stream()]) as server:
        server.may = False
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.DENIED)
        reviews = sum("selfsubject" in one.target for one in server.requests)
        wait_for(lambda: sum("selfsubject" in one.target for one in server.requests) > reviews + 2)
        assert len(server.listed) == 1, "what is refused is not asked for again and again"
        server.lists, server.may = [listing(row("a"))], True
        wait_for(lambda: feed.state.state is State.LIVE)


def test_a_credential_that_is_refused_is_told_from_a_right_that_is_missing(hub):
    with Scripted([status(401, "Unauthorized", "Unauthorized")], [stream()]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.LAPSED)


def test_a_server_that_hung_is_met_within_seconds_of_its_recovery(hub, monkeypatch):
    """The requests that hang are not waited for: a new one is sent beside them."""
    monkeypatch.setattr(health, "WELL", 0.2)
    monkeypatch.setattr(health, "PATIENCE", 0.3)
    is_hanging: list[bool] = []

    class Hanging(Scripted):
        def _answer(self, wire: Wire) -> None:
            if is_hanging:
                hangs(wire)
            super()._answer(wire)

    with Hanging([listing(row("a"))], [stream()]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        is_hanging.append(True)
        wait_for(lambda: feed.state.state is State.UNREACHABLE)
        is_hanging.clear()
        wait_for(lambda: feed.state.state is State.LIVE and len(server.watched) == 2)
        assert names(feed) == {"a"}


@pytest.mark.parametrize(("crowd", "longest"), [(1, 3.0), (30, 3.0), (100, 10.0), (900, 30.0)])
def test_pauses_grow_to_three_seconds_while_somebody_looks_and_further_with_the_crowd(crowd, longest):
    pause = [pauses.after_failure(n, is_watched=True, crowd=crowd) for n in range(1, 40)]
    assert max(pause) <= longest
    assert min(pause[10:]) >= longest / 2
    assert max(pauses.after_failure(n, is_watched=False, crowd=1) for n in range(10, 60)) > 15
