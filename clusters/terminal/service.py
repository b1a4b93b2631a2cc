"""Terminal service: the terminals of this process, in an event loop of their own, found again by their owner."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

from django.db import Error

from clusters.api.streams import Streams
from clusters.exec.client import run_with_database
from clusters.gateway.connect import ClusterSession
from clusters.runtime import runtime
from clusters.terminal.checks import find_ended
from clusters.terminal.launch import TerminalLaunch
from clusters.terminal.session import TerminalOwner, TerminalSession
from clusters.terminal.timings import TerminalTimings
from people.broadcast import Message
from people.control import ACCESS_CHANGED, SESSION_ENDED, listen, session_group, user_group
from people.storage import storage

MAX_RUNNING = 10  # terminals of one person
MAX_ENDED = 10  # screens of one person that are still there to be read
START_SECONDS = 10.0  # for the loop to open one
StartLoop = Callable[[str, Callable[[], Awaitable[None]]], asyncio.AbstractEventLoop]
log = logging.getLogger(__name__)


class TooManyTerminals(Exception):
    """This person has as many terminals as one can have."""


class TerminalService:
    """The terminals of one process. `start_loop` starts the loop in which all of them run; any thread calls."""

    def __init__(self, start_loop: StartLoop = runtime.start_loop) -> None:
        self._start_loop = start_loop
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: Streams | None = None
        self._terminals: dict[str, TerminalSession] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._checker: asyncio.Task[None] | None = None
        self._is_due = asyncio.Event()

    def open(
        self,
        owner: TerminalOwner,
        session: ClusterSession,
        launch: TerminalLaunch,
        timings: TerminalTimings,
    ) -> TerminalSession:
        """Begin one. What it records in the audit trail comes from the request of the caller. TooManyTerminals."""
        if len([one for one in self._list_of(owner.user_id) if one.is_running]) >= MAX_RUNNING:
            raise TooManyTerminals
        loop, context = self._ensure_loop(), contextvars.copy_context()
        marked = replace(launch, mark=secrets.token_hex(16))
        opened: Future[TerminalSession] = Future()

        def start() -> None:
            try:
                if self._streams is None:
                    self._streams = Streams()
                terminal_id = secrets.token_urlsafe(16)
                one = TerminalSession(terminal_id, owner, session, marked, self._streams, timings)
                self.add(one)
                task = loop.create_task(one.run(), context=context)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                if self._checker is None or self._checker.done():
                    self._is_due = asyncio.Event()
                    self._checker = loop.create_task(self._check_all(timings))
                opened.set_result(one)
            except BaseException as error:
                opened.set_exception(error)
                raise

        loop.call_soon_threadsafe(start)
        return opened.result(START_SECONDS)

    def add(self, terminal: TerminalSession) -> None:
        """Have one found that was made elsewhere."""
        self._terminals[terminal.id] = terminal

    def find(self, owner: TerminalOwner, terminal_id: str) -> TerminalSession | None:
        """None where there is none, or it is another's: both look the same."""
        found = self._terminals.get(terminal_id)
        return found if found is not None and found.owner == owner else None

    def list(self, owner: TerminalOwner) -> list[TerminalSession]:
        """Those that run and those whose screen can still be read, oldest first."""
        return [one for one in tuple(self._terminals.values()) if one.owner == owner]

    def forget(self, terminal: TerminalSession) -> None:
        """Drop the screen of one that has ended."""
        if not terminal.is_running:
            self._terminals.pop(terminal.id, None)

    def __len__(self) -> int:
        """How many run, or are about to have ended."""
        return len(self._tasks)

    # --- below: not for outsiders

    def _list_of(self, user_id: int) -> Iterable[TerminalSession]:
        return [one for one in tuple(self._terminals.values()) if one.owner.user_id == user_id]

    def _ensure_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = self._start_loop("terminals", self._close)
                listen(self._hear, self._make_due)
            return self._loop

    async def _close(self) -> None:
        """At the end of the process: what runs has been told to end."""
        if self._streams is not None:
            await self._streams.close()

    def _hear(self, messages: Iterable[Message]) -> None:
        """From any thread: end what a sign-out ends now, and look at what a change may have ended."""
        kinds = {message.group: message.kind for message in messages}
        for one in tuple(self._terminals.values()):
            if kinds.get(session_group(one.owner.session_id)) == SESSION_ENDED:
                one.end("signed-out")
            elif kinds.get(user_group(one.owner.user_id)) == ACCESS_CHANGED:
                self._make_due()

    def _make_due(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._set_due)

    def _set_due(self) -> None:
        self._is_due.set()

    async def _check_all(self, timings: TerminalTimings) -> None:
        """While there are any."""
        while self._terminals:
            with suppress(TimeoutError):
                async with asyncio.timeout(timings.check):
                    await self._is_due.wait()
            self._is_due.clear()
            self._end_unwatched()
            running = [one for one in self._terminals.values() if one.is_running]
            try:
                ended = await run_with_database(find_ended, running)
            except Error as error:
                storage.note(error)
                log.exception("The database did not say which terminals can go on; retrying")
                ended = {}
            for one, reason in ended.items():
                one.end(reason)
            now = time.monotonic()
            due = [one for one in running if one not in ended and now - one.reviewed_at >= timings.review]
            await asyncio.gather(*(one.review() for one in due))

    def _end_unwatched(self) -> None:
        """End what nobody has looked at for long, and drop what has ended: at once where its person signed out."""
        ended: dict[int, list[TerminalSession]] = {}
        for one in tuple(self._terminals.values()):
            if one.is_running:
                if one.is_unwatched:
                    one.end("unwatched")
            elif one.is_unwatched or (one.ending is not None and one.ending.reason == "signed-out"):
                self._terminals.pop(one.id, None)
            else:
                ended.setdefault(one.owner.user_id, []).append(one)
        for screens in ended.values():
            for one in screens[:-MAX_ENDED]:
                self._terminals.pop(one.id, None)


terminal_service = TerminalService()
