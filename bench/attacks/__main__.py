"""One attacker as a program: prints its cluster as JSON, reads its target as JSON, attacks until its input ends."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import requests

from bench.attacks.hostile_cluster import HOSTILE
from tests.clusters.api.faults import FaultServer

LOADERS = 4  # threads that load pages one after the other
SOCKETS = 8
MESSAGE = json.dumps({"renew": "q=" + "x" * 15_000})
SLOW_CONNECTIONS, HELD_BODIES = 1_100, 300
STRANGER = "127.0.0.2"  # another address of this machine
TRY_SECONDS = 60


@dataclass(frozen=True)
class Target:
    """`session` is that of a member whose cluster `slug` the hostile one is; `other` a cluster that works."""

    port: int
    session: str
    slug: str
    other: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def read_pages(target: Target, paths: list[str], *, loaders: int = LOADERS, session: bool = True) -> None:
    """Load these pages all the time, each thread on a connection of its own."""

    def work() -> None:
        client = requests.Session()
        client.trust_env = False
        if session:
            client.cookies.set("quarterdeck-session", target.session, domain="127.0.0.1")
        while True:
            for path in paths:
                with suppress(requests.RequestException):
                    client.get(target.url + path, timeout=TRY_SECONDS)

    for _ in range(loaders):
        threading.Thread(target=work, daemon=True).start()


def read_hostile(target: Target) -> None:
    """The list, an object of it, and sockets that follow the list."""
    base = f"/c/{target.slug}/shop/configmaps"
    read_pages(target, [base, f"{base}/deep"])
    open_sockets(target, base, "")


def read_lists(target: Target) -> None:
    """Sixty at once, each with a filter of its own, of a cluster that works."""
    read_pages(target, [f"/c/{target.other}/_all/pods?q=a{number}" for number in range(10)], loaders=60)


def send_tokens(target: Target) -> None:
    """Without an account: addresses that look like tokens, which the log redacts."""
    read_pages(target, ["/" + "eyJ-" * 1_900], session=False)


def flood(target: Target) -> None:
    open_sockets(target, "/", MESSAGE)


def open_sockets(target: Target, page: str, message: str) -> None:
    """Keep SOCKETS open; with a message they send it as fast as it goes."""

    async def keep_open() -> None:
        headers = {"Cookie": f"quarterdeck-session={target.session}", "Origin": target.url}
        url = f"ws://127.0.0.1:{target.port}/live/"
        async with aiohttp.ClientSession() as client:
            while True:
                with suppress(aiohttp.ClientError, OSError, TimeoutError):
                    async with client.ws_connect(
                        url, params={"page": page, "window": ""}, headers=headers
                    ) as opened:
                        while message and not opened.closed:
                            await opened.send_str(message)
                        async for one in opened:
                            number = str(one.data).partition("\n")[0]
                            await opened.send_json({"ack": int(number) if number.isdigit() else 0})
                await asyncio.sleep(0.05)

    async def keep_all_open() -> None:
        await asyncio.gather(*(keep_open() for _ in range(SOCKETS)))

    threading.Thread(target=lambda: asyncio.run(keep_all_open()), daemon=True).start()


def hold_heads(target: Target) -> None:
    hold(target, b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Slow: 1\r\n", SLOW_CONNECTIONS)


def hold_bodies(target: Target) -> None:
    head = b"POST /people/sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4194000\r\n\r\n"
    hold(target, head + b"x" * 2 * 1024 * 1024, b"x", HELD_BODIES)


def hold(target: Target, first: bytes, then: bytes, count: int) -> None:
    """Keep so many connections open that send a little every five seconds; what is closed is opened again."""

    def work() -> None:
        opened: list[socket.socket] = []
        while True:
            while len(opened) < count:
                try:
                    wire = socket.create_connection(("127.0.0.1", target.port), 5, (STRANGER, 0))
                    wire.settimeout(2)
                    opened.append(wire)
                    wire.sendall(first)
                except OSError:
                    break
            opened = [wire for wire in opened if _send(wire, then)]
            time.sleep(5)

    threading.Thread(target=work, daemon=True).start()


def _send(wire: socket.socket, content: bytes) -> bool:
    try:
        wire.sendall(content)
    except OSError:
        wire.close()
        return False
    return True


ATTACKS: dict[str, Callable[[Target], None]] = {
    **dict.fromkeys(HOSTILE, read_hostile),
    "tokens": send_tokens,
    "flood": flood,
    "lists": read_lists,
    "slow_heads": hold_heads,
    "held_bodies": hold_bodies,
}


def main() -> None:
    name = sys.argv[1]
    build = HOSTILE.get(name)
    server = FaultServer(build()).__enter__() if build else None
    print(json.dumps({"server": server.url, "ca": server.ca} if server else {}), flush=True)
    target = Target(**json.loads(sys.stdin.readline()))
    ATTACKS[name](target)
    sys.stdin.read()  # until whoever started it is done


if __name__ == "__main__":
    main()
