"""Memory: what clusters send is charged as it arrives, by user and cluster; what grows too large ends (class 48)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django.fixtures import Settings

from clusters import namespaces
from clusters.api.cell_limits import LONGEST_CELL, LONGEST_ROW, LONGEST_TITLE, MOST_COLUMNS
from clusters.api.client import Client
from clusters.api.connection import Connection, Identity, Server
from clusters.api.errors import LimitReached, ResponseTooLarge
from clusters.api.json_limits import estimate_decoded
from clusters.api.memory import MEBIBYTE, MemoryBudget
from clusters.api.streams import Streams
from clusters.api.tables import decode_event, decode_page
from clusters.feeds.object_content import OBJECT_BYTES, ObjectContent
from clusters.feeds.states import State
from clusters.gateway.hub import Hub
from clusters.tables.list_pages import ListLimits, ListPages
from clusters.tables.rows import POOL, measure_row, row_key
from clusters.tables.table_content import MAX_CHANGE_BYTES, TableContent, TableQuery
from tests.clusters.api.faults import FaultServer, Wire
from tests.clusters.feeds.table_events import COLUMNS, PODS, build_row, encode_event
from tests.clusters.hubs import hub, make_hub
from tests.dashboard_server import wait_for

__all__ = ["hub", "make_hub"]
PATH = "/api/v1/namespaces/shop/pods"


class EndlessServer(FaultServer):
    """Lists, each page of which has a continue token; `fill` makes the rows of page number n."""

    def __init__(self, fill: Callable[[int], list[dict[str, Any]]], *, pages: int = 10**9) -> None:
        super().__init__(self._answer)
        self.fill = fill
        self.pages = pages

    def _answer(self, wire: Wire) -> None:
        query = {key: value[0] for key, value in parse_qs(urlsplit(wire.request.target).query).items()}
        if "watch" in query:
            wire.stream_head()
            wire.closing.wait(60)
            return
        if not wire.request.target.partition("?")[0].endswith("/pods"):
            wire.respond(403, b"{}")
            return
        number = int(query.get("continue", "0"))
        token = str(number + 1) if number + 1 < self.pages else ""
        table = {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": "1", "continue": token},
            "columnDefinitions": COLUMNS,
            "rows": self.fill(number),
        }
        wire.respond(200, json.dumps(table).encode())


def new_rows(number: int) -> list[dict[str, Any]]:
    return [build_row(f"pod-{number}-{n}", labels={}) for n in range(200)]


def large_cells(number: int) -> list[dict[str, Any]]:
    text = f"{number} " + "x" * 1_000_000
    return [build_row(f"pod-{number}-{n}", ready=text, node=text, labels={"a": text}) for n in range(5)]


def same_rows(_number: int) -> list[dict[str, Any]]:
    return [build_row("pod", labels={})]


def no_rows(_number: int) -> list[dict[str, Any]]:
    return []


def connect(server: FaultServer, person: str = "1", cluster: str = "harbour", **more: Any) -> Connection:
    return Connection(
        cluster, Server(server.url, ca=server.ca), Identity(token="t"), f"print-{person}", person, **more
    )


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    opened = Streams()
    yield opened
    await opened.close()


@pytest.fixture
def small_budget(settings: Settings) -> int:
    """64 MiB in all, 32 for one user or one cluster."""
    settings.QUARTERDECK_MAX_MEMORY = 64
    return 64 * MEBIBYTE


# --- feeds of a cluster that sends without an end


@pytest.mark.parametrize("fill", [new_rows, large_cells])
def test_a_list_without_an_end_is_closed_and_says_why(
    hub: Hub, small_budget: int, fill: Callable[[int], list[dict[str, Any]]]
) -> None:
    largest = 0
    with EndlessServer(fill) as server:
        feed = hub.table(connect(server), TableQuery(PODS, "shop"))
        while feed.state.state is not State.CLOSED:
            largest = max(largest, hub.budget.held)
            feed.wait(0.05)
        requests = len(server.requests)
        assert hub.open_feeds() == 0
        assert not feed.content.snapshot().rows
        assert "more cluster data than this server allows for one user" in feed.state.message
        assert "Narrow it down" in feed.state.message
        assert hub.budget.held == 0
        assert largest <= small_budget
    assert requests > 1


def test_rows_that_are_listed_again_are_counted_while_they_are(hub: Hub, small_budget: int) -> None:
    """The first list is small and live; the one after the 410 does not end."""
    is_live = False

    def fill(number: int) -> list[dict[str, Any]]:
        return large_cells(number) if is_live else new_rows(number)

    with EndlessServer(fill, pages=1) as server:
        feed = hub.table(connect(server), TableQuery(PODS, "shop"))
        wait_for(lambda: feed.state.state is State.LIVE)
        held = hub.budget.held
        assert held > 200 * 500
        is_live, server.pages = True, 10**9
        feed._loop.call_soon_threadsafe(setattr, feed, "_holds", False)
        feed._loop.call_soon_threadsafe(feed.interrupt, ResponseTooLarge())
        feed._loop.call_soon_threadsafe(feed.retry_now)
        feed.timings = feed.timings.__class__(too_large=0.0, backoff=(0.0, 0.0))
        wait_for(lambda: feed.state.state is State.CLOSED)
    assert "more cluster data" in feed.state.message
    assert hub.budget.held == 0


@pytest.mark.parametrize("fill", [same_rows, no_rows])
async def test_pages_that_add_nothing_end_by_their_number(
    streams: Streams, fill: Callable[[int], list[dict[str, Any]]]
) -> None:
    with EndlessServer(fill) as server:
        pages = ListPages(streams, connect(server), PATH, (), limits=ListLimits(pages=30))
        token = ""
        for _page in range(30):
            token = (await pages.read(token)).continue_token
        assert token
        with pytest.raises(LimitReached, match="did not end after 30 pages"):
            await pages.read(token)
        assert len(server.requests) == 30


async def test_and_by_their_time(streams: Streams) -> None:
    now = 0.0
    with EndlessServer(no_rows) as server:
        pages = ListPages(
            streams, connect(server), PATH, (), limits=ListLimits(seconds=10), timer=lambda: now
        )
        await pages.read("")
        now = 11.0
        with pytest.raises(LimitReached, match="did not end"):
            await pages.read("1")


def test_a_list_of_namespaces_ends_though_its_tokens_do_not() -> None:
    now = 0.0

    def tick() -> float:
        nonlocal now
        now += 0.01
        return now

    with EndlessServer(no_rows) as server:
        found = namespaces._list_names(Client(connect(server)), PATH, tick)
        assert len(server.requests) == namespaces.MAX_PAGES
        assert found == namespaces.Namespaces((), False)
        server.requests.clear()
        slow = iter(range(0, 1000, 6))
        assert not namespaces._list_names(Client(connect(server)), PATH, lambda: next(slow)).is_complete
        assert len(server.requests) == 3


async def test_bytes_of_one_answer_are_charged_while_they_arrive(streams: Streams) -> None:
    budget = MemoryBudget(lambda: 8 * MEBIBYTE)
    with FaultServer(lambda wire: wire.respond(200, b"x" * 5 * MEBIBYTE)) as server:
        connection = connect(server, account=budget.open("1", "harbour"))
        with pytest.raises(LimitReached):
            await streams.get(connection, "/large")
        assert budget.held == 0
        with pytest.raises(LimitReached):
            await asyncio.to_thread(Client(connection).request, "GET", "/large")
        assert budget.held == 0


async def test_a_line_of_a_watch_without_an_end_is_charged(streams: Streams) -> None:
    budget = MemoryBudget(lambda: 8 * MEBIBYTE)

    def answer(wire: Wire) -> None:
        wire.stream_head()
        for _ in range(6):
            wire.chunk(b"x" * MEBIBYTE)
        wire.closing.wait(10)

    with FaultServer(answer) as server:
        connection = connect(server, account=budget.open("1", "harbour"))
        with pytest.raises(LimitReached):
            await anext(streams.watch(connection, "/large", ()))
    assert budget.held == 0


# --- one object, many values, many columns


async def test_an_object_is_at_most_twice_what_an_api_server_takes(streams: Streams) -> None:
    body = b'{"metadata":{"name":"large"},"data":{"a":"' + b"x" * OBJECT_BYTES + b'"}}'
    with FaultServer(lambda wire: wire.respond(200, body)) as server:
        content = ObjectContent(PODS, "shop", "large")
        with pytest.raises(ResponseTooLarge):
            async for _page in content.load(streams, connect(server)):
                pass
        with pytest.raises(ResponseTooLarge):
            content.apply(b'{"type":"ADDED","object":' + body + b"}")
    assert content.snapshot().object is None


async def test_an_object_of_millions_of_values_is_charged_what_it_takes(streams: Streams) -> None:
    """5 MiB of `{},` take some 120 MiB as Python has them."""
    body = b'{"metadata":{"name":"many"},"data":[' + b"{}," * 1_700_000 + b"{}]}"
    assert estimate_decoded(body) > 120 * MEBIBYTE
    budget = MemoryBudget(lambda: 100 * MEBIBYTE)
    with FaultServer(lambda wire: wire.respond(200, body)) as server:
        account = budget.open("1", "harbour")
        content = ObjectContent(PODS, "shop", "many", account=account)
        with pytest.raises(LimitReached):
            async for _page in content.load(streams, connect(server, account=account)):
                pass
    assert content.snapshot().object is None
    assert budget.held == 0


async def test_a_page_of_millions_of_values_is_not_decoded(streams: Streams) -> None:
    """It is halved, and of its one row the beginning is read."""
    row = build_row("pod", labels={})
    row["cells"][1] = [{}] * 1_000_000
    table = {"kind": "Table", "metadata": {"resourceVersion": "1"}, "rows": [row]}
    body = json.dumps(table, separators=(",", ":")).encode()
    with FaultServer(lambda wire: wire.respond(200, body)) as server:
        pages = ListPages(streams, connect(server), PATH, (), limits=ListLimits(decoded=5 * MEBIBYTE))
        page = await pages.read("")
        assert [(one.name, len(one.cells[1])) for one in page.rows] == [("pod", LONGEST_CELL)]
        assert [query_limit(one.target) for one in server.requests] == [100, 50, 25, 12, 6, 3, 1, 1]


def query_limit(target: str) -> int:
    return int(parse_qs(urlsplit(target).query)["limit"][0])


def test_columns_are_bounded_in_number_and_length() -> None:
    column = {"name": "n" * 10_000, "type": "t" * 10_000, "format": "f" * 10_000, "description": "d" * 10_000}
    row = build_row("pod", labels={})
    row["cells"] = ["pod", *["x"] * 19_999]
    table = {"kind": "Table", "metadata": {}, "rows": [row]}
    page = decode_page(json.dumps({**table, "columnDefinitions": [column] * 20_000}).encode())
    assert page.columns is not None
    assert len(page.columns) == len(page.rows[0].cells) == MOST_COLUMNS
    one = page.columns[0]
    assert (len(one.name), len(one.type), len(one.format)) == (LONGEST_TITLE,) * 3
    assert len(one.description) == LONGEST_CELL
    event = json.loads(encode_event("ADDED", row))
    event["object"]["columnDefinitions"] = [column] * 20_000
    event["object"]["apiVersion"] = "meta.k8s.io/v1"
    found = decode_event(json.dumps(event).encode())
    assert found.columns is not None
    assert len(found.columns) == MOST_COLUMNS


def test_the_cells_of_a_row_are_bounded_together() -> None:
    row = build_row("pod", labels={})
    row["cells"] = ["pod", *["x" * LONGEST_CELL] * 40, *[["y" * 1000]] * 20, None, 5]
    cells = decode_page(page_of(row)).rows[0].cells
    assert len(cells) == 63
    assert LONGEST_ROW / 2 < len("".join(map(str, cells))) <= LONGEST_ROW
    assert cells[-2:] == (None, 5)
    row["cells"] = ["pod", "x" * LONGEST_CELL, ["y" * 1000], 5]
    assert decode_page(page_of(row)).rows[0].cells == tuple(row["cells"])


def test_changes_that_are_remembered_are_bounded_in_bytes() -> None:
    content = TableContent(TableQuery(PODS, "shop"))
    for number in range(300):
        content.apply(
            encode_event("MODIFIED", build_row("pod", ready=f"{number}" + "x" * 5000, version=number))
        )
    assert content._change_bytes <= MAX_CHANGE_BYTES
    assert 10 < len(content._changes) == len(content._change_sizes) < 1000
    assert content.changes_since(content.version - 5)[1] is not None


def test_a_row_is_charged_at_least_what_its_texts_take() -> None:
    small = decode_page(page_of(build_row("pod", labels={"app": "web"}))).rows[0]
    assert 500 < measure_row(POOL.intern_row(small, 0.0)) < 1500
    large = decode_page(page_of(build_row("pod", labels={"a": "x" * 100_000}, ready="é" * 2000))).rows[0]
    assert measure_row(POOL.intern_row(large, 0.0)) > 200_000
    assert row_key(small) == row_key(large)


def page_of(row: dict[str, Any]) -> bytes:
    return json.dumps({"kind": "Table", "metadata": {}, "columnDefinitions": COLUMNS, "rows": [row]}).encode()


# --- what a table is charged, and gives back


async def test_all_that_was_charged_is_given_back(streams: Streams) -> None:
    budget = MemoryBudget(lambda: 100 * MEBIBYTE)
    account = budget.open("1", "harbour")
    content = TableContent(TableQuery(PODS, "shop"), account=account)
    with EndlessServer(new_rows, pages=3) as server:
        connection = connect(server, account=account)
        for _again in range(3):
            async for _page in content.load(streams, connection):
                pass
            assert content.size() == 600
            assert account.held == sum(measure_row(row) for row in content.snapshot().rows.values())
    content.apply(encode_event("MODIFIED", build_row("pod-0-0", ready="x" * 1000)))
    content.apply(encode_event("ADDED", build_row("pod-9-9")))
    content.apply(encode_event("DELETED", build_row("pod-0-1")))
    assert account.held == sum(measure_row(row) for row in content.snapshot().rows.values())
    content.clear()
    assert account.held == budget.held == 0


@pytest.mark.parametrize("has_rows", [False, True])
async def test_a_list_that_breaks_in_the_middle_gives_back_what_it_does_not_show(
    streams: Streams, has_rows: bool
) -> None:
    account = MemoryBudget(lambda: 100 * MEBIBYTE).open("1", "harbour")
    content = TableContent(TableQuery(PODS, "shop"), account=account)
    with EndlessServer(new_rows, pages=1) as server:
        connection = connect(server, account=account)
        if has_rows:
            async for _page in content.load(streams, connection):
                pass
        server.pages = 10
        pages = content.load(streams, connection)
        await anext(pages)
        await anext(pages)
        if has_rows:
            assert content.loading_size() == 400
        await pages.aclose()
    assert content.loading_size() == 0
    assert content.size() == (200 if has_rows else 400)
    assert account.held == sum(measure_row(row) for row in content.snapshot().rows.values())
