"""Request tracking: gives each request and WebSocket its ID, and counts and times it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from dashboard.monitoring import request_ids
from dashboard.monitoring.metrics import OPEN_SOCKETS, observe_request
from dashboard.monitoring.request_ids import RequestContext

Scope = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
WITH_HEADERS = frozenset({"http.response.start", "websocket.accept", "websocket.close"})


class RequestTracking:
    """Wraps all of the application but `dashboard.proxies`, which knows whose `X-Request-ID` counts."""

    def __init__(self, application: Callable[[Scope, Any, Send], Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.application(scope, receive, send)
            return
        context, token = request_ids.begin(scope.get(request_ids.SCOPE_KEY, ""))
        track = self._track_request if scope["type"] == "http" else self._track_socket
        try:
            await track(context, scope, receive, send)
        except Exception as error:
            request_ids.mark_error(error, context.request_id)
            raise
        finally:
            request_ids.end(token)

    async def _track_request(self, context: RequestContext, scope: Scope, receive: Any, send: Send) -> None:
        started_at, status = time.monotonic(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(_add_header(message, context.request_id))

        try:
            await self.application(scope, receive, send_with_id)
        finally:
            observe_request(context.route, scope["method"], status, time.monotonic() - started_at)

    async def _track_socket(self, context: RequestContext, scope: Scope, receive: Any, send: Send) -> None:
        is_open = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_open
            await send(_add_header(message, context.request_id))
            if message["type"] == "websocket.accept":
                is_open = True
                OPEN_SOCKETS.inc()

        try:
            await self.application(scope, receive, send_with_id)
        finally:
            if is_open:
                OPEN_SOCKETS.dec()


def _add_header(message: Message, request_id: str) -> Message:
    """A rejected handshake has the header too: `dashboard.monitoring.handshakes` sends it."""
    if message["type"] not in WITH_HEADERS:
        return message
    headers = [*message.get("headers", ()), (request_ids.HEADER.encode(), request_id.encode())]
    return {**message, "headers": headers}
