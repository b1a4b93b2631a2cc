"""Access checks of feeds: the reviewing task ends with its feed, without a lost cancellation."""

from __future__ import annotations

import ast
import asyncio
from types import SimpleNamespace

import pytest

from clusters.feeds.access_checks import keep_reviewing
from clusters.feeds.states import FeedState, State
from clusters.feeds.timings import FeedTimings
from clusters.gateway.hub import Hub
from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own
from tests.clusters.api.faults import Behaviour, respond_status
from tests.clusters.feeds.scripted_server import ScriptedServer, stream_watch
from tests.clusters.feeds.test_feed import open_feed
from tests.dashboard_server import wait_for


@pytest.mark.parametrize(
    ("denial", "state"),
    [
        (respond_status(400, "BadRequest"), State.REJECTED),
        (respond_status(401, "Unauthorized"), State.UNAUTHORIZED),
    ],
)
def test_a_denial_wakes_it_once(hub: Hub, denial: Behaviour, state: State) -> None:
    """It does not spin, nor send a review in each cycle."""
    with ScriptedServer([denial], [stream_watch()]) as server:
        feed, _seen = open_feed(hub, server)
        wait_for(lambda: feed.state.state is state and not feed.denied.is_set(), 10)
        assert hub._loop is not None
        asyncio.run_coroutine_threadsafe(asyncio.sleep(1), hub._loop).result(10)  # time for many reviews
        reviews = [one for one in server.requests if one.target.endswith("selfsubjectaccessreviews")]
        assert len(reviews) <= 2


@pytest.mark.parametrize("steps", range(4))
async def test_it_ends_though_it_is_woken_at_the_same_time(steps: int) -> None:
    """A review that goes on asks the API server for nobody, for as long as the process lives."""
    feed = SimpleNamespace(
        state=FeedState(State.UNAUTHORIZED),
        denied=asyncio.Event(),
        connection=SimpleNamespace(expires_at=None),
        timings=FeedTimings(),
    )
    reviewing = asyncio.create_task(keep_reviewing(feed, None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    feed.denied.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    feed.denied.clear()
    reviewing.cancel()
    await asyncio.wait([reviewing], timeout=5)
    assert reviewing.cancelled()


def test_nothing_of_ours_waits_in_a_way_that_may_lose_a_cancellation() -> None:
    """asyncio.wait_for of Python before 3.12 goes on where what it waits for comes with the cancellation
    (https://github.com/python/cpython/issues/86296); asyncio.timeout does not."""
    ours = [path for path in list_own(".py") if path.startswith(("clusters/", "dashboard/", "people/"))]
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
