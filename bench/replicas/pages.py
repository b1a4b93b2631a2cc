"""Open pages without a browser: a hundred live lists that reconnect as static/live/live.js does."""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.replicas.installation import SLUG

LIST = f"/c/{SLUG}/shop/configmaps"
MARK = re.compile(r"mark-\d+")
FIRST, LONGEST = 0.5, 2.0  # seconds between tries, doubled with each (live.js)
CONNECT_SECONDS = 10.0
COUNT = 100


@dataclass
class Page:
    """What one page knows.

    `longest_break` is in seconds, from the end of a socket to the first word that the list is live again.
    """

    session: str
    is_live: bool = False
    live_at: float = 0.0
    lost_at: float = 0.0
    longest_break: float = 0.0
    marks: set[str] = field(default_factory=set)


class Pages:
    """COUNT pages in a thread of their own, spread over the sessions."""

    def __init__(self, url: str, sessions: Sequence[str]) -> None:
        self._url = url
        self.pages = [Page(sessions[number % len(sessions)]) for number in range(COUNT)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: list[Future[None]] = []

    def start(self) -> None:
        self._thread.start()
        self._tasks = [
            asyncio.run_coroutine_threadsafe(self._keep_open(one), self._loop) for one in self.pages
        ]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        time.sleep(0.5)  # for their sockets
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def count_live(self) -> int:
        return sum(one.is_live for one in self.pages)

    def count_with(self, mark: str) -> int:
        return sum(mark in one.marks for one in self.pages)

    def longest_break(self) -> float:
        return max(one.longest_break for one in self.pages)

    async def _keep_open(self, page: Page) -> None:
        tries = 0
        async with aiohttp.ClientSession() as client:
            while True:
                try:
                    async with asyncio.timeout(CONNECT_SECONDS):
                        socket = await client.ws_connect(
                            f"{self._url.replace('http', 'ws', 1)}/live/",
                            params={"page": LIST, "window": ""},
                            headers={"Cookie": f"quarterdeck-session={page.session}", "Origin": self._url},
                            max_msg_size=0,
                        )
                    async with socket:
                        if await _listen(socket, page):
                            tries = 0
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
                if page.is_live:
                    page.is_live, page.lost_at = False, time.monotonic()
                await asyncio.sleep(min(LONGEST, FIRST * 2**tries) * (0.5 + random.random() / 2))
                tries += 1


async def _listen(socket: aiohttp.ClientWebSocketResponse, page: Page) -> bool:
    """Until it is closed; whether anything came."""
    has_heard = False
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            continue
        has_heard = True
        number, _, html = str(message.data).partition("\n")
        page.marks.update(MARK.findall(html))
        if 'data-state="live"' in html and not page.is_live:
            page.is_live, page.live_at = True, time.monotonic()
            if page.lost_at:
                page.longest_break = max(page.longest_break, page.live_at - page.lost_at)
        await _acknowledge(socket, number)
    return has_heard


async def _acknowledge(socket: Any, number: str) -> None:
    if number.isdigit():
        await socket.send_json({"ack": int(number)})
