"""WebSocket client for the live socket: aiohttp, in a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import aiohttp

from tests.dashboard_server import DashboardServer

T = TypeVar("T")
COOKIE = "quarterdeck-session"


def run(action: Callable[[], Awaitable[T]], seconds: float = 60) -> T:
    """The result of an async function; a thread of its own, since Playwright holds the loop of this one."""

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await action()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(bounded())).result(seconds + 5)


class OpenSocket:
    """An open socket of one page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def read_html(self, *, acknowledge: bool = True) -> str:
        """The next message that holds HTML; the socket's close code as an error."""
        while True:
            message = await self.socket.receive()
            if message.type != aiohttp.WSMsgType.TEXT:
                raise ConnectionError(self.socket.close_code)
            number, _, html = message.data.partition("\n")
            if acknowledge:
                await self.socket.send_json({"ack": int(number)})
            if html:
                return html

    async def read_until(self, text: str) -> str:
        """All HTML up to and with the message that holds `text`."""
        heard = ""
        while text not in heard:
            heard += await self.read_html()
        return heard


class Sockets:
    """Opens sockets at a served dashboard; use it as an async context manager."""

    def __init__(self, served: DashboardServer) -> None:
        self.served = served

    async def __aenter__(self) -> Sockets:
        self.client = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def open(self, session: str, page: str, *, origin: str | None = "", window: str = "") -> OpenSocket:
        """`origin` is this server's own where it is empty, and missing where it is None."""
        headers: dict[str, str] = {"Cookie": f"{COOKIE}={session}"} if session else {}
        if origin is not None:
            headers["Origin"] = origin or self.served.url
        url = self.served.url.replace("http", "ws") + "/live/"
        return OpenSocket(
            await self.client.ws_connect(
                url, params={"page": page, "window": window}, headers=headers, max_msg_size=0, autoping=True
            )
        )

    async def handshake_status(self, session: str, page: str, **options: Any) -> int:
        """The HTTP status with which the handshake is refused; 101 where it is not."""
        try:
            opened = await self.open(session, page, **options)
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status
        await opened.socket.close()
        return 101
