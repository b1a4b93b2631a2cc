"""Request body: what arrives from the client, read no faster than it is used, and the news that the client is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

MAX_WAITING = 4  # parts that have arrived and are not used; the server reads no more meanwhile
MAX_KEPT = 4 * 1024 * 1024  # bytes of a body that is read as a whole; an API server takes 3 MiB

Receive = Callable[[], Awaitable[dict[str, Any]]]


class RequestBody:
    """The body of one request. `gone` is called when the client closes the connection before it was answered."""

    def __init__(self, receive: Receive, gone: Callable[[], None]) -> None:
        self._receive = receive
        self._gone = gone
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        self._pump = asyncio.create_task(self._run())

    async def read_up_to(self, most: int = MAX_KEPT) -> tuple[bytes, bool]:
        """At most about so many bytes, and whether that is all."""
        parts: list[bytes] = []
        size = 0
        while size <= most:
            part = await self._parts.get()
            if part is None:
                return b"".join(parts), True
            parts.append(part)
            size += len(part)
        return b"".join(parts), False

    async def stream(self, first: bytes = b"") -> AsyncIterator[bytes]:
        """`first`, and then what is still to come."""
        if first:
            yield first
        while (part := await self._parts.get()) is not None:
            if part:
                yield part

    def close(self) -> None:
        """Listen no more."""
        self._pump.cancel()

    async def _run(self) -> None:
        is_whole = False
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._gone()
                return
            if is_whole:
                continue
            if part := message.get("body", b""):
                await self._parts.put(part)
            if not message.get("more_body", False):
                is_whole = True
                await self._parts.put(None)
