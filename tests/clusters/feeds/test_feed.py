"""Feeds: list and watch go on after every kind of error, without a lost row or a hot loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clusters.api.connection import Connection, Identity, Server
from clusters.feeds import backoff
from clusters.feeds import feed as feeds
from clusters.feeds.feed import Feed
from clusters.feeds.states import FeedState, State
from clusters.gateway.hub import Hub
from clusters.tables.table_content import TableContent, TableQuery
from tests.clusters.api.faults import Hangup, Wire, respond_status, respond_with
from tests.clusters.feeds.scripted_server import (
    ScriptedServer,
    bookmark_event,
    break_watch,
    gone_event,
    respond_list,
    stream_watch,
)
from tests.clusters.feeds.table_events import PODS, build_row, encode_event
from tests.dashboard_server import wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.drop(lambda _connection: True, "over")


def build_connection(server: ScriptedServer) -> Connection:
    at = Server(server.url, ca=server.ca)
    return Connection("scripted", at, Identity(token="scripted-token"), f"print-{server.port}", "1")


def open_feed(hub: Hub, server: ScriptedServer) -> tuple[Feed[TableContent], list[FeedState]]:
    """The feed of all pods there, and every state that it was in."""
    feed = hub.table(build_connection(server), TableQuery(PODS))
    seen: list[FeedState] = []
    feed.listen(lambda: seen.append(feed.state))
    return feed, seen


def list_names(feed: Feed[TableContent]) -> set[str]:
    return {one.name for one in feed.content.snapshot().rows.values()}


def list_states(seen: list[FeedState]) -> list[State]:
    return list(dict.fromkeys(one.state for one in seen))


def test_it_goes_on_from_the_last_resource_version_when_a_watch_ends(hub, monkeypatch):
    monkeypatch.setattr(feeds, "EARLY", 10_000)  # so that every end counts as the end of its time
    with ScriptedServer(
        [respond_list(build_row("a"), version="5")],
        [
            stream_watch(encode_event("ADDED", build_row("b", version=7)), bookmark_event("9"), stay=False),
            stream_watch(),
        ],
    ) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: len(server.watch_versions) == 2)
        assert server.watch_versions == ["5", "9"]
        assert list_names(feed) == {"a", "b"}
        assert len(server.list_queries) == 1


def test_a_bookmark_is_never_a_row(hub):
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch(bookmark_event("9"))]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.content.resource_version == "9")
        assert list_names(feed) == {"a"}


def test_410_in_the_stream_lists_again_and_keeps_the_old_rows_until_then(hub):
    held: list[set[str]] = []
    with ScriptedServer([], [stream_watch(gone_event(), stay=False), stream_watch()]) as server:
        feed, seen = open_feed(hub, server)

        def second(wire: Wire) -> None:
            held.append(list_names(feed))
            respond_list(build_row("b"), version="20")(wire)

        server.lists = [respond_list(build_row("a"), version="5"), second]
        wait_for(lambda: list_names(feed) == {"b"})
        assert held == [{"a"}]
        assert State.EXPIRED in list_states(seen)
        wait_for(lambda: server.watch_versions == ["5", "20"])


def test_a_connection_that_breaks_goes_on_where_it_was(hub):
    with ScriptedServer(
        [respond_list(build_row("a"), version="5"), respond_list(build_row("a"), version="7")],
        [
            break_watch(encode_event("ADDED", build_row("b", version=7))),
            stream_watch(encode_event("ADDED", build_row("c", version=8))),
        ],
    ) as server:
        feed, seen = open_feed(hub, server)
        wait_for(lambda: list_names(feed) == {"a", "b", "c"})
        assert State.RECONNECTING in list_states(seen)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert server.watch_versions == ["5", "7"]


def test_a_server_that_went_back_in_time_is_listed_again(hub):
    """An etcd that was restored: a watch from the future would stay silent for good."""
    with ScriptedServer(
        [respond_list(build_row("a"), version="50"), respond_list(build_row("old"), version="20")],
        [break_watch(encode_event("ADDED", build_row("b", version=60))), stream_watch()],
    ) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: list_names(feed) == {"old"})
        wait_for(lambda: server.watch_versions[-1] == "20")


def test_a_watch_that_ends_at_once_without_an_event_is_backed_off_from(hub, monkeypatch):
    monkeypatch.setattr(backoff, "BACKOFF", (0.2, 0.4))
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch(stay=False)]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: len(server.watch_versions) >= 4)
        first = server.requests[0]
        assert first is not None
        assert feed._failures >= 3
        assert list_names(feed) == {"a"}


def test_too_many_requests_waits_as_long_as_it_says(hub):
    refused = respond_with(429, b"too many requests", "text/plain", "Retry-After: 1")
    with ScriptedServer([refused, respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, seen = open_feed(hub, server)
        wait_for(lambda: list_names(feed) == {"a"})
        assert State.BEHIND in list_states(seen)
        assert seen[0].error is not None
        assert seen[0].error.retry_after == 1


def test_a_denial_takes_the_rows_at_once(hub, monkeypatch):
    monkeypatch.setattr(backoff, "REVIEW", 2.1)
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        server.lists = [respond_status(403, "Forbidden", "no more")]
        server.is_allowed = False
        wait_for(lambda: feed.state.state is State.DENIED)
        assert list_names(feed) == set()


def test_a_permission_that_returns_restores_the_rows(hub, monkeypatch):
    monkeypatch.setattr(backoff, "DENIED_SECONDS", 0.2)
    refused = respond_status(403, "Forbidden", "not yet")
    with ScriptedServer([refused, refused, respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        assert State.DENIED in list_states(seen)
        assert list_names(feed) == {"a"}


def test_what_may_be_listed_but_not_watched_is_polled(hub, monkeypatch):
    monkeypatch.setattr(backoff, "POLL", 0.2)
    with ScriptedServer(
        [respond_list(build_row("a")), respond_list(build_row("b"))],
        [respond_status(403, "Forbidden", "no watch")],
    ) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.POLLED)
        assert list_names(feed) == {"b"}
        server.lists = [respond_status(403, "Forbidden", "no more")]
        wait_for(lambda: feed.state.state is State.DENIED)
        assert list_names(feed) == set()


def test_a_review_that_fails_takes_nothing(hub, monkeypatch):
    monkeypatch.setattr(backoff, "REVIEW", 2.1)
    reviews: list[int] = []

    class Failing(ScriptedServer):
        def _answer(self, wire: Wire) -> None:
            if wire.request.target.partition("?")[0].endswith("selfsubjectaccessreviews"):
                reviews.append(1)
                respond_with(500, b"webhook is down", "text/plain")(wire)
            else:
                super()._answer(wire)

    with Failing([respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: len(reviews) >= 2)
        assert feed.state.state is State.LIVE
        assert list_names(feed) == {"a"}


def test_a_silent_watch_of_a_server_that_is_not_ready_is_said_and_left(hub):
    with ScriptedServer([respond_list(build_row("a"))], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE)
        server.is_ready = False
        wait_for(lambda: feed.state.state is State.FAILING)
        assert list_names(feed) == {"a"}
        server.is_ready = True
        wait_for(lambda: feed.state.state is State.LIVE)
        assert len(server.watch_versions) == 2, "the silent watch is not trusted any more"


def test_a_first_denial_after_an_error_is_checked_again(hub, monkeypatch):
    """An API server that restarts refuses what it will allow once it has read its RBAC."""
    monkeypatch.setattr(backoff, "BACKOFF", (0.1, 0.1))
    monkeypatch.setattr(backoff, "DENIED_RETRY_SECONDS", 0.1)

    def cut(_wire: Wire) -> None:
        raise Hangup

    refused = respond_status(403, "Forbidden", "not yet")
    with ScriptedServer(
        [
            respond_list(build_row("a"), version="5"),
            cut,
            cut,
            refused,
            respond_list(build_row("a"), version="6"),
        ],
        [break_watch(), stream_watch()],
    ) as server:
        feed, seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is State.LIVE and len(server.watch_versions) >= 2)
        assert State.DENIED not in list_states(seen)
        assert list_names(feed) == {"a"}


def test_lists_are_read_in_pages_and_the_first_is_rendered_while_others_come(hub):
    first = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "5", "continue": "next", "remainingItemCount": 1},
    }
    shown: list[set[str]] = []
    with ScriptedServer([], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)

        def second(wire: Wire) -> None:
            wait_for(lambda: list_names(feed) == {"a"})
            shown.append(list_names(feed))
            respond_list(build_row("b"), version="5")(wire)

        columns = [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]
        server.lists = [
            respond_with(200, {**first, "columnDefinitions": columns, "rows": [build_row("a")]}),
            second,
        ]
        wait_for(lambda: list_names(feed) == {"a", "b"})
        assert shown == [{"a"}]
        assert server.list_queries[1]["continue"] == ["next"]


@pytest.mark.parametrize("by", ["who needs the rest", "itself, after a moment"])
def test_a_list_that_nobody_hurries_holds_back_after_the_first_rows(hub, monkeypatch, by):
    monkeypatch.setattr(feeds, "HOLD", 3600.0 if by == "who needs the rest" else 0.2)
    meta = {"resourceVersion": "5", "continue": "next", "remainingItemCount": 1}
    first = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": [build_row("a")]}
    with ScriptedServer(
        [respond_with(200, first), respond_list(build_row("b"), version="5")], [stream_watch()]
    ) as server:
        feed = hub.table(build_connection(server), TableQuery(PODS), eager=False)
        wait_for(lambda: list_names(feed) == {"a"})
        if by == "who needs the rest":
            assert hub.table(build_connection(server), TableQuery(PODS)) is feed
        wait_for(lambda: list_names(feed) == {"a", "b"})
