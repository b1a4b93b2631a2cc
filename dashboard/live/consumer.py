"""WebSocket consumer: sends changed HTML to one page, paced by acknowledgements."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from channels.db import DatabaseSyncToAsync
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.db import Error

from clusters.api.errors import ApiError
from clusters.credentials.sealing import SealBroken
from clusters.feeds.backoff import wait_for_event
from clusters.gateway.connect import NoCredential, NotShared
from clusters.runtime import runtime
from dashboard.address.paths import BadAddress, clusters_in_path
from dashboard.frame.waiting import WaitingSubscription
from dashboard.live.concurrency import opening_slots, rendering_slots
from dashboard.live.inbound import MAX_MESSAGE, TOO_MANY_SOCKETS, Inbox, socket_counts
from dashboard.live.session_checks import drop_feeds, sockets
from dashboard.live.socket_auth import authenticate_socket
from dashboard.live.subscriptions import NotLive, Pausable, Subscription, create_waiting, subscribe
from dashboard.monitoring.draining import draining
from dashboard.monitoring.request_ids import bind
from dashboard.pieces.differ import Differ
from dashboard.pieces.update import Update, build_update
from dashboard.shell import outage
from people.audit.record import listen_health, unlisten_health
from people.broadcast import broadcast
from people.control import ACCESS_CHANGED, SESSION_ENDED
from people.session_checks import SessionCheck
from people.storage import storage

# Changes are gathered for so many times as long as the page drew the last ones, and this server rendered them. Rows
# that come or go are looked for; cells that change may take longer.
DRAW_FACTOR, RENDER_FACTOR = 14, 10
ROW_DRAW_FACTOR = 8
URGENT = 0.36  # of the shortest pause, for what follows at once: less often than a page may send something
MAX_UNACKNOWLEDGED = 1024 * 1024  # bytes sent and not yet drawn by the page

RESTARTING = 4012  # this process ends; as 1012 (RFC 6455), which an application cannot send
UNREADABLE = 4503  # the database does not answer; the handshake is refused, and the page asks again
SIGNED_OUT, REFUSED, NOT_FOUND, CHANGED, TOO_SLOW = 4401, 4403, 4404, 4409, 4408

log = logging.getLogger(__name__)
renderers = runtime.pool("render")
# Opening asks the cluster: one that hangs must not hold up the database thread that all consumers share.
openers = runtime.pool("enter")


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """Sends the newest state whenever something changed and the page has drawn what it was sent before."""

    def __init__(self) -> None:
        super().__init__()
        self.subscription: Subscription | None = None
        self.sent_count = 0
        self.unacknowledged: dict[int, int] = {}
        self.inbox = Inbox()
        self.is_paused = False
        self.draw_time = 0.0  # seconds that the page worked on what it drew last
        self.has_moved = False  # whether rows came or went in what was sent last
        self.task: asyncio.Task[None] | None = None
        self.retry_task: asyncio.Task[None] | None = None
        self.dirty = asyncio.Event()
        self.acknowledged = asyncio.Event()
        self.closed = asyncio.Event()
        self.banner = Differ()
        self.is_accepted = False
        self.early_code = 0  # that closes the socket as soon as it is accepted

    async def __call__(self, *arguments: Any) -> None:
        """Until the socket is closed, or Daphne cancels the task, which does not disconnect."""
        try:
            await super().__call__(*arguments)
        finally:
            socket_counts.remove(self)
            sockets.remove(self)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """What a page sends uses no database: Channels would look after its connections first, in the thread of all."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def connect(self) -> None:
        """All checks, and all use of the database, come before the socket is accepted."""
        self._dirty = partial(_notify, asyncio.get_running_loop(), self.dirty)
        try:
            code = await self._enter() or self.early_code
        except Error as error:
            if not storage.note(error):
                raise
            code = UNREADABLE
        finally:
            self.is_accepted = True  # or closed
        if code == TOO_MANY_SOCKETS:
            await self.accept()  # a browser tells its page the code of what was accepted only
        if code:
            sockets.remove(self)
            await self.close(code)
            return
        await self.accept()
        self._follow(self.subscription)  # type: ignore[arg-type] # _enter has opened it
        storage.listen(self._dirty)
        broadcast.state_listeners.add(self._dirty)
        listen_health(self._dirty)
        draining.add(self._leave)
        self.task = asyncio.create_task(self._serve())
        if isinstance(self.subscription, WaitingSubscription):
            self.retry_task = asyncio.create_task(self._wait(self.subscription))
        if draining.is_closing:
            await self._leave()

    async def disconnect(self, code: int) -> None:
        sockets.remove(self)
        storage.unlisten(self._dirty)
        broadcast.state_listeners.discard(self._dirty)
        unlisten_health(self._dirty)
        draining.discard(self._leave)
        self.closed.set()
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        if self.subscription is not None:
            subscription, self.subscription = self.subscription, None
            await self._run_rendering(subscription.stop)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """`{"ack": n, "took": ms}`, `{"pause": bool}`, `{"renew": "<query>"}`; anything else is not our page's."""
        message = _read(text_data)
        if "ack" in message and isinstance(message["ack"], int):
            for number in [n for n in self.unacknowledged if n <= message["ack"]]:
                del self.unacknowledged[number]
            took = message.get("took")
            self.draw_time = min(max(took, 0), 1000) / 1000 if isinstance(took, (int, float)) else 0.0
            self.acknowledged.set()
        elif isinstance(message.get("pause"), bool):
            self.inbox.is_paused = message["pause"]
            self.dirty.set()
        elif isinstance(message.get("renew"), str):
            self.inbox.query = message["renew"]
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
        self.user_id = user.pk
        if not socket_counts.add(self, user.pk, session_id):
            return TOO_MANY_SOCKETS
        # From here on, so that nothing is missed while the page's cluster is asked.
        sockets.add(self, SessionCheck(session_id, user.pk, user.access_version), self._close_changed)
        query = parse_qs(self.scope["query_string"].decode("latin1"))
        self.user, self.page, self.window = (
            user,
            query.get("page", [""])[0],
            query.get("window", [""])[0][:64],
        )
        try:
            self.subscription = await self._open_subscription()
        except (NotShared, NotLive, BadAddress):
            return NOT_FOUND
        except (NoCredential, SealBroken):
            return REFUSED
        except ApiError as error:
            self.subscription = create_waiting(user, self.page, error, query.get("seen", [""])[0])
            if self.subscription is None:
                return REFUSED
        return 0

    async def _open_subscription(self) -> Subscription:
        opened: Subscription = await self._run_opening(subscribe, self.user, self.page, self.window)
        return opened

    def _follow(self, subscription: Subscription) -> None:
        self.subscription = subscription
        subscription.start(self._dirty)
        self.dirty.set()

    async def _wait(self, waiting: WaitingSubscription) -> None:
        """The cluster did not answer when the page came: go on with it as soon as it does."""
        while not await wait_for_event(self.closed, waiting.retry_delay()):
            try:
                await self._run_opening(waiting.probe)
                opened = await self._open_subscription()
            except ApiError as error:
                if waiting.fail(error):
                    self.dirty.set()
                    continue
                break
            except Error:
                continue
            except (NotShared, NotLive, BadAddress, NoCredential, SealBroken):
                break
            if self.closed.is_set():
                opened.stop()
            else:
                self._follow(opened)
            return
        if not self.closed.is_set():
            await self.close(CHANGED)

    async def _close_changed(self, kind: str) -> None:
        """The session is over, or what this person may reach has changed; "" where the page finds out which."""
        code = SIGNED_OUT if kind == SESSION_ENDED else CHANGED
        if kind == SESSION_ENDED and self.subscription is not None:
            self.subscription.forget()
        if kind == ACCESS_CHANGED:
            drop_feeds(self.user_id)
        if self.is_accepted:
            await self.close(code)
        else:
            self.early_code = code

    async def _leave(self) -> None:
        """This process is about to end: the page connects to the next one without a word."""
        await self.close(RESTARTING)

    async def _serve(self) -> None:
        """Send what changed: the first change at once, then gathered, never past what the page has drawn."""
        while True:
            if not await wait_for_event(self.dirty, settings.TIMINGS.live.heartbeat):
                await self._send("")
            await self._wait_for_acknowledgement()
            self.dirty.clear()
            began, is_urgent = time.monotonic(), False
            await self._apply_inbox()
            if not self.is_paused and self.subscription is not None:
                update = await self._run_rendering(self._render_changes)
                if update is not None:
                    self.has_moved, is_urgent = update.rows_moved, update.is_urgent
                    await self._send(update.to_html())
            spent = time.monotonic() - began
            await asyncio.sleep(self._urgent_pause(spent) if is_urgent else self._pause(spent))

    async def _apply_inbox(self) -> None:
        """Show what the page asked for last; what it asked for before that is never rendered."""
        query, is_paused = self.inbox.take()
        try:
            if query is not None and self.subscription is not None:
                await self._run_rendering(self.subscription.renew, query)
        except TooManyFieldsSent:
            await self.close(REFUSED)
        if is_paused is not None:
            self.is_paused = is_paused
            if isinstance(self.subscription, Pausable):
                await self._run_rendering(self.subscription.pause, is_paused)

    def _pause(self, rendered: float) -> float:
        """How long changes are gathered now, so that neither the page nor this server has much to do with them."""
        shortest, longest = settings.TIMINGS.live.gather
        draws = ROW_DRAW_FACTOR if self.has_moved else DRAW_FACTOR
        return min(max(shortest, draws * self.draw_time, RENDER_FACTOR * rendered), longest)

    def _urgent_pause(self, rendered: float) -> float:
        """The same for what follows at once: the page may acknowledge only so often, and has other things to do."""
        shortest, longest = settings.TIMINGS.live.gather
        return min(max(shortest * URGENT, self.draw_time, rendered), longest)

    def _render_changes(self) -> Update | None:
        """What the page does not show yet: of its content, and of whether this server can save."""
        update = self.subscription.render() if self.subscription is not None else None
        content = update.pieces if update is not None else ()
        found = build_update([*content, *self.banner.compare("outage", outage.banner())])
        return replace(found, is_urgent=update.is_urgent) if found and update else found

    async def _wait_for_acknowledgement(self) -> None:
        """Wait until less than 1 MiB is under way to the page; one that draws nothing for two minutes is left."""
        while sum(self.unacknowledged.values()) >= MAX_UNACKNOWLEDGED or len(self.unacknowledged) > 8:
            self.acknowledged.clear()
            patience = settings.TIMINGS.live.acknowledgement
            if not await wait_for_event(self.acknowledged, patience):
                await self.close(TOO_SLOW)
                await asyncio.sleep(patience)

    async def _run_opening(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what asks clusters and the database in a thread of its own; Busy where none is free for too long."""
        path = self.page.partition("?")[0].removeprefix(settings.FORCE_SCRIPT_NAME or "")
        async with opening_slots.acquire(str(self.user.pk), clusters_in_path(path)):
            return await DatabaseSyncToAsync(function, thread_sensitive=False, executor=openers)(*arguments)

    async def _run_rendering(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what renders, or works on what is rendered, in a thread of the pool for it, with this request's ID."""
        async with rendering_slots.acquire(str(self.user_id)):
            return await asyncio.get_running_loop().run_in_executor(renderers, bind(function), *arguments)

    async def _send(self, html: str) -> None:
        self.sent_count += 1
        self.unacknowledged[self.sent_count] = len(html)
        await self.send(text_data=f"{self.sent_count}\n{html}" if html else str(self.sent_count))


def _notify(loop: asyncio.AbstractEventLoop, dirty: asyncio.Event) -> None:
    """From the hub's thread: there is something new. A loop that is closing needs to know nothing."""
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
