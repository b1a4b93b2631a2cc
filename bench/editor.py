"""Benchmark of the editor: opening it, what it loads, and a dry run as a diff, compared with kubectl diff."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from bench.figures import Figure, spread
from bench.product import SLUG
from bench.world import World, run_alone
from tests.edit.test_big_objects import EDITS, create_big_objects

OPENING = 1000.0  # milliseconds
SAMPLES = 8
NAMESPACE = "shop"
SMALL = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "small", "namespace": NAMESPACE},
    "data": {"color": "teal"},
}
SMALL_PATH = f"{NAMESPACE}/configmaps/small"
NAMES = {
    SMALL_PATH: "a small ConfigMap",
    **dict(
        zip(EDITS, ("a ConfigMap of 1 MiB", "a CRD of 3,000 lines", "an object 70 levels deep"), strict=True)
    ),
}

# The first frame that is painted with what the selector finds in it.
WATCH = """
for (const [name, selector] of [["benchEditor", ".cm-content .cm-line"], ["benchDiff", ".diff .added"]]) {
  new MutationObserver((_changes, observer) => {
    if (!document.querySelector(selector)) return;
    observer.disconnect();
    requestAnimationFrame(() => { const after = new MessageChannel();
      after.port1.onmessage = () => { window[name] = performance.now(); };
      after.port2.postMessage(0); });
  }).observe(document, { childList: true, subtree: true });
}
"""
PAINTED = """async (name) => { while (!window[name]) await new Promise(requestAnimationFrame);
  return window[name]; }"""
ANSWERED = 'performance.getEntriesByType("navigation")[0].responseEnd'
LOADED = """() => performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js"))
  .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""


def measure(world: World) -> Sequence[Figure]:
    """Each opening in a browser with an empty cache, by somebody new to the page."""
    world.plane.kubectl("create", "namespace", NAMESPACE)
    world.plane.create([SMALL])
    create_big_objects(world.plane)
    name = world.product.newcomer()
    openings = {path: [_open(world, name, path) for _ in range(world.samples(SAMPLES))] for path in NAMES}
    return [
        *(_describe_opening(NAMES[path], times) for path, times in openings.items()),
        _measure_bytes(world, name),
        _measure_dry_run(world, name),
    ]


def _open(world: World, name: str, path: str) -> float:
    """Milliseconds from the start of the navigation to the first frame with the editor."""
    page = world.page(name, f"/c/{SLUG}/{path}/edit", script=WATCH)
    try:
        return float(_wait_for_editor(page))
    finally:
        page.context.close()


def _wait_for_editor(page: Page) -> Any:
    page.wait_for_selector(".cm-content .cm-line")
    return page.evaluate(PAINTED, "benchEditor")


def _describe_opening(what: str, times: list[float]) -> Figure:
    return Figure(
        f"opening the editor with {what}",
        f"<= {OPENING:.0f} ms",
        spread(times, " ms"),
        statistics.median(times) <= OPENING,
        notes=(
            "From the start of the navigation to the first frame painted with the editor; the cache is empty.",
        ),
    )


def _measure_bytes(world: World, name: str) -> Figure:
    """What the edit page loads and the object's page does not."""
    loaded = []
    for page_name in ("", "/edit"):
        page = world.page(name, f"/c/{SLUG}/{SMALL_PATH}{page_name}", script=WATCH)
        page.wait_for_load_state("load")
        loaded.append({url: int(size) for url, size in page.evaluate(LOADED)})
        page.context.close()
    others, editor = loaded
    more = {url: size for url, size in editor.items() if url not in others}
    return Figure(
        "scripts of the editor, compressed",
        "on its own pages alone",
        f"{sum(more.values()) / 1000:.1f} kB in {len(more)} files, every page: {sum(others.values()) / 1000:.1f} kB",
        bool(more) and not any("editor" in url for url in others),
        notes=tuple(f"{size:6d} bytes  {url}" for url, size in more.items()),
    )


def _measure_dry_run(world: World, name: str) -> Figure:
    """From the form that is sent to the diff that is seen; after each, kubectl diff of the same change."""
    edited = json.dumps({**SMALL, "data": {"color": "coral"}})
    ours, theirs, answers = [], [], []
    for _ in range(world.samples(SAMPLES)):
        page = world.page(name, f"/c/{SLUG}/{SMALL_PATH}/edit", script=WATCH)
        _wait_for_editor(page)
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(edited)
        page.get_by_role("button", name="Review changes").click()
        page.wait_for_selector(".diff .added")
        ours.append(float(page.evaluate(PAINTED, "benchDiff")))
        answers.append(page.evaluate(ANSWERED))
        page.context.close()
        started = time.perf_counter()
        found = world.plane.kubectl("diff", "-f", "-", input=edited, check=False)
        theirs.append((time.perf_counter() - started) * 1000)
        assert "coral" in found, found
    ratio = statistics.median(ours) / statistics.median(theirs)
    return Figure(
        "a dry run as a diff",
        "<= 1 x",
        f"{ratio:.2f} x",
        ratio <= 1,
        f"kubectl diff: {spread(theirs, ' ms')}",
        (
            f"From the start of the navigation to the first frame painted with the diff: {spread(ours, ' ms')}.",
            f"Our server's answer was whole after {spread(answers, ' ms')}.",
            "kubectl has its cache of discovery; its time includes its start, as it does for whoever types it.",
        ),
    )


if __name__ == "__main__":
    run_alone(measure)
