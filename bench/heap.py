"""Benchmark of browser memory: JavaScript heap after garbage collection, before and after load."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import CDPSession

from bench.figures import Figure
from bench.load import changing, first_pods
from bench.world import World, run_alone

GOAL = 4_000_000  # bytes
FLAT = 1.1  # times what it was: below this it is flat
RATE = 100  # changes a second, all of them to rows that the page shows
SECONDS = 20
WINDOW = 100  # rows


def measure(world: World) -> Sequence[Figure]:
    """At first rows, once all is loaded, and after 20 s of 100 changes a second to the shown rows."""
    page = world.live_page()
    browser = page.context.new_cdp_session(page)
    first = heap(browser)
    grown = []
    with changing(world, first_pods(world, min(WINDOW, world.pods)), RATE) as pace:
        for _ in range(4):
            page.wait_for_timeout(1000 * world.seconds(SECONDS) / 4)
            grown.append(heap(browser))
        rate = pace.rate()
    page.wait_for_timeout(1000)
    last = heap(browser)
    page.context.close()
    return [
        Figure(
            "JavaScript heap, and after 20 s of 100 changes/s",
            f"<= {GOAL // 1_000_000} MB, flat",
            f"{first / 1e6:.2f} MB, {last / 1e6:.2f} MB",
            max(first, last, *grown) <= GOAL and last <= first * FLAT,
            notes=(
                f"Every 5 s under way: {', '.join(f'{one / 1e6:.2f}' for one in grown)} MB, at {rate:.0f} changes/s "
                f"to the {min(WINDOW, world.pods)} rows of the page.",
                "Each time after a forced collection (HeapProfiler.collectGarbage), by Runtime.getHeapUsage.",
            ),
        )
    ]


def heap(browser: CDPSession) -> float:
    """Bytes in use after a full collection."""
    for _ in range(2):
        browser.send("HeapProfiler.collectGarbage")
    return float(browser.send("Runtime.getHeapUsage")["usedSize"])


if __name__ == "__main__":
    run_alone(measure)
