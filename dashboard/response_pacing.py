"""Response pacing: a streamed response goes on when its client has read what was sent, as Daphne's do not."""

from __future__ import annotations

import asyncio
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class ResponsePace:
    """The Twisted producer of one response: paused while the connection's buffer is full (64 KiB)."""

    def __init__(self) -> None:
        self._can_write = asyncio.Event()
        self._can_write.set()

    async def wait(self) -> None:
        """Until the connection takes more, or is lost."""
        await self._can_write.wait()

    # --- called by Twisted

    def pauseProducing(self) -> None:
        self._can_write.clear()

    def resumeProducing(self) -> None:
        self._can_write.set()

    def stopProducing(self) -> None:
        """The connection is lost: the application is told so by itself."""
        self._can_write.set()


def begin_pacing(request: Any) -> ResponsePace:
    """Pace a request of Daphne's whose response has begun; `end_pacing` comes before its end."""
    pace = ResponsePace()
    request.registerProducer(pace, True)
    return pace


def end_pacing(request: Any) -> None:
    request.unregisterProducer()
