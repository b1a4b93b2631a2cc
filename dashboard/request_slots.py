"""Request slots: bounds on requests in progress, by session and cluster, so that nobody waits for one user's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from clusters.api.errors import Busy
from clusters.api.fair_slots import FairSlots, SlotLimits
from people.sessions import hash_key

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

# A browser has six connections to one server. Each request has a thread while it lasts.
LIMITS = SlotLimits(total=64, per_user=6, per_cluster=24, waiting=100, max_wait=30.0)
WITHOUT_SLOT = frozenset(
    {"/healthz", "/readyz", "/metrics", "/metrics/"}
)  # for programs that judge this server
BUSY = b"Too many of your requests are in progress. Try again in a moment.\n"
BUSY_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", str(len(BUSY)).encode()),
    (b"retry-after", b"1"),
    (b"cache-control", b"no-store"),
]


class RequestSlots:
    """Wraps Django, not static files: requests wait for a slot here, where waiting takes no thread.

    `find_cluster` gives the clusters of a path, which count as one; nothing where it has none.
    """

    def __init__(
        self, application: Application, find_cluster: Callable[[str], str], limits: SlotLimits = LIMITS
    ) -> None:
        self.application = application
        self.find_cluster = find_cluster
        self.slots = FairSlots(limits)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path in WITHOUT_SLOT:
            await self.application(scope, receive, send)
            return
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(
                    self.slots.acquire(_find_user(scope), self.find_cluster(path))
                )
            except Busy:
                await _respond_busy(send)
                return
            await self.application(scope, receive, send)


def _find_user(scope: Scope) -> str:
    """Who is counted: the session, whether it is one or not, else the address."""
    cookies = [
        value.decode("latin1") for name, value in scope.get("headers", []) if name.lower() == b"cookie"
    ]
    key = parse_cookie("; ".join(cookies)).get(settings.SESSION_COOKIE_NAME, "")
    if key:
        return hash_key(key)
    client = scope.get("client")
    return str(client[0]) if client else ""


async def _respond_busy(send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": BUSY_HEADERS})
    await send({"type": "http.response.body", "body": BUSY})
