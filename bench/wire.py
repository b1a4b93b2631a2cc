"""Benchmark of transfer size: bytes of a first load, and those needed before first render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.figures import Figure
from bench.world import BROWSER_TIMEOUT, LIST, World, run_alone

ALL = 100_000  # bytes
BEFORE_RENDER = 60_000  # bytes of scripts and style sheets, compressed


def measure(world: World) -> Sequence[Figure]:
    """Counted by the browser's network stack (CDP): bodies as they came, and their headers."""
    loaded = _load_page(world)
    total = sum(size for _url, _kind, size in loaded)
    early = [one for one in loaded if one[1] in ("Script", "Stylesheet")]
    before = sum(size for _url, _kind, size in early)
    lines = tuple(f"{size:6d} bytes  {kind.lower()}  {_name(url)}" for url, kind, size in loaded)
    return [
        Figure(
            "bytes over the wire, all assets",
            f"<= {ALL // 1000} kB",
            f"{total / 1000:.1f} kB in {len(loaded)} requests, the page itself among them",
            total <= ALL,
            notes=lines,
        ),
        Figure(
            "JavaScript and CSS before first render, compressed",
            f"<= {BEFORE_RENDER // 1000} kB",
            f"{before / 1000:.1f} kB in {len(early)} files",
            before <= BEFORE_RENDER,
            notes=("All scripts and style sheets of the page: none is loaded later.",),
        ),
    ]


def _load_page(world: World) -> list[tuple[str, str, int]]:
    """(URL, kind, bytes) of everything but the socket, until the page is live."""
    name = world.product.newcomer()
    page = world.page(name, "/people/sign-in")
    page.context.close()  # the person's credential and the browser process are warm, the new context's cache is empty
    page = world.browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    world.product.sign_in(page.context, name)
    kinds: dict[str, tuple[str, str]] = {}
    found: list[tuple[str, str, int]] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def received(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = (event["response"]["url"], event["type"])

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in kinds:
            found.append((*kinds[event["requestId"]], int(event["encodedDataLength"])))

    network.on("Network.responseReceived", received)
    network.on("Network.loadingFinished", finished)
    page.context.set_default_timeout(BROWSER_TIMEOUT)
    page.goto(world.product.url + LIST)
    page.wait_for_selector("#live-state [data-state=live]", timeout=BROWSER_TIMEOUT)
    page.wait_for_load_state("networkidle")
    page.context.close()
    return found


def _name(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("?")[0] or "/"


if __name__ == "__main__":
    run_alone(measure)
