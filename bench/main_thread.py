"""Benchmark of the page's main thread: its busy share at 100 changes a second."""

from __future__ import annotations

import time
from collections.abc import Sequence

from playwright.sync_api import CDPSession

from bench.figures import Figure
from bench.load import changing, first_pods
from bench.world import World, run_alone

GOAL = 10.0  # percent
RATE = 100  # changes a second, all of them to rows that the page shows
SECONDS = 20
WINDOW = 100  # rows
PARTS = {"ScriptDuration": "scripts", "LayoutDuration": "layout", "RecalcStyleDuration": "styles"}


def measure(world: World) -> Sequence[Figure]:
    """What the renderer's main thread worked of 20 s (Performance.getMetrics, TaskDuration), in three runs."""
    page = world.live_page()
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")
    page.wait_for_timeout(1000 * world.seconds(3))
    runs = []
    with changing(world, first_pods(world, min(WINDOW, world.pods)), RATE) as pace:
        page.wait_for_timeout(1000 * world.seconds(3))
        for _ in range(world.samples(3)):
            runs.append(_share(browser, world.seconds(SECONDS / 3), page.wait_for_timeout))
        rate = pace.rate()
    page.context.close()
    shares = [run["TaskDuration"] for run in runs]
    worst = max(runs, key=lambda run: run["TaskDuration"])
    parts = ", ".join(f"{words} {worst[name]:.1f}%" for name, words in PARTS.items())
    return [
        Figure(
            "main thread of the page at 100 changes/s",
            f"<= {GOAL:.0f}%",
            f"{max(shares):.1f}% at most ({min(shares):.1f}% at least, of {len(shares)} runs)",
            max(shares) <= GOAL,
            notes=(f"{rate:.0f} changes/s to the rows of the page. Of the worst run: {parts}.",),
        )
    ]


def _share(browser: CDPSession, seconds: float, wait: object) -> dict[str, float]:
    """Percent of the time that passed, by metric."""
    before, began = _metrics(browser), time.monotonic()
    assert callable(wait)
    wait(1000 * seconds)
    after, passed = _metrics(browser), time.monotonic() - began
    return {name: 100 * (after[name] - before[name]) / passed for name in before}


def _metrics(browser: CDPSession) -> dict[str, float]:
    found = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in ("TaskDuration", *PARTS)}


if __name__ == "__main__":
    run_alone(measure)
