"""Circuit breaker: calls to a hanging API server end at once, and a slow path does not open it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from clusters.api.circuit_breaker import CircuitBreaker
from clusters.api.client import Client
from clusters.api.concurrency import CALLS, PROBES
from clusters.api.errors import ApiError, Busy, TimedOut
from tests.clusters.api.calls import fetch, make_connection
from tests.clusters.api.faults import FaultServer, Wire, hang, wait_until

SHORT = 0.4  # seconds that a call waits here
NOT_SENT = "It did not respond a moment ago; the next attempt is in a few seconds."


class Server(FaultServer):
    """Answers everything but what begins with one of `hanging`."""

    def __init__(self, *hanging: str) -> None:
        super().__init__(self._answer)
        self.hanging = hanging

    def _answer(self, wire: Wire) -> None:
        if wire.request.target.startswith(self.hanging):
            hang(wire)
        wire.respond(200, b"{}")

    def count_requests(self, path: str) -> int:
        return sum(one.target == path for one in self.requests)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("/") as started:
        yield started


def call_and_time_out(server: Server, path: str = "/version", seconds: float = SHORT) -> str:
    """The message of a call that got no response."""
    with pytest.raises(TimedOut) as raised:
        fetch("client", make_connection(server), path, seconds)
    return raised.value.message


def test_after_a_call_that_timed_out_no_other_is_sent(server):
    call_and_time_out(server)
    assert call_and_time_out(server, "/other", 60) == NOT_SENT
    assert server.count_requests("/other") == 0


def test_after_the_hold_one_call_finds_out_and_the_others_still_do_not_wait(server):
    offset = [0.0]  # seconds
    ours = CircuitBreaker(hold=3600.0, timer=lambda: time.monotonic() + offset[0])
    client = Client(make_connection(server), ours)

    def call(path: str, seconds: float) -> str:
        with pytest.raises(TimedOut) as raised:
            client.request("GET", path, timeout=seconds)
        return raised.value.message

    call("/version", SHORT)
    assert call("/early", 60) == NOT_SENT
    offset[0] = 3600.0
    first = threading.Thread(target=call, args=("/first", SHORT))
    first.start()
    wait_until(lambda: server.count_requests("/first") == 1)
    assert call("/second", 60) == NOT_SENT
    first.join(20)
    assert [server.count_requests(path) for path in ("/early", "/first", "/second")] == [0, 1, 0]


def test_a_server_that_responds_again_gets_every_call(server):
    call_and_time_out(server)
    server.hanging = ("/slow",)
    assert Client(make_connection(server)).get("/readyz", concurrency=PROBES) == {}, (
        "a probe is let through at any time"
    )
    assert fetch("client", make_connection(server)) == b"{}"


def test_an_answer_to_a_stream_counts_too(server):
    call_and_time_out(server)
    server.hanging = ("/slow",)
    assert fetch("streams", make_connection(server)) == b"{}"
    assert fetch("client", make_connection(server)) == b"{}"


def test_one_slow_path_does_not_open_the_circuit():
    with Server("/slow") as server, ThreadPoolExecutor(1) as beside:
        slow = beside.submit(call_and_time_out, server, "/slow", 1.0)
        wait_until(lambda: server.count_requests("/slow") == 1)
        assert fetch("client", make_connection(server)) == b"{}"
        assert slow.result(20) != NOT_SENT
        assert fetch("client", make_connection(server)) == b"{}"


def test_another_server_gets_calls_as_before(server):
    call_and_time_out(server)
    with Server("/slow") as other:
        assert fetch("client", make_connection(other)) == b"{}"


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first():
    ours = CircuitBreaker(max_servers=3, timer=lambda: 100.0)
    silent = [make_connection(f"https://silent-{number}.example:6443").server for number in range(10)]
    for server in silent:
        ours.record_error(server, 50.0, TimedOut())
    assert (len(ours), ours.count_open()) == (3, 3)
    ours.check(silent[0])  # forgotten
    with pytest.raises(TimedOut):
        ours.check(silent[-1])
    for number in range(10):
        ours.record_response(make_connection(f"https://{number}.example:6443").server)
    assert (len(ours), ours.count_open()) == (3, 0)


def test_one_hanging_cluster_has_at_most_its_share_of_the_calls():
    """48 of 160, however many people ask; who comes then gets Busy, and other clusters are called as before."""
    asking = 60
    with Server("/") as server, Server("/slow") as other, ThreadPoolExecutor(asking) as people:
        calls = [people.submit(_call, server, f"p{number}") for number in range(asking)]
        wait_until(lambda: len(server.requests) == CALLS.per_cluster, 20)
        wait_until(lambda: sum(one.done() for one in calls) == asking - CALLS.per_cluster, 20)
        assert {type(one.result()) for one in calls if one.done()} == {Busy}
        assert Client(replace(make_connection(other), cluster="other")).get("/version") == {}
        assert len(server.requests) == CALLS.per_cluster == 48
        assert CALLS.total == 160
        server.__exit__()


def _call(server: Server, person: str) -> ApiError:
    with pytest.raises(ApiError) as raised:
        Client(make_connection(server, person=person)).get("/version", timeout=30)
    return raised.value
