"""Backoff: how long a feed waits after each kind of error, and when it tries again."""

from __future__ import annotations

import json
import socket
import time
from itertools import pairwise
from typing import Any

import pytest

from clusters.api import async_sessions
from clusters.api.connection import Connection, Identity, Server
from clusters.feeds import backoff
from clusters.feeds.feed import Feed
from clusters.feeds.object_content import ObjectContent
from clusters.feeds.states import State
from clusters.feeds.timings import FeedTimings
from clusters.gateway.hub import Hub
from tests.clusters.api.faults import Behaviour, Wire, hang, respond_html, respond_status, respond_with
from tests.clusters.feeds.loop_clock import LoopClock
from tests.clusters.feeds.scripted_server import (
    ScriptedServer,
    Watch,
    break_watch,
    gone_event,
    respond_list,
    stream_watch,
)
from tests.clusters.feeds.table_events import PODS, build_row, encode_event
from tests.clusters.feeds.test_feed import list_names, open_feed
from tests.dashboard_server import wait_for


def open_object_feed(hub: Hub, server: ScriptedServer) -> Feed[ObjectContent]:
    at = Server(server.url, ca=server.ca)
    connection = Connection("scripted", at, Identity(token="scripted-token"), f"print-{server.port}", "1")
    return hub.object(connection, PODS, "shop", "a")


def error_event() -> bytes:
    body = {"kind": "Status", "apiVersion": "v1", "code": 500, "reason": "InternalError", "message": "etcd"}
    return json.dumps({"type": "ERROR", "object": body}).encode()


def build_pod(version: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "resourceVersion": version}}


def test_what_is_held_is_marked_with_when_it_was_last_all_there_is(make_hub):
    hub = make_hub(FeedTimings(healthy_interval=0.3))
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert feed.state.as_of is None
        server.is_ready = False
        wait_for(lambda: feed.state.state is State.FAILING)
        assert feed.state.as_of is not None
        assert feed.state.as_of < feed.state.since
        assert list_names(feed) == {"a"}


def test_a_server_with_retry_after_gets_no_request_because_it_is_healthy(make_hub):
    hub = make_hub(FeedTimings(healthy_interval=0.05))
    refused = respond_with(429, b"too many", "text/plain", "Retry-After: 2")
    times: list[float] = []

    class Timed(ScriptedServer):
        def _answer(self, wire: Wire) -> None:
            if "limit" in wire.request.target:
                times.append(time.monotonic())
            super()._answer(wire)

    with Timed([refused, refused, respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert [two - one >= 1.9 for one, two in pairwise(times)] == [True, True]
        assert {one.state for one in seen[:-1]} == {State.BEHIND}
        assert seen[0].retry_at is not None


@pytest.mark.parametrize("lines", [(gone_event(),), (error_event(),)], ids=["410", "500"])
def test_an_error_in_each_stream_is_backed_off_from(make_hub, lines):
    """The head of such a stream is 200, and its one event is an error: neither is a success."""
    hub = make_hub(FeedTimings(backoff=(0.1, 30.0), relist=0.1))
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch(*lines, stay=False)]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: max(feed._failures, feed._losses) >= 3)
        assert list_names(feed) == {"a"}


def test_a_watch_that_outlives_its_time_in_silence_is_left(make_hub):
    """A proxy may keep a connection open that nothing passes any more, its end included."""
    hub = make_hub(FeedTimings(lifetime=(1, 1), overdue=0.5, backoff=(0.1, 0.1)))
    with ScriptedServer(
        [respond_list(build_row("a"))],
        [stream_watch(), stream_watch(encode_event("ADDED", build_row("b", version=2)))],
    ) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: list_names(feed) == {"a", "b"})


def test_the_socket_of_a_watch_notices_that_nobody_is_behind_it():
    made = async_sessions._create_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1)))
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
        ([respond_html(), respond_with(200, build_pod("5"))], [stream_watch()]),
        ([respond_with(200, b'["no", "object"]'), respond_with(200, build_pod("5"))], [stream_watch()]),
        ([respond_with(200, b'{"kind": "Po'), respond_with(200, build_pod("5"))], [stream_watch()]),
        ([respond_with(200, build_pod("5"))], [stream_watch(b"<!doctype html>", stay=False), stream_watch()]),
        (
            [respond_with(200, build_pod("5"))],
            [stream_watch(b'{"type": "MODIFIED", "obj', stay=False), stream_watch()],
        ),
        (
            [respond_with(200, build_pod("5"))],
            [stream_watch(b'{"type": "MODIFIED", "object": null}', stay=False), stream_watch()],
        ),
        (
            [respond_with(200, build_pod("5"))],
            [stream_watch(b'{"type": "ERROR", "object": {"code": "x"}}', stay=False), stream_watch()],
        ),
        ([respond_with(200, build_pod("5"))], [break_watch(), stream_watch()]),
    ],
    ids=["html", "list", "half", "page-line", "half-line", "null", "odd-error", "broken"],
)
def test_nonsense_instead_of_an_object_is_an_error_and_no_end(
    hub, lists: list[Behaviour], watches: list[Watch]
):
    with ScriptedServer(lists, watches) as server:
        feed = open_object_feed(hub, server)
        wanted = len(watches)
        wait_for(lambda: feed.state.state is State.LIVE and len(server.watch_versions) == wanted)
        assert feed.content.snapshot().object is not None


def test_a_feed_that_falls_over_a_mistake_of_ours_does_not_look_live(make_hub):
    with ScriptedServer(
        [respond_list(build_row("a"))], [stream_watch(encode_event("ADDED", build_row("b", version=2)))]
    ) as server:
        nonsense: Any = (None, None)
        hub = make_hub(FeedTimings(lifetime=nonsense))
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.CLOSED)
        assert "Reload the page" in feed.state.message


def test_a_grant_is_seen_soon_without_asking_for_what_is_refused(make_hub):
    hub = make_hub(FeedTimings(grant=0.2))
    with ScriptedServer([respond_status(403, "Forbidden", "no")], [stream_watch()]) as server:
        server.is_allowed = False
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.DENIED)
        reviews = sum("selfsubject" in one.target for one in server.requests)
        wait_for(lambda: sum("selfsubject" in one.target for one in server.requests) > reviews + 2)
        assert len(server.list_queries) == 1, "what is denied is not requested again and again"
        server.lists, server.is_allowed = [respond_list(build_row("a"))], True
        wait_for(lambda: feed.state.state is State.LIVE)


def test_a_rejected_credential_is_distinguished_from_a_missing_permission(hub):
    with ScriptedServer([respond_status(401, "Unauthorized", "Unauthorized")], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.UNAUTHORIZED)


def test_a_server_that_hung_is_met_within_seconds_of_its_recovery(make_hub):
    """The requests that hang are not waited for: a new one is sent beside them.

    Time passes where this test says so: however busy the machine is, no request times out before.
    """
    clock = LoopClock()
    timings = FeedTimings(
        healthy_interval=5,
        probe_timeout=60,
        unhealthy_probe_timeout=50,
        ready_timeout=50,
        lifetime=(3600, 3600),
        review=3600,
    )
    hub = make_hub(timings, clock.start_loop)
    hanging: list[str] = []

    class Hanging(ScriptedServer):
        is_hanging = False

        def _answer(self, wire: Wire) -> None:
            if self.is_hanging:
                hanging.append(wire.request.target)
                hang(wire)
            super()._answer(wire)

    with Hanging([respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        server.is_hanging = True
        clock.advance(timings.healthy_interval)
        wait_for(lambda: hanging == ["/readyz"])
        assert feed.state.state is State.LIVE
        clock.advance(timings.probe_timeout)
        wait_for(lambda: feed.state.state is State.UNREACHABLE)
        clock.advance(timings.unhealthy_interval)
        wait_for(lambda: hanging == ["/readyz"] * 2)
        server.is_hanging = False
        clock.advance(timings.unhealthy_probe_timeout)  # the last one that hangs ends, and another is sent
        wait_for(lambda: feed.state.state is State.LIVE and len(server.watch_versions) == 2)
        assert list_names(feed) == {"a"}


@pytest.mark.parametrize(("feed_count", "longest"), [(1, 3.0), (30, 3.0), (100, 10.0), (900, 30.0)])
def test_pauses_grow_to_three_seconds_with_a_viewer_and_further_with_the_crowd(feed_count, longest):
    pause = [
        backoff.compute_failure_delay(FeedTimings(), n, is_watched=True, feed_count=feed_count)
        for n in range(1, 40)
    ]
    assert max(pause) <= longest
    assert min(pause[10:]) >= longest / 2
    assert (
        max(
            backoff.compute_failure_delay(FeedTimings(), n, is_watched=False, feed_count=1)
            for n in range(10, 60)
        )
        > 15
    )
