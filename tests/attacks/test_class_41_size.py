"""Size: a page of a list that is too large is halved, and one object that is too large costs its own row (class 41)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clusters.api.byte_streams import MEBIBYTE
from clusters.api.connection import Connection, Identity, Server
from clusters.api.errors import ResponseTooLarge
from clusters.api.streams import Streams
from clusters.api.tables import Row
from clusters.feeds.feed import Feed
from clusters.feeds.timings import FeedTimings
from clusters.tables.list_pages import ListPages
from clusters.tables.table_content import TableContent, TableQuery
from tests.clusters.api.faults import FaultServer, Wire
from tests.clusters.feeds.table_events import COLUMNS, PODS, build_row

PATH = "/api/v1/namespaces/shop/pods"


class PagedServer(FaultServer):
    """Lists rows in pages of the requested limit, in the order in which an API server writes them."""

    def __init__(self, sizes: list[int]) -> None:
        """`sizes` are those of each row's annotation, in bytes."""
        super().__init__(self._answer)
        self.sizes = sizes
        self.limits: list[int] = []

    def _answer(self, wire: Wire) -> None:
        query = {key: value[0] for key, value in parse_qs(urlsplit(wire.request.target).query).items()}
        start, limit = int(query.get("continue", "0")), int(query["limit"])
        self.limits.append(limit)
        end = min(start + limit, len(self.sizes))
        table: dict[str, Any] = {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": "1", "continue": str(end) if end < len(self.sizes) else ""},
            "columnDefinitions": COLUMNS,
            "rows": [self._row(number) for number in range(start, end)],
        }
        wire.respond(200, json.dumps(table).encode())

    def _row(self, number: int) -> dict[str, Any]:
        row = build_row(f"pod-{number:03}", labels={"app": "web"})
        row["object"]["metadata"]["annotations"] = {"a": "x" * self.sizes[number]}
        return row


def connect(url: str, ca: str) -> Connection:
    return Connection("harbour", Server(url, ca=ca), Identity(token="t"), "print", "1")


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    opened = Streams()
    yield opened
    await opened.close()


async def read_all(streams: Streams, server: FaultServer, **limits: int) -> tuple[list[Row], int]:
    pages = ListPages(streams, connect(server.url, server.ca), PATH, (), **limits)
    rows: list[Row] = []
    token, unreadable = "", 0
    while True:
        page = await pages.read(token)
        rows += page.rows
        unreadable += page.unreadable
        token = page.continue_token
        if not token:
            return rows, unreadable


async def test_pages_are_halved_until_they_fit(streams: Streams) -> None:
    with PagedServer([20_000] * 550) as server:
        rows, unreadable = await read_all(streams, server, limit_bytes=MEBIBYTE)
    assert [row.name for row in rows] == [f"pod-{number:03}" for number in range(550)]
    assert unreadable == 0
    assert server.limits[:3] == [100, 50, 25]
    assert len(server.limits) < 30


async def test_pages_of_small_rows_are_as_large_as_ever(streams: Streams) -> None:
    with PagedServer([10] * 700) as server:
        assert len((await read_all(streams, server))[0]) == 700
    assert server.limits == [100, 500, 500]


async def test_pages_grow_again_behind_large_rows(streams: Streams) -> None:
    with PagedServer([*[300_000] * 20, *[10] * 900]) as server:
        rows, _unreadable = await read_all(streams, server, limit_bytes=MEBIBYTE)
    assert len(rows) == 920
    assert max(server.limits[5:]) == 500


async def test_an_object_too_large_for_a_page_has_its_row(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clusters.api.streams.BODY_LIMIT", MEBIBYTE)
    with PagedServer([10, 3 * MEBIBYTE, 10]) as server:
        rows, unreadable = await read_all(streams, server, limit_bytes=MEBIBYTE)
    assert [(row.name, row.uid, row.labels["app"]) for row in rows] == [
        (f"pod-{number:03}", f"uid-shop-pod-{number:03}", "web") for number in range(3)
    ]
    assert unreadable == 0
    assert len(server.limits) < 15


class NamelessServer(PagedServer):
    """Of the large row there is nothing but its annotation."""

    def _row(self, number: int) -> dict[str, Any]:
        row = super()._row(number)
        if self.sizes[number] < MEBIBYTE:
            return row
        return {"object": {"metadata": {"annotations": row["object"]["metadata"]["annotations"]}}}


async def test_an_object_that_cannot_be_read_is_counted_and_the_others_are_listed(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clusters.api.streams.BODY_LIMIT", MEBIBYTE)
    with NamelessServer([10, 3 * MEBIBYTE, 10]) as server:
        content = TableContent(TableQuery(PODS, "shop"))
        async for _loaded in content.load(streams, connect(server.url, server.ca)):
            pass
    assert sorted(row.name for row in content.snapshot().rows.values()) == ["pod-000", "pod-002"]
    assert content.unreadable == 1


def test_what_is_too_large_is_not_requested_again_soon() -> None:
    feed = Feed(connect("https://127.0.0.1:1", ""), TableContent(TableQuery(PODS, "shop")), FeedTimings())
    feed.viewers = 1
    assert feed._handle_error(ResponseTooLarge()) >= feed.timings.too_large
