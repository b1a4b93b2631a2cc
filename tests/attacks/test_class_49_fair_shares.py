"""Fair shares: one user's pages, and a cluster that hangs, leave slots, threads and rows to others (class 49)."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pytest_django.fixtures import Settings

from clusters.api.concurrency import ConcurrencyLimit
from clusters.api.connection import Connection, Identity, Server
from clusters.api.errors import Busy
from clusters.api.fair_slots import FairSlots, SlotLimits
from clusters.api.streams import CALL_SLOTS, Streams
from clusters.feeds.states import State
from clusters.feeds.timings import FeedTimings
from clusters.tables.table_content import TableQuery
from tests.attacks.test_class_48_memory import EndlessServer, new_rows
from tests.clusters.api.faults import FaultServer, Wire
from tests.clusters.feeds.table_events import PODS
from tests.clusters.hubs import MakeHub, make_hub
from tests.dashboard_server import wait_for

__all__ = ["make_hub"]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


class Holders:
    """Tasks that hold a slot until they are let go, by the name of their user."""

    def __init__(self, slots: FairSlots) -> None:
        self.slots = slots
        self.holding: list[tuple[str, str]] = []
        self.tasks: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._leave: dict[asyncio.Task[None], asyncio.Event] = {}

    async def begin(self, user: str, cluster: str = "", number: int = 1) -> None:
        for _ in range(number):
            leave = asyncio.Event()
            task = asyncio.create_task(self._hold(user, cluster, leave))
            self.tasks[task], self._leave[task] = (user, cluster), leave
            await settle()

    async def end_one(self, user: str) -> None:
        for task, leave in self._leave.items():
            if self.tasks[task][0] == user and not leave.is_set() and self.tasks[task] in self.holding:
                leave.set()
                await task
                await settle()
                return
        raise AssertionError(f"{user} holds nothing")

    async def end_all(self) -> None:
        for leave in self._leave.values():
            leave.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _hold(self, user: str, cluster: str, leave: asyncio.Event) -> None:
        async with self.slots.acquire(user, cluster):
            self.holding.append((user, cluster))
            try:
                await leave.wait()
            finally:
                self.holding.remove((user, cluster))


# --- the slots themselves


async def test_each_bound_holds() -> None:
    holders = Holders(FairSlots(SlotLimits(total=6, per_user=4, per_cluster=3, per_both=2)))
    await holders.begin("ann", "a", 5)
    await holders.begin("ann", "b", 5)
    await holders.begin("bob", "a", 5)
    await holders.begin("cyd", "c", 5)
    counted = Counter(holders.holding)
    assert counted == {("ann", "a"): 2, ("ann", "b"): 2, ("bob", "a"): 1, ("cyd", "c"): 1}
    await holders.end_all()
    assert holders.slots.count_running() == holders.slots.count_waiting() == 0


async def test_who_has_fewest_goes_first() -> None:
    holders = Holders(FairSlots(SlotLimits(total=2)))
    await holders.begin("ann", number=50)
    await holders.begin("bob")
    await holders.begin("cyd")
    await holders.end_one("ann")
    assert sorted(holders.holding) == [("ann", ""), ("bob", "")]
    await holders.end_one("bob")
    assert sorted(holders.holding) == [("ann", ""), ("cyd", "")]
    await holders.end_all()
    assert holders.slots._served == {}


async def test_of_equals_who_was_served_longest_ago_goes_first() -> None:
    holders = Holders(FairSlots(SlotLimits(total=1)))
    await holders.begin("ann", number=50)
    await holders.begin("bob", number=50)
    served = []
    for _ in range(6):
        served.append(holders.holding[0][0])
        await holders.end_one(served[-1])
    assert served == ["ann", "bob"] * 3
    await holders.end_all()


async def test_what_is_canceled_or_waits_too_long_leaves_nothing_behind() -> None:
    slots = FairSlots(SlotLimits(total=1, waiting=2, max_wait=0.05))
    holders = Holders(slots)
    await holders.begin("ann")
    waiting = [asyncio.create_task(holders._hold("bob", "", asyncio.Event())) for _ in range(2)]
    await settle()
    with pytest.raises(Busy):
        await holders._hold("bob", "", asyncio.Event())  # one too many
    waiting[0].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in results] == [asyncio.CancelledError, Busy]
    assert slots.count_waiting() == 0
    last = asyncio.create_task(holders._hold("bob", "", asyncio.Event()))
    await settle()
    slots._leave("ann", "")  # bob is given the slot, and canceled before he knows
    last.cancel()
    await asyncio.gather(last, return_exceptions=True)
    assert slots.count_running() == 0


# --- lists and reviews of clusters


class SlowServer(FaultServer):
    """Answers when it is told to, and counts how many wait at once."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.release = threading.Event()
        self.at_once = self.largest = 0
        self._count_lock = threading.Lock()

    def _answer(self, wire: Wire) -> None:
        with self._count_lock:
            self.at_once += 1
            self.largest = max(self.largest, self.at_once)
        self.release.wait(30)
        with self._count_lock:
            self.at_once -= 1
        wire.respond(200, b"{}")


def connect(server: FaultServer, person: str, cluster: str) -> Connection:
    return Connection(
        cluster, Server(server.url, ca=server.ca), Identity(token="t"), f"{person} {cluster}", person
    )


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    opened = Streams()
    yield opened
    await opened.close()


async def test_fifty_lists_of_one_page_are_a_few_requests_at_once(streams: Streams) -> None:
    with SlowServer() as server:
        ann = connect(server, "ann", "slow")
        lists = [asyncio.create_task(streams.get(ann, f"/{n}", timeout=30)) for n in range(50)]
        await asyncio.to_thread(wait_for, lambda: server.at_once == CALL_SLOTS.per_both)
        review = asyncio.create_task(streams.post(ann, "/review", {}))
        probe = asyncio.create_task(streams.get(ann, "/readyz"))
        other = asyncio.create_task(streams.get(connect(server, "bob", "slow"), "/of-bob"))
        await asyncio.to_thread(wait_for, lambda: server.at_once == 8 + 3)
        server.release.set()
        await asyncio.gather(*lists, review, probe, other)
    assert server.largest == 11


async def test_watches_wait_for_a_slot_until_their_head_is_there(streams: Streams) -> None:
    with SlowServer() as server:
        ann = connect(server, "ann", "slow")

        async def watch(number: int) -> list[bytes]:
            return [line async for line in streams.watch(ann, f"/{number}", [("watch", "true")])]

        watches = [asyncio.create_task(watch(n)) for n in range(20)]
        await asyncio.to_thread(wait_for, lambda: server.at_once == CALL_SLOTS.per_both)
        server.release.set()
        await asyncio.gather(*watches)
    assert server.largest == CALL_SLOTS.per_both


async def test_a_stream_that_is_open_holds_no_slot(streams: Streams) -> None:
    def answer(wire: Wire) -> None:
        wire.stream_head()
        wire.closing.wait(30)

    with FaultServer(answer) as server:
        ann = connect(server, "ann", "a")
        async with AsyncExitStack() as stack:
            for number in range(20):
                await stack.enter_async_context(streams.open_stream(ann, f"/{number}"))
            assert streams.call_slots.count_running() == 0


def test_calls_of_one_user_everywhere_leave_some_to_others() -> None:
    limit = ConcurrencyLimit(per_user=2, total=6, everywhere=3, max_wait=0.05)
    entered = [limit.acquire_slot(cluster, "ann") for cluster in ("a", "b", "c")]
    for one in entered:
        one.__enter__()
    with pytest.raises(Busy), limit.acquire_slot("d", "ann"):
        pass
    with limit.acquire_slot("a", "bob"), limit.acquire_slot("d", "bob"):
        pass
    for one in entered:
        one.__exit__(None, None, None)
    assert not limit._running
    assert not limit._waiting


def test_of_calls_that_wait_the_user_with_fewest_goes_first() -> None:
    limit = ConcurrencyLimit(per_user=9, total=2, max_wait=10)
    order: list[str] = []
    first, second = limit.acquire_slot("a", "ann"), limit.acquire_slot("b", "ann")
    first.__enter__()
    second.__enter__()

    def call(person: str) -> None:
        with limit.acquire_slot("a", person):
            order.append(person)

    threads = [threading.Thread(target=call, args=(person,)) for person in ("ann", "ann", "ann", "bob")]
    for number, thread in enumerate(threads):
        thread.start()
        wait_for(lambda expected=number + 1: limit._waiting.total() == expected)
    first.__exit__(None, None, None)
    wait_for(lambda: order)
    assert order[0] == "bob"
    second.__exit__(None, None, None)
    for thread in threads:
        thread.join(10)
    assert order == ["bob", "ann", "ann", "ann"]


# --- rows


def test_whoever_holds_most_rows_gives_way(make_hub: MakeHub, settings: Settings) -> None:
    """The newest, largest lists made the small ones of others close."""
    hub = make_hub(FeedTimings(sweep=0.1))
    with EndlessServer(new_rows, pages=1) as small, EndlessServer(new_rows, pages=3) as large:
        dana = hub.table(connect(small, "dana", "harbour"), TableQuery(PODS, "shop"))
        olga = hub.table(connect(small, "olga", "harbour"), TableQuery(PODS, "shop"))
        hub.release(olga)
        eve = [hub.table(connect(large, "eve", "island"), TableQuery(PODS, name)) for name in ("a", "b")]
        wait_for(lambda: hub.rows() == 1600)
        settings.QUARTERDECK_MAX_ROWS = 1100
        wait_for(lambda: any(one.state.state is State.CLOSED for one in eve))
        closed = [one for one in eve if one.state.state is State.CLOSED]
        assert "limit of rows" in closed[0].state.message
        wait_for(lambda: hub.rows() == 1000)
        assert (len(closed), dana.content.size(), olga.content.size()) == (1, 200, 200)
