"""Graceful shutdown: a signal ends the server after the requests under way, and by force when its time is over.

In order: not ready, while connections are still accepted (the grace); no new connections, and open pages are told to
reconnect; requests finish; feeds end, and the audit trail's last rows are written. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from twisted.internet import reactor

from clusters.runtime import runtime
from dashboard.lifecycle.server import QuarterdeckServer
from dashboard.monitoring.draining import draining

SIGNALS = (signal.SIGINT, signal.SIGTERM)
POLL = 0.05  # seconds between two looks at what is still under way
# The part of the time that is kept for ending feeds and writing what waits for the audit trail, and its maximum.
RESERVE, LONGEST_RESERVE = 0.25, 5.0
RECEIVE_SECONDS = 3.0  # for a request of which only a part was there when the listeners closed
SHOWN = 10  # requests that are named in the log
log = logging.getLogger(__name__)
_loop: Any = reactor  # twisted's types do not say which reactor it is


class Shutdown:
    """Of one server. `timeout` seconds after the first signal the process is gone, whatever it does; without a grace
    after Ctrl+C, where somebody waits for the prompt.
    """

    def __init__(self, server: QuarterdeckServer, *, timeout: float, grace: float) -> None:
        self._server, self._timeout, self._grace = server, timeout, grace
        self._began_at = self._closed_at = 0.0
        self._has_begun = threading.Event()
        self._closing: asyncio.Future[None] | None = None

    def install(self) -> None:
        """Take over the signals, once the event loop runs: it takes them at its start."""
        runtime.start_thread("shutdown", self._force)
        _loop.callWhenRunning(self._take_over)

    def _take_over(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def _hear(self, number: int, _frame: object) -> None:
        """The first signal in the event loop. At a second one that may hang, and so may the log."""
        if self._has_begun.is_set():
            os.write(2, b"Quarterdeck ends at once: a second signal came.\n")
            os._exit(128 + number)
        self._began_at = time.monotonic()
        self._has_begun.set()
        _loop.callFromThread(self._begin, self._grace if number == signal.SIGTERM else 0.0)

    def _begin(self, grace: float) -> None:
        draining.begin()
        under_way = len(self._server.list_requests())
        log.info("Ending: %d requests and open pages are under way", under_way)
        _loop.callLater(grace, self._close)

    def _close(self) -> None:
        self._closed_at = time.monotonic()
        self._server.close_listeners()
        self._closing = asyncio.ensure_future(draining.close_sockets())
        self._wait()

    def _wait(self) -> None:
        now = time.monotonic()
        is_late = now - self._closed_at > RECEIVE_SECONDS
        connections = self._server.close_idle_connections(with_unfinished=is_late)
        requests = self._server.list_requests()
        if (connections or requests) and now < self._began_at + self._timeout - self._reserve():
            _loop.callLater(POLL, self._wait)
            return
        if requests:
            log.error(
                "These are still under way after %d s and are cut off: %s",
                now - self._began_at,
                _join(requests),
            )
        _loop.stop()

    def _reserve(self) -> float:
        return min(self._timeout * RESERVE, LONGEST_RESERVE)

    def _force(self) -> None:
        """In a thread of its own: the event loop may be what hangs."""
        self._has_begun.wait()
        time.sleep(self._timeout)
        threads = sorted(one.name for one in threading.enumerate() if one is not threading.current_thread())
        log.critical(
            "Not ended after %d s: ended by force, with the threads %s", self._timeout, _join(threads)
        )
        leave(1)


def leave(code: int) -> None:
    """End the process now, whichever threads still wait for something."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _join(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
