"""Session checks of open sockets: all of this process in one query, every 10 seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error

from clusters.feeds.backoff import wait_for_event
from clusters.gateway.hub import hub
from dashboard.timings import LiveTimings
from people.broadcast import Message
from people.control import listen, session_group, user_group
from people.session_checks import SessionCheck, select_valid
from people.storage import storage

log = logging.getLogger(__name__)
CloseSocket = Callable[[str], Coroutine[Any, Any, None]]


class OpenSocket(NamedTuple):
    """What a socket was opened under, whose messages it hears, and how it is closed: `close` gets a message's kind,
    "" where the database says no more than that it must not go on."""

    check: SessionCheck
    groups: tuple[str, str]
    close: CloseSocket
    loop: asyncio.AbstractEventLoop


class Sockets:
    """The open sockets of this process.

    Without `timings`, those of the settings hold.
    """

    def __init__(self, timings: LiveTimings | None = None) -> None:
        self._timings = timings
        self._open: dict[object, OpenSocket] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._is_due = asyncio.Event()

    def start(self) -> None:
        """Hear what this process and others send to sockets; more than once is as good as once."""
        listen(self._hear, self._make_due)

    def add(self, socket: object, check: SessionCheck, close: CloseSocket) -> None:
        """Checks one socket until it is removed; `close` ends it."""
        groups = (session_group(check.session_id), user_group(check.user_id))
        self._open[socket] = OpenSocket(check, groups, close, asyncio.get_running_loop())
        if self._task is None or self._task.done():
            self._is_due = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run())
        self.start()

    def remove(self, socket: object) -> None:
        self._open.pop(socket, None)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def timings(self) -> LiveTimings:
        return self._timings or settings.TIMINGS.live

    def _hear(self, messages: Iterable[Message]) -> None:
        """From any thread: close whom a message is for, each in its own loop."""
        kinds = {message.group: message.kind for message in messages}
        for socket in tuple(self._open.values()):
            kind = next((kinds[group] for group in socket.groups if group in kinds), "")
            if kind:
                with suppress(RuntimeError):  # a loop that is closing closes its sockets
                    socket.loop.call_soon_threadsafe(self._close, socket, kind)

    def _close(self, socket: OpenSocket, kind: str) -> None:
        task = socket.loop.create_task(socket.close(kind))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _make_due(self) -> None:
        """From any thread: messages may have been missed, so that the next check is now."""
        for socket in tuple(self._open.values())[:1]:
            with suppress(RuntimeError):
                socket.loop.call_soon_threadsafe(self._is_due.set)

    async def _run(self) -> None:
        while self._open:
            await wait_for_event(self._is_due, self.timings.session_check)
            self._is_due.clear()
            await self._check_sessions()

    async def _check_sessions(self) -> None:
        opened = list(self._open.values())
        try:
            valid = await database_sync_to_async(select_valid)([socket.check for socket in opened])
        except Error as error:
            storage.note(error)
            log.exception(
                "The database did not say which WebSockets can stay open; retrying in %s s",
                self.timings.session_check,
            )
            return
        for socket in opened:
            if socket.check not in valid:
                await socket.close("")
        for user_id in {socket.check.user_id for socket in opened} - {check.user_id for check in valid}:
            drop_feeds(user_id)


def drop_feeds(user_id: int) -> None:
    """Nobody is left who may look at this person's feeds: they end now, not a minute after the last viewer."""
    hub.drop(lambda connection: connection.person == str(user_id), "")


sockets = Sockets()
