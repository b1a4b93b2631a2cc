"""Hubs of their own, for the tests of feeds and of the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from clusters.feeds.timings import FeedTimings
from clusters.gateway.hub import Hub, StartLoop
from clusters.runtime import runtime

MakeHub = Callable[..., Hub]


@pytest.fixture
def make_hub() -> Iterator[MakeHub]:
    """Makes a hub with timings of its own, and a loop that is started in another way."""
    made: list[Hub] = []

    def make(
        timings: FeedTimings | None = None, start_loop: StartLoop = runtime.start_loop, **bounds: int
    ) -> Hub:
        made.append(Hub(timings or FeedTimings(), start_loop, **bounds))
        return made[-1]

    yield make
    for one in made:
        one.drop(lambda _connection: True, "over")


@pytest.fixture
def hub(make_hub: MakeHub) -> Hub:
    """One with the timings of production."""
    return make_hub()
