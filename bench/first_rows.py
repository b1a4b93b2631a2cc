"""How long until a person sees rows? From the navigation to the paint of the first rows, against curl's first page."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from bench.cluster import PERSON
from bench.figures import Figure, spread
from bench.product import SLUG
from bench.world import LIST, REMEMBERED, World, alone
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
  return { rows: window.benchFirstRows, answer: page.responseStart, whole: page.responseEnd,
           paint: paint ? paint.startTime : 0 }; }"""


def measure(world: World) -> Sequence[Figure]:
    """Each time another person, whose rights and rows nobody has asked for, in a browser that was never here."""
    people = [world.product.newcomer() for _ in range(world.samples(12))]
    for name in people:
        visited(world, name)  # once, so that the cluster has accepted this credential for discovery
    world.say("first rows: waiting until what those visits left behind is forgotten")
    time.sleep(world.seconds(REMEMBERED))
    guide = world.product.newcomer()
    curls, pages, times = [], [], []
    for name in people:
        visited(world, guide)  # discovery is warm
        curls.append(curl(world.plane))
        times.append(first_rows(world, name))
        pages.append(max(times[-1]["rows"], times[-1]["paint"]))
        time.sleep(world.seconds(2))  # the rest of the rows is loaded, and the API server is quiet again
    return [_figure(curls, pages, times)]


def _figure(curls: list[float], pages: list[float], times: list[dict[str, float]]) -> Figure:
    reference = statistics.median(curls)
    ratios = [page / reference for page in pages]
    answers, whole = ([one[key] for one in times] for key in ("answer", "whole"))
    return Figure(
        "page to first rows in Chromium",
        f"<= {GOAL:.0f} x",
        spread(ratios, " x", 1),
        statistics.median(ratios) <= GOAL,
        f"first Table page by curl: {spread(curls, ' ms')}",
        (
            f"From the start of the navigation to the first frame painted with rows: {spread(pages, ' ms')}.",
            f"Our server's answer began after {spread(answers, ' ms')} and was whole after {spread(whole, ' ms')}.",
            f"The reference is `curl -A` for a Table of `limit={LIMIT}`, its own TLS handshake included.",
        ),
    )


def visited(world: World, name: str) -> None:
    answer = world.product.client(name).get(f"{world.product.url}/c/{SLUG}/")
    assert answer.status_code == 200, answer.status_code


def first_rows(world: World, name: str) -> dict[str, Any]:
    """Milliseconds from the start of the navigation."""
    page = world.page(name, LIST, script=WATCH)
    try:
        page.wait_for_function(
            "() => window.benchFirstRows && performance.getEntriesByName('first-contentful-paint')[0]"
        )
        return dict(page.evaluate(TIMES))
    finally:
        page.context.close()


def curl(plane: ControlPlane) -> float:
    """Milliseconds that curl says the first page took."""
    command = [
        "curl", "--silent", "--fail", "--compressed", "--output", "/dev/null", "--write-out", "%{time_total}",
        "--cacert", str(plane.directory / "ca.crt"), "-A", "bench", "--header", f"Accept: {TABLE}",
        "--header", f"Authorization: Bearer {plane.token(PERSON)}", f"{plane.server}/api/v1/pods?limit={LIMIT}",
    ]  # fmt: skip
    return 1000 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    alone(measure)
