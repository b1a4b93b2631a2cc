"""Benchmark of row memory: bytes of one row, and of more viewers of the same list."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack

import aiohttp

from bench.figures import Figure
from bench.product import Product
from bench.table import PAGE, load_table, multiply_rows, real_pages
from bench.world import LIST, World, run_alone

GOAL = 2000  # bytes of a row
VIEWERS = 50


def measure(world: World) -> Sequence[Figure]:
    """A row by Python's own accounting; viewers by the resident memory of our server's process."""
    each = _row_bytes(world)
    first, more, viewers = _viewers(world)
    rows = world.pods
    once = each * rows
    return [
        Figure(
            "memory of a row, viewers sharing a credential",
            f"<= {GOAL // 1000} kB, once",
            f"{each:.0f} bytes, {once / 1e6:.1f} MB in all; {viewers - 1} viewers more {more / 1e6:.1f} MB",
            each <= GOAL and more < once,
            notes=(
                f"{rows} rows, as kept after a load with all that sorting and filtering hold ready (tracemalloc).",
                f"By the resident memory of the server's process {viewers - 1} viewers more on the same page cost "
                f"{100 * more / once:.0f}% of what the rows do, {more / (viewers - 1) / 1e3:.0f} kB each. The "
                f"first one costs {first / 1e6:.1f} MB: less than its rows where lists before it left memory free.",
            ),
        )
    ]


def _row_bytes(world: World) -> float:
    pages = real_pages(world.api())
    load_table(multiply_rows(pages[:1], PAGE))  # what is made once for all tables is not the rows'
    gc.collect()
    tracemalloc.start()
    content = load_table(pages)
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / content.size()


def _viewers(world: World) -> tuple[int, int, int]:
    """Bytes that the first viewer costs, that all others together add, and how many there are."""
    name = world.product.newcomer()
    count = 3 if world.is_small else VIEWERS
    sockets = Sockets(world.product, name)
    try:
        before = world.product.read_memory()
        sockets.open(1)
        first = world.product.read_memory()
        sockets.open(count - 1)
        time.sleep(2)
        return first - before, world.product.read_memory() - first, count
    finally:
        sockets.close()


class Sockets:
    """Open pages of one person, without a browser: sockets that acknowledge what they are sent."""

    def __init__(self, product: Product, name: str) -> None:
        self._product = product
        self._cookie = f"quarterdeck-session={product.run_command('session', name=name)}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, count: int) -> None:
        """So many more; returns when each has heard that its list is live."""
        self._run(self._open(count)).result(180)

    def close(self) -> None:
        self._run(self._close()).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, coroutine: object) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)  # type: ignore[arg-type]

    async def _open(self, count: int) -> None:
        live_events = [asyncio.Event() for _ in range(count)]
        for event in live_events:
            client = await self._stack.enter_async_context(aiohttp.ClientSession())
            socket = await self._stack.enter_async_context(
                client.ws_connect(
                    f"{self._product.url.replace('http', 'ws', 1)}/live/",
                    params={"page": LIST, "window": ""},
                    headers={"Cookie": self._cookie, "Origin": self._product.url},
                    max_msg_size=0,
                )
            )
            self._tasks.append(asyncio.create_task(_listen(socket, event)))
        await asyncio.gather(*(event.wait() for event in live_events))

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._stack.aclose()


async def _listen(socket: aiohttp.ClientWebSocketResponse, is_live: asyncio.Event) -> None:
    async for message in socket:
        number, _, html = message.data.partition("\n")
        if 'data-state="live"' in html:
            is_live.set()
        await socket.send_json({"ack": int(number)})


if __name__ == "__main__":
    run_alone(measure)
