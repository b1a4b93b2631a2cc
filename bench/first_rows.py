"""Benchmark of first rows: navigation to first painted rows, compared with curl's first page."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from bench.cluster import PERSON
from bench.figures import Figure, spread
from bench.product import SLUG
from bench.world import CACHE_SECONDS, LIST, World, run_alone
from tests.controlplane.controlplane import ControlPlane

GOAL = 4.0  # times the reference
LIMIT = 500  # rows of the reference's page: what kubectl asks for at a time
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

# The first frame that is painted with rows in it: a frame is painted only once the style sheets are there.
WATCH = """
new MutationObserver((_changes, observer) => {
  if (!document.querySelector("#list-rows tr")) return;
  observer.disconnect();
  requestAnimationFrame(() => { const after = new MessageChannel();
    after.port1.onmessage = () => { window.benchFirstRows = performance.now(); };
    after.port2.postMessage(0); });
}).observe(document, { childList: true, subtree: true });
"""
TIMES = """() => { const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const assets = performance.getEntriesByType("resource").filter((one) => /\\.(css|js)$/.test(one.name));
  return { rows: window.benchFirstRows, answer: page.responseStart, whole: page.responseEnd,
           assets: Math.max(page.responseEnd, ...assets.map((one) => one.responseEnd)),
           paint: paint ? paint.startTime : 0 }; }"""


def measure(world: World) -> Sequence[Figure]:
    """Each time another person, whose permissions and rows nobody has requested, in a browser that was never here."""
    people = [world.product.newcomer() for _ in range(world.samples(12))]
    for name in people:
        visit(world, name)  # once, so that the cluster has accepted this credential for discovery
    world.say("first rows: waiting until what those visits left behind is forgotten")
    time.sleep(world.seconds(CACHE_SECONDS))
    guide = world.product.newcomer()
    curls, pages, times = [], [], []
    for name in people:
        visit(world, guide)  # discovery is warm
        curls.append(curl(world.plane))
        times.append(first_rows(world, name))
        pages.append(max(times[-1]["rows"], times[-1]["paint"]))
        time.sleep(world.seconds(2))  # the rest of the rows is loaded, and the API server is quiet again
    file = write_page_file(world, guide)  # last: it opens a feed
    return [_figure(curls, pages, times, [measure_minimum(world, file) for _ in people])]


def _figure(
    curls: list[float], pages: list[float], times: list[dict[str, float]], minimums: list[float]
) -> Figure:
    reference = statistics.median(curls)
    ratios = [page / reference for page in pages]
    answers, whole, assets = ([one[key] for one in times] for key in ("answer", "whole", "assets"))
    return Figure(
        "page to first rows in Chromium",
        f"<= {GOAL:.0f} x",
        spread(ratios, " x", 1),
        statistics.median(ratios) <= GOAL,
        f"first Table page by curl: {spread(curls, ' ms')}",
        (
            f"From the start of the navigation to the first frame painted with rows: {spread(pages, ' ms')}.",
            f"Our server's answer began after {spread(answers, ' ms')} and was whole after {spread(whole, ' ms')}; the "
            f"last style sheet or script was there after {spread(assets, ' ms')}.",
            f"What the browser takes by itself: the same page from a file, its styles within and without scripts, is "
            f"painted after {spread(minimums, ' ms')}.",
            f"The reference is `curl -A` for a Table of `limit={LIMIT}`, its own TLS handshake included.",
        ),
    )


def visit(world: World, name: str) -> None:
    response = world.product.client(name).get(f"{world.product.url}/c/{SLUG}/")
    assert response.status_code == 200, response.status_code


def first_rows(world: World, name: str) -> dict[str, Any]:
    """Milliseconds from the start of the navigation."""
    page = world.page(name, LIST, script=WATCH)
    try:
        return _times(page)
    finally:
        page.context.close()


def write_page_file(world: World, name: str) -> Path:
    """The page with its styles within, and without scripts."""
    client, url = world.product.client(name), world.product.url

    def within(link: re.Match[str]) -> str:
        return f"<style>{client.get(url + link[1]).text}</style>"

    html = re.sub(r'<link rel="stylesheet" href="([^"]+)">', within, client.get(url + LIST).text)
    file = world.product.folder / "minimum.html"
    file.write_text(re.sub(r"<script[^>]*></script>", "", html))
    return file


def measure_minimum(world: World, file: Path) -> float:
    """Milliseconds until the rows are painted where there is no server, and nothing to fetch."""
    context = world.browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(file.as_uri())
        times = _times(page)
    finally:
        context.close()
    return float(max(times["rows"], times["paint"]))


def _times(page: Page) -> dict[str, Any]:
    page.wait_for_function(
        "() => window.benchFirstRows && performance.getEntriesByName('first-contentful-paint')[0]"
    )
    return dict(page.evaluate(TIMES))


def curl(plane: ControlPlane) -> float:
    """Milliseconds that curl says the first page took."""
    command = [
        "curl", "--silent", "--fail", "--compressed", "--output", "/dev/null", "--write-out", "%{time_total}",
        "--cacert", str(plane.directory / "ca.crt"), "-A", "bench", "--header", f"Accept: {TABLE}",
        "--header", f"Authorization: Bearer {plane.token(PERSON)}", f"{plane.server}/api/v1/pods?limit={LIMIT}",
    ]  # fmt: skip
    return 1000 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    run_alone(measure)
