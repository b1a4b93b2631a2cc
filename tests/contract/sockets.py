"""WebSocket client of the contract tests, as a browser or kubectl connects."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from tests.simulator.caller import Caller, Reply

SECONDS = 30
V5, V4, V4_TEXT = "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"


@dataclass
class Transcript:
    """What came back: the protocol that was chosen, and (channel, text) of each message."""

    protocol: str | None
    messages: list[tuple[int, str]] = field(default_factory=list)

    def read_channel(self, channel: int) -> str:
        """All of one channel."""
        return "".join(text for number, text in self.messages if number == channel)

    @property
    def status(self) -> Any:
        """The last word, on channel 3."""
        return json.loads(self.read_channel(3) or "null")

    @property
    def channels(self) -> list[int]:
        """In their order, each run of messages of one channel once; the first is the empty greeting."""
        numbers = [number for number, _ in self.messages]
        return [number for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number]


def exchange(caller: Caller, path: str, *sent: bytes, protocols: tuple[str, ...] = (V5,)) -> Transcript:
    """Opens it, sends those messages (a byte for the channel first), and reads until the other side is done."""
    return asyncio.run(_exchange(caller, path, sent, protocols))


def read_frames(caller: Caller, path: str, *, origin: str = "https://example.com") -> list[str]:
    """The messages of a watch until it ends, as they are."""
    return asyncio.run(_read_frames(caller, path, origin))


def request_rejected_upgrade(
    caller: Caller, path: str, *, protocols: tuple[str, ...] = (V5,), origin: str = ""
) -> Reply:
    """The answer to an upgrade that is not made."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"sixteen letters.").decode(),
    }
    if protocols:
        headers["Sec-WebSocket-Protocol"] = ", ".join(protocols)
    if origin:
        headers["Origin"] = origin
    return caller.get(path, accept="*/*", headers=headers)


async def _exchange(
    caller: Caller, path: str, sent: tuple[bytes, ...], protocols: tuple[str, ...]
) -> Transcript:
    async with _session(caller) as session:
        socket = await session.ws_connect(_url(caller, path), protocols=protocols, max_msg_size=0)
        found = Transcript(socket.protocol)
        is_text = "base64" in (socket.protocol or "")
        for message in sent:
            if is_text:
                await socket.send_str(f"{message[0]}{base64.b64encode(message[1:]).decode()}")
            else:
                await socket.send_bytes(message)
        async with asyncio.timeout(SECONDS):
            async for message in socket:
                data = message.data if message.type == aiohttp.WSMsgType.BINARY else message.data.encode()
                text = base64.b64decode(data[1:]) if is_text else data[1:]
                found.messages.append((data[0] - (ord("0") if is_text else 0), text.decode()))
        return found


async def _read_frames(caller: Caller, path: str, origin: str) -> list[str]:
    async with _session(caller) as session:
        socket = await session.ws_connect(_url(caller, path), origin=origin, max_msg_size=0)
        async with asyncio.timeout(SECONDS):
            found = [message async for message in socket]
        assert all(one.type == aiohttp.WSMsgType.TEXT for one in found)
        return [one.data for one in found]


def _session(caller: Caller) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    connector = aiohttp.TCPConnector(ssl=caller.context)
    return aiohttp.ClientSession(connector=connector, headers=headers)


def _url(caller: Caller, path: str) -> URL:
    return URL(caller.server + path, encoded=True)
