"""Session checks of open sockets: all of this process in one query, every 10 seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from clusters.gateway.hub import hub
from dashboard.timings import LiveTimings
from people.session_checks import SessionCheck, select_valid
from people.storage import storage

log = logging.getLogger(__name__)
CloseSocket = Callable[[], Awaitable[None]]


class Sockets:
    """The open sockets of this process with what each was opened under.

    Without `timings`, those of the settings hold.
    """

    def __init__(self, timings: LiveTimings | None = None) -> None:
        self._timings = timings
        self._open: dict[object, tuple[SessionCheck, CloseSocket]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: object, check: SessionCheck, close: CloseSocket) -> None:
        """Checks one socket until it is removed; `close` ends it."""
        self._open[socket] = (check, close)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def remove(self, socket: object) -> None:
        self._open.pop(socket, None)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def timings(self) -> LiveTimings:
        return self._timings or settings.TIMINGS.live

    async def _run(self) -> None:
        while self._open:
            await asyncio.sleep(self.timings.session_check)
            await self._check_sessions()

    async def _check_sessions(self) -> None:
        opened = list(self._open.values())
        try:
            valid = await database_sync_to_async(select_valid)([check for check, _close in opened])
        except DatabaseError as error:
            storage.note(error)
            log.exception(
                "The database did not say which WebSockets can stay open; retrying in %s s",
                self.timings.session_check,
            )
            return
        for check, close in opened:
            if check not in valid:
                await close()
        for user_id in {check.user_id for check, _close in opened} - {check.user_id for check in valid}:
            drop_feeds(user_id)


def drop_feeds(user_id: int) -> None:
    """Nobody is left who may look at this person's feeds: they end now, not a minute after the last viewer."""
    hub.drop(lambda connection: connection.person == str(user_id), "")


sockets = Sockets()
