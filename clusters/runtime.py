"""Runtime: the event loops and thread pools of this process, each with its name, size and purpose.

Nothing else in `clusters/` and `dashboard/` starts a thread, a pool or a loop, except `clusters/api`, which is complete
in itself: it looks up names, and asks old API servers for each group version. This module imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

SHUTDOWN_SECONDS = 5.0  # for what runs in one loop to end
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PoolSize:
    """How many threads a pool may have, and what they are for."""

    threads: int
    purpose: str


# Pools that live as long as the process.
POOLS = {
    "review": PoolSize(64, "access reviews of pages, up to ten at once for each page"),
    "prefetch": PoolSize(
        16, "reviews and namespaces of a list while its first rows load, and of the buttons of open pages"
    ),
    "render": PoolSize(2, "changes of open pages, rendered"),
    "passthrough": PoolSize(8, "tokens and sessions of requests through the pass-through, from the database"),
    "operations": PoolSize(16, "requests of operations that outlive the page which started them"),
    "operations-database": PoolSize(2, "heartbeats and progress of operations, and pages that show them"),
    "bulk": PoolSize(32, "bulk runs in progress, or waiting until their undo window is over"),
    "exec": PoolSize(8, "commands in containers, recorded before they begin and after they ended"),
    "enter": PoolSize(32, "open pages entered: one that waits for a cluster holds no database thread"),
}
# Pools of one call, which end with it. Threads start only as calls come.
BATCHES = {
    "list": PoolSize(20, "discovery of all clusters of one list, one thread each"),
    "bulk-clusters": PoolSize(20, "the clusters of one bulk run"),
    "bulk-changes": PoolSize(6, "changes of one bulk run in one cluster"),
    "dependents": PoolSize(6, "lists in which one object's dependents are looked for before it is deleted"),
}
LOOPS = {
    "hub": "feeds: lists, watches and repeated reviews",
    "counting": "polls of clusters for the overview",
    "operation-runs": "operations such as drains",
    "operation-pages": "open pages of operations, read again while there are any",
    "logs": "logs of open pages, read, merged and paced",
    "terminals": "terminals, with the pages that show them or without",
    "downloads": "files of containers, read while they are downloaded",
}
THREADS = {
    "audit-pages": "open pages of the audit trail, refreshed while there are any",
    "shutdown": "ends a process that does not end by itself in time",
}


@dataclass(frozen=True)
class _LoopThread:
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    closer: Callable[[], Awaitable[None]] | None


class Runtime:
    """Loops and pools by name; every method is callable from any thread. An unknown name is a KeyError."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._loops: list[_LoopThread] = []
        self.is_shut_down = False  # what runs long looks at it, and ends by itself

    def pool(self, name: str) -> ThreadPoolExecutor:
        """The pool of that name in POOLS; its threads start when they are needed."""
        with self._lock:
            if name not in self._pools:
                self._pools[name] = ThreadPoolExecutor(POOLS[name].threads, thread_name_prefix=name)
            return self._pools[name]

    def create_batch(self, name: str) -> ThreadPoolExecutor:
        """A pool for one batch of calls, with the size in BATCHES; the caller shuts it down."""
        return ThreadPoolExecutor(BATCHES[name].threads, thread_name_prefix=name)

    def start_loop(
        self, name: str, closer: Callable[[], Awaitable[None]] | None = None
    ) -> asyncio.AbstractEventLoop:
        """A new event loop, running in a thread of its own.

        At shutdown its tasks are canceled and then `closer` is awaited in it: it closes what they used, and sees to
        it that nothing begins again.
        """
        if name not in LOOPS:
            raise KeyError(name)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
        with self._lock:
            self._loops.append(_LoopThread(loop, thread, closer))
        thread.start()
        return loop

    def start_thread(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """A thread that runs `target` to its end; the process does not wait for it."""
        if name not in THREADS:
            raise KeyError(name)
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def shutdown(self) -> None:
        """End the loops, with all their tasks, and then the pools; calls that already run in those end by themselves.

        For the end of the process: what was ended stays ended.
        """
        self.is_shut_down = True
        with self._lock:
            loops, self._loops = self._loops, []
            pools = list(self._pools.values())
        for one in loops:
            _stop(one)
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)


def _stop(one: _LoopThread) -> None:
    """From another thread. A task that does not let itself be canceled is left behind, and the loop unclosed."""
    ending = asyncio.run_coroutine_threadsafe(_end_tasks(one.closer), one.loop)
    try:
        ending.result(SHUTDOWN_SECONDS)
    except TimeoutError:
        log.warning("The loop %s did not end within %d s", one.thread.name, SHUTDOWN_SECONDS)
    one.loop.call_soon_threadsafe(one.loop.stop)
    one.thread.join(SHUTDOWN_SECONDS)
    if not one.thread.is_alive() and ending.done():
        one.loop.close()


async def _end_tasks(closer: Callable[[], Awaitable[None]] | None) -> None:
    await _cancel_tasks()
    if closer is not None:
        await closer()
        await _cancel_tasks()
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _cancel_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


runtime = Runtime()
