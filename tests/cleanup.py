"""Cleanup after a test: feeds, counters and open pages of this process end."""

from __future__ import annotations

import asyncio
import threading

from clusters.counting.counters import counters
from clusters.gateway.hub import hub
from clusters.logs.view import LogView
from clusters.runtime import runtime
from dashboard.audit.live import watcher
from dashboard.live.consumer import openers
from people.audit.writer import writer

PATIENCE = 60.0  # seconds; what is opened at a cluster that hangs ends within them


def clean_up_after_test() -> None:
    """Called while a test may use its database: nobody can between tests, and audit rows would get out of order."""
    if hub.open_feeds() or len(counters) or watcher._open:
        stop_background_work()
    finish_log_views()
    if writer.health.is_writable:  # else it is the one that finds out when it is
        writer.stop()  # with the rows that nobody waited for; it begins again with the next


def stop_background_work() -> None:
    """Whatever asks clusters by itself has ended when this returns; not for the loop of a test."""
    _wait_for_entrances()
    hub.drop(lambda _connection: True, "")
    with counters._lock:
        for key in list(counters._counters):
            counters._end(key)
    for page in tuple(watcher._open):
        watcher.remove(page)
    if thread := watcher._thread:
        thread.join(PATIENCE)
    for loop in (hub._loop, counters._loop):
        if loop is not None:
            asyncio.run_coroutine_threadsafe(_end_all(), loop).result(PATIENCE)


def finish_log_views() -> None:
    """End what a test has left open, and wait: a log that was read gets a row of the audit log when its view ends."""
    for one in list(runtime._loops):
        if one.thread.name == "logs":
            asyncio.run_coroutine_threadsafe(_end_log_views(), one.loop).result(PATIENCE)


async def _end_log_views() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        if getattr(task.get_coro(), "__qualname__", "") == LogView.run.__qualname__:
            task.cancel()
    if tasks:
        _done, pending = await asyncio.wait(tasks, timeout=PATIENCE / 2)
        assert not pending, f"a log view does not end: {pending}"


def _wait_for_entrances() -> None:
    """A page whose test is over may still be on its way in, and would open a feed that nobody closes."""
    free = threading.Barrier(openers._max_workers)
    for arrived in [openers.submit(free.wait, PATIENCE) for _ in range(openers._max_workers)]:
        arrived.result(PATIENCE)


async def _end_all() -> None:
    """All of this loop but the sweepers, which are begun once."""
    tasks = [
        task
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and getattr(task.get_coro(), "__name__", "") != "_sweep"
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
