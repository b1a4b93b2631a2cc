"""Runtime: named pools of the sizes in the table, loops in threads, and their shutdown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from clusters.runtime import BATCHES, LOOPS, POOLS, THREADS, Runtime

SECONDS = 10


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """One of its own: that of the process goes on."""
    found = Runtime()
    yield found
    found.shutdown()


def test_a_pool_has_its_name_and_never_more_threads_than_its_size(runtime: Runtime) -> None:
    size = POOLS["render"].threads
    free, counted = threading.Event(), threading.Semaphore(0)

    def work() -> str:
        counted.release()
        free.wait(SECONDS)
        return threading.current_thread().name

    pool = runtime.pool("render")
    assert runtime.pool("render") is pool
    jobs = [pool.submit(work) for _ in range(size + 3)]
    assert all(counted.acquire(timeout=SECONDS) for _ in range(size))
    assert not counted.acquire(blocking=False)
    free.set()
    names = {job.result(SECONDS) for job in jobs}
    assert len(names) == size
    assert all(name.startswith("render_") for name in names)


def test_each_batch_has_a_pool_of_its_own(runtime: Runtime) -> None:
    with runtime.create_batch("list") as first, runtime.create_batch("list") as second:
        assert first is not second
        name = first.submit(lambda: threading.current_thread().name).result(SECONDS)
    assert name.startswith("list_")


def test_an_unknown_name_is_an_error(runtime: Runtime) -> None:
    for refused in (
        lambda: runtime.pool("anything"),
        lambda: runtime.create_batch("anything"),
        lambda: runtime.start_loop("anything"),
        lambda: runtime.start_thread("anything", lambda: None),
    ):
        with pytest.raises(KeyError):
            refused()


def test_a_loop_runs_in_a_thread_of_its_name(runtime: Runtime) -> None:
    async def name() -> str:
        return threading.current_thread().name

    loop = runtime.start_loop("hub")
    assert asyncio.run_coroutine_threadsafe(name(), loop).result(SECONDS) == "hub"


def test_a_thread_runs_to_its_end(runtime: Runtime) -> None:
    names: list[str] = []
    thread = runtime.start_thread("audit-pages", lambda: names.append(threading.current_thread().name))
    thread.join(SECONDS)
    assert names == ["audit-pages"]
    assert thread.daemon


def test_shutdown_ends_tasks_then_closes_then_ends_what_began_again(runtime: Runtime) -> None:
    happened: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            happened.append(name)

    def begin_again(_task: asyncio.Task[None]) -> None:
        again.append(asyncio.get_running_loop().create_task(wait("again")))

    async def begin() -> None:
        again.append(asyncio.create_task(wait("first")))
        again[0].add_done_callback(begin_again)
        await asyncio.sleep(0)

    async def close() -> None:
        await asyncio.sleep(0)
        happened.append("closed")

    again: list[asyncio.Task[None]] = []
    loop = runtime.start_loop("counting", close)
    asyncio.run_coroutine_threadsafe(begin(), loop).result(SECONDS)
    runtime.shutdown()
    assert happened == ["first", "closed", "again"]
    assert loop.is_closed()
    assert all(task.done() for task in again)


def test_shutdown_lets_running_calls_end_and_drops_those_that_wait(runtime: Runtime) -> None:
    free, running = threading.Event(), threading.Barrier(POOLS["render"].threads + 1)

    def work() -> bool:
        running.wait(SECONDS)
        return free.wait(SECONDS)

    pool = runtime.pool("render")
    jobs = [pool.submit(work) for _ in range(POOLS["render"].threads)]
    running.wait(SECONDS)
    waiting = pool.submit(work)
    runtime.shutdown()
    assert waiting.cancelled()
    free.set()
    assert [job.result(SECONDS) for job in jobs] == [True] * len(jobs)
    with pytest.raises(RuntimeError):
        pool.submit(work)


def test_every_name_says_what_it_is_for() -> None:
    purposes = [one.purpose for one in (*POOLS.values(), *BATCHES.values())] + [*LOOPS.values()]
    purposes += THREADS.values()
    assert all(len(purpose) > 10 for purpose in purposes)
    assert len({*POOLS, *BATCHES, *LOOPS, *THREADS}) == len(purposes)
