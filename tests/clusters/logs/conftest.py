"""Log fixtures: views of logs at an upstream that is made by hand, and at the real API server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from clusters.gateway.connect import ClusterSession
from clusters.logs.events import Notice
from clusters.logs.merging import MergedLine
from clusters.logs.options import LogOptions, LogTarget
from clusters.logs.outbox import Event
from clusters.logs.service import LogService, OpenView
from clusters.logs.timings import LogTimings
from tests.clusters.gateway.conftest import session_at_controlplane, session_at_fault_server, users
from tests.clusters.logs.upstream import Upstream

__all__ = ["session_at_controlplane", "session_at_fault_server", "users"]
QUICK = LogTimings(backoff=(0.02, 0.1), review=0.1, status=0.05, pods=0.1)


class Collector:
    """Takes events of a view until a condition holds."""

    def __init__(self, opened: OpenView) -> None:
        self.opened = opened
        self.events: list[Event] = []

    @property
    def lines(self) -> list[MergedLine]:
        return [one for one in self.events if isinstance(one, MergedLine)]

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.lines]

    @property
    def notices(self) -> list[str]:
        return [one.kind for one in self.events if isinstance(one, Notice)]

    def read_until(self, condition: Callable[[Collector], bool], seconds: float = 20.0) -> None:
        until = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < until, f"it did not come: {self.texts[-5:]} {self.notices}"
            taken, _ = self.opened.view.take()
            self.events.extend(taken)
            if not taken:
                time.sleep(0.005)


OpenCollector = Callable[..., Collector]


@pytest.fixture
def service() -> LogService:
    return LogService()


@pytest.fixture
def open_collector(service: LogService) -> Iterator[OpenCollector]:
    """`open_collector(session, LogOptions())` reads all pods of `shop`, or what the targets say."""
    opened: list[OpenView] = []

    def open_one(
        session: ClusterSession,
        options: LogOptions | None = None,
        *targets: LogTarget,
        timings: LogTimings = QUICK,
    ) -> Collector:
        named = targets or (LogTarget(session, "shop", selector="app=web"),)
        opened.append(service.open(named, options or LogOptions(), timings))
        return Collector(opened[-1])

    yield open_one
    for one in opened:
        one.close()
    until = time.monotonic() + 10
    while len(service) and time.monotonic() < until:
        time.sleep(0.01)
    assert not len(service), "a log view did not end"


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()
