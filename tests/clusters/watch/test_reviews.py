"""Does a feed's reviewing end with the feed, whatever happens in that moment?"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from clusters.watch.hub import Hub
from clusters.watch.reviews import keep_reviewing
from clusters.watch.states import FeedState, State
from tests.clusters.api.faults import Behaviour, status
from tests.clusters.watch.scripted import Scripted, stream
from tests.clusters.watch.test_feed import opened
from tests.house.committed import own
from tests.house.floor_plan import ROOT
from tests.served import wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.drop(lambda _connection: True, "over")


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        (status(400, "BadRequest"), State.REJECTED),
        (status(401, "Unauthorized"), State.LAPSED),
    ],
)
def test_a_refusal_wakes_it_once(hub: Hub, refusal: Behaviour, state: State) -> None:
    """It does not go round and round, nor ask the API server at each turn."""
    with Scripted([refusal], [stream()]) as server:
        feed, _seen = opened(hub, server)
        wait_for(lambda: feed.state.state is state and not feed.refused.is_set(), 10)
        assert hub._loop is not None
        asyncio.run_coroutine_threadsafe(asyncio.sleep(1), hub._loop).result(10)  # time to ask many times
        reviews = [one for one in server.requests if one.target.endswith("selfsubjectaccessreviews")]
        assert len(reviews) <= 2


@pytest.mark.parametrize("turns", range(4))
async def test_it_ends_though_it_is_woken_in_the_same_moment(turns: int) -> None:
    """A review that goes on asks the API server for nobody, for as long as the process lives."""
    feed = SimpleNamespace(
        state=FeedState(State.LAPSED), refused=asyncio.Event(), connection=SimpleNamespace(ends=None)
    )
    reviewing = asyncio.create_task(keep_reviewing(feed, None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    feed.refused.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    feed.refused.clear()
    reviewing.cancel()
    await asyncio.wait([reviewing], timeout=5)
    assert reviewing.cancelled()


def test_nothing_of_ours_waits_in_a_way_that_may_lose_a_cancellation() -> None:
    """asyncio.wait_for of Python before 3.12 goes on where what it waits for comes with the cancellation
    (https://github.com/python/cpython/issues/86296); asyncio.timeout does not."""
    ours = [path for path in own(".py") if path.startswith(("clusters/", "dashboard/", "people/"))]
    assert len(ours) > 100
    assert [path for path in ours if may_lose_a_cancellation((ROOT / path).read_text())] == []


def may_lose_a_cancellation(source: str) -> bool:
    """Whether asyncio.wait_for is named in it, however it was imported."""
    nodes = list(ast.walk(ast.parse(source)))
    used = [ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)]
    imported = [
        f"asyncio.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asyncio")
        for alias in node.names
    ]
    return "asyncio.wait_for" in [*used, *imported]


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("import asyncio\nasync def f(): await asyncio.wait_for(g(), 1)", True),
        ("from asyncio import wait_for as within", True),
        ("from asyncio.tasks import wait_for", True),
        ("async def f(condition): await condition.wait_for(lambda: True)", False),
        (
            "import asyncio\nasync def f():\n    async with asyncio.timeout(1): await g()  # not wait_for(",
            False,
        ),
    ],
)
def test_it_sees_what_may_lose_one(source: str, is_found: bool) -> None:
    assert may_lose_a_cancellation(source) is is_found
