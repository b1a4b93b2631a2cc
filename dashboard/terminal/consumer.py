"""Terminal consumer: the socket between a page and a terminal, paced by what the page has drawn.

Server to page: binary frames of output; `{"at": n}`, where the next of them begins, with `"cut"` where output between
is gone; `{"state": ...}`; `{}` as a sign of life. Page to server: `{"in": text}`, `{"size": [columns, rows]}`,
`{"drawn": n}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error
from django.template.loader import render_to_string

from clusters.feeds.backoff import wait_for_event
from clusters.terminal.service import terminal_service
from clusters.terminal.session import TerminalOwner, TerminalSession, Viewer
from dashboard.live.consumer import NOT_FOUND, REFUSED, RESTARTING, SIGNED_OUT, TOO_SLOW, UNREADABLE
from dashboard.live.inbound import MAX_MESSAGE, TOO_MANY_SOCKETS, socket_counts
from dashboard.live.session_checks import sockets
from dashboard.live.socket_auth import authenticate_socket
from dashboard.monitoring.draining import draining
from dashboard.terminal.words import describe_command, describe_ending
from people.control import SESSION_ENDED
from people.session_checks import SessionCheck
from people.storage import storage

FRAME = 32 * 1024  # bytes of output in one frame
MAX_UNDRAWN = 256 * 1024  # bytes under way to the page
CHANGED = 4409
log = logging.getLogger(__name__)


class TerminalConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """Shows one terminal to one page of its owner."""

    def __init__(self) -> None:
        super().__init__()
        self.terminal: TerminalSession | None = None
        self.viewer = Viewer(lambda: None)
        self.offset = 0
        self.dirty = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.watching = ExitStack()
        self.is_redrawn = False

    async def __call__(self, *arguments: Any) -> None:
        """Until the socket is closed, or Daphne cancels the task, which does not disconnect."""
        try:
            await super().__call__(*arguments)
        finally:
            socket_counts.remove(self)
            sockets.remove(self)
            self.watching.close()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """What a page sends uses no database: Channels would look after its connections first."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def connect(self) -> None:
        try:
            code = await self._enter()
        except Error as error:
            if not storage.note(error):
                raise
            code = UNREADABLE
        if code == TOO_MANY_SOCKETS:
            await self.accept()  # a browser tells its page the code of what was accepted only
        if code or self.terminal is None:
            sockets.remove(self)
            await self.close(code)
            return
        await self.accept()
        loop = asyncio.get_running_loop()
        self.viewer = self.watching.enter_context(self.terminal.watch(partial(_notify, loop, self.dirty)))
        self.terminal.note_drawn(self.viewer, self.offset)
        draining.add(self._leave)
        self.task = asyncio.create_task(self._serve(self.terminal))

    async def disconnect(self, code: int) -> None:
        sockets.remove(self)
        draining.discard(self._leave)
        self.watching.close()
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Anything else than what the page sends closes the socket."""
        message, terminal = _read(text_data), self.terminal
        if terminal is None:
            return
        typed, size, drawn = message.get("in"), message.get("size"), message.get("drawn")
        if isinstance(typed, str):
            await terminal.write(typed.encode("utf-8", "replace"))
        elif isinstance(size, list) and len(size) == 2 and all(type(one) is int for one in size):
            # Where the page begins in the middle, a program that fills the screen draws it again.
            redraw, self.is_redrawn = not self.is_redrawn and terminal.history.read(0, 1).start > 0, True
            await terminal.resize(size[0], size[1], redraw=redraw)
        elif type(drawn) is int:
            terminal.note_drawn(self.viewer, drawn)
            self.dirty.set()
        else:
            await self.close(REFUSED)

    # --- below: not for outsiders

    async def _enter(self) -> int:
        """Whether the page may open its socket: 0, or the code that refuses it."""
        found = await authenticate_socket(self.scope)
        if found is None:
            return SIGNED_OUT
        user, session_id = found
        if not socket_counts.add(self, user.pk, session_id):
            return TOO_MANY_SOCKETS
        sockets.add(self, SessionCheck(session_id, user.pk, user.access_version), self._close_changed)
        query = parse_qs(self.scope["query_string"].decode("latin1"))
        terminal_id = query.get("terminal", [""])[0]
        self.terminal = terminal_service.find(TerminalOwner(user.pk, session_id), terminal_id)
        if self.terminal is None:
            return NOT_FOUND
        begin = query.get("from", ["0"])[0]
        self.offset = int(begin) if begin.isascii() and begin.isdigit() and len(begin) < 16 else 0
        return 0

    async def _serve(self, terminal: TerminalSession) -> None:
        """Output, as far as the page has drawn it; then what became of the terminal."""
        said, at = "", -1
        patience = 0.0
        heartbeat = settings.TIMINGS.live.heartbeat
        while True:
            self.dirty.clear()
            state = _render_state(terminal)
            part = terminal.read(self.offset, FRAME)
            is_full = part.end - self.viewer.drawn > MAX_UNDRAWN
            if part.content and not is_full:
                if part.start != at:
                    await self._say({"at": part.start, "cut": part.start > self.offset})
                    if part.start != self.offset:
                        terminal.note_drawn(self.viewer, part.start)
                await self.send(bytes_data=part.content)
                self.offset = at = part.end
                patience = 0.0
                continue
            if state != said and not is_full:
                said = state
                await self._say({"state": "running" if terminal.is_running else "ended", "html": state})
            if not await wait_for_event(self.dirty, heartbeat):
                await self._say({})
                patience += heartbeat if is_full else 0.0
                if patience >= settings.TIMINGS.live.acknowledgement:
                    await self.close(TOO_SLOW)
                    return

    async def _say(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message))

    async def _close_changed(self, kind: str) -> None:
        await self.close(SIGNED_OUT if kind == SESSION_ENDED else CHANGED)

    async def _leave(self) -> None:
        """This process is about to end, and with it the terminal."""
        await self.close(RESTARTING)


def _render_state(terminal: TerminalSession) -> str:
    context = {
        "terminal": terminal,
        "command": describe_command(terminal),
        "ending": describe_ending(terminal.ending) if terminal.ending else "",
    }
    return render_to_string("terminal/state.html", context)


def _notify(loop: asyncio.AbstractEventLoop, dirty: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(dirty.set)


def _read(text: str | None) -> dict[str, Any]:
    if text is None or len(text) > MAX_MESSAGE:
        return {}
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
