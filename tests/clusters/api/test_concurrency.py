"""Concurrency limit: how many calls of a client run at once."""

from __future__ import annotations

import threading

import pytest

from clusters.api.client import Client
from clusters.api.concurrency import ConcurrencyLimit
from clusters.api.errors import Busy, Unreachable
from tests.clusters.api import faults
from tests.clusters.api.calls import make_connection
from tests.clusters.api.faults import FaultServer


def test_it_reports_busy_to_who_waits_too_long() -> None:
    limit = ConcurrencyLimit(per_user=1, total=2, max_wait=0.05)
    with limit.acquire_slot("c", "dana"):
        with pytest.raises(Busy) as raised, limit.acquire_slot("c", "dana"):
            pass
        assert raised.value.retry_after == 1.0
        with limit.acquire_slot("c", "rene"), pytest.raises(Busy), limit.acquire_slot("d", "stan"):
            pass
    with limit.acquire_slot("c", "dana"):
        pass


def test_it_lets_the_next_one_in_at_once() -> None:
    limit = ConcurrencyLimit(per_user=1, total=1, max_wait=5)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with limit.acquire_slot("c", "dana"):
            entered.set()
            leave.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(5)
    threading.Timer(0.05, leave.set).start()
    with limit.acquire_slot("c", "rene"):
        assert leave.is_set()
    holder.join(5)
    assert not limit._running


def test_it_lets_one_person_hold_no_more_than_their_share() -> None:
    limit = ConcurrencyLimit(per_user=2, total=10, max_wait=0.05)
    with FaultServer(faults.hang) as server:
        client = Client(make_connection(server))
        callers = [threading.Thread(target=_call, args=(client, limit)) for _ in range(2)]
        for caller in callers:
            caller.start()
        faults.wait_until(lambda: len(server.requests) == 2)
        with pytest.raises(Busy):
            client.get("/version", concurrency=limit)
        assert len(server.requests) == 2
    for caller in callers:
        caller.join(10)


def _call(client: Client, limit: ConcurrencyLimit) -> None:
    with pytest.raises(Unreachable):
        client.get("/version", concurrency=limit, timeout=3)
