"""Are calls to a hanging API server ended at once, and is a slow path told from a server that hangs?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from clusters.api import outages
from clusters.api.client import Client
from clusters.api.errors import ApiError, Busy, TimedOut
from clusters.api.turns import CALLS, PROBES
from tests.clusters.api.calls import fetch, to
from tests.clusters.api.faults import FaultServer, Wire, hangs, until

SHORT = 0.4  # seconds that a call waits here
NOT_ASKED = "It did not respond a moment ago; the next attempt is in a few seconds."


class Server(FaultServer):
    """Answers everything but what begins with one of `hanging`."""

    def __init__(self, *hanging: str) -> None:
        super().__init__(self._answer)
        self.hanging = hanging

    def _answer(self, wire: Wire) -> None:
        if wire.request.target.startswith(self.hanging):
            hangs(wire)
        wire.answer(200, b"{}")

    def asked(self, path: str) -> int:
        return sum(one.target == path for one in self.requests)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("/") as started:
        yield started


def times_out(server: Server, path: str = "/version", seconds: float = SHORT) -> str:
    """What is said of a call that got no answer."""
    with pytest.raises(TimedOut) as raised:
        fetch("client", to(server), path, seconds)
    return raised.value.message


def asked_in_the_end(server: Server, path: str) -> None:
    """Call until a call is really sent; it gets no answer."""
    until(lambda: times_out(server, path, 5) != NOT_ASKED)


def test_after_a_call_that_timed_out_nobody_else_asks(server):
    times_out(server)
    assert times_out(server, "/other", 60) == NOT_ASKED
    assert server.asked("/other") == 0


def test_after_the_hold_one_call_finds_out_and_the_others_still_do_not_wait(server, monkeypatch):
    monkeypatch.setattr(outages, "HOLD", 0.2)
    times_out(server)
    monkeypatch.setattr(outages, "HOLD", 60.0)
    first = threading.Thread(target=asked_in_the_end, args=(server, "/first"))
    first.start()
    until(lambda: server.asked("/first") == 1)
    assert times_out(server, "/second", 60) == NOT_ASKED
    first.join(20)
    assert (server.asked("/first"), server.asked("/second")) == (1, 0)


def test_a_server_that_answers_again_is_asked_by_all(server):
    times_out(server)
    server.hanging = ("/slow",)
    assert Client(to(server)).get("/readyz", lane=PROBES) == {}, "a probe is let through at any time"
    assert fetch("client", to(server)) == b"{}"


def test_an_answer_to_a_stream_counts_too(server):
    times_out(server)
    server.hanging = ("/slow",)
    assert fetch("streams", to(server)) == b"{}"
    assert fetch("client", to(server)) == b"{}"


def test_one_slow_path_is_no_outage():
    with Server("/slow") as server, ThreadPoolExecutor(1) as beside:
        slow = beside.submit(times_out, server, "/slow", 1.0)
        until(lambda: server.asked("/slow") == 1)
        assert fetch("client", to(server)) == b"{}"
        assert slow.result(20) != NOT_ASKED
        assert fetch("client", to(server)) == b"{}"


def test_another_server_is_asked_as_before(server):
    times_out(server)
    with Server("/slow") as other:
        assert fetch("client", to(other)) == b"{}"


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(outages, "_KEPT", 3)
    for number in range(10):
        outages.answered(to(f"https://{number}.example:6443").server)
    assert len(outages._servers) == 3
    for number in range(10):
        outages.note(to(f"https://silent-{number}.example:6443").server, time.monotonic(), TimedOut())
    assert len(outages._servers) == 3


def test_one_hanging_cluster_has_at_most_its_share_of_the_calls():
    """48 of 160, however many people ask; who comes then is told, and other clusters are asked as before."""
    asking = 60
    with Server("/") as server, Server("/slow") as other, ThreadPoolExecutor(asking) as people:
        calls = [people.submit(_call, server, f"p{number}") for number in range(asking)]
        until(lambda: len(server.requests) == CALLS.cluster, 20)
        until(lambda: sum(one.done() for one in calls) == asking - CALLS.cluster, 20)
        assert {type(one.result()) for one in calls if one.done()} == {Busy}
        assert Client(replace(to(other), cluster="other")).get("/version") == {}
        assert len(server.requests) == CALLS.cluster == 48
        assert CALLS.total == 160
        server.__exit__()


def _call(server: Server, person: str) -> ApiError:
    with pytest.raises(ApiError) as raised:
        Client(to(server, person=person)).get("/version", timeout=30)
    return raised.value
