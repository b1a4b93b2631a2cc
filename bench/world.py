"""Benchmark environment: one control plane, one server and one Chromium, shared by all measures."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.cluster import PODS, Api, fill
from bench.figures import Figure
from bench.product import SLUG, Product, chromium
from tests.controlplane.controlplane import ControlPlane

LIST = f"/c/{SLUG}/_all/pods"
START = time.monotonic()
BROWSER_TIMEOUT = 120_000  # milliseconds that the browser may take for anything
CACHE_SECONDS = 31.0  # seconds that our server remembers reviews and discovery


@dataclass
class World:
    """`is_small` is a trial of the command itself: few pods, few samples, and figures that mean nothing."""

    plane: ControlPlane
    product: Product
    browser: Browser
    pods: int
    is_small: bool = False

    def say(self, text: str) -> None:
        say(text)

    def samples(self, many: int) -> int:
        """So many, or a handful in a small world."""
        return min(many, 3) if self.is_small else many

    def seconds(self, long: float) -> float:
        """So long, or a moment in a small world."""
        return min(long, 1.0) if self.is_small else long

    def api(self) -> Api:
        return Api(self.plane)

    def page(self, name: str, path: str = LIST, *, script: str = "") -> Page:
        """A page of this person in a browser that has never been here; close its context."""
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(BROWSER_TIMEOUT)
        self.product.sign_in(context, name)
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(self.product.url + path)
        return page

    def live_page(self, path: str = LIST, *, script: str = "") -> Page:
        """A page of somebody new, once all rows are there and it follows the cluster."""
        page = self.page(self.product.newcomer(), path, script=script)
        page.wait_for_selector("#live-state [data-state=live]", timeout=BROWSER_TIMEOUT)
        return page


Measure = Callable[[World], Sequence[Figure]]


def say(text: str) -> None:
    """Progress, with the seconds since the start."""
    print(f"{time.monotonic() - START:6.0f} s  {text}", flush=True)


@contextmanager
def world(pods: int, *, is_small: bool = False) -> Iterator[World]:
    """All of it, filled and warm; nothing is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-bench-"))
    product = Product(folder)
    try:
        with ControlPlane(progress=say) as plane, chromium() as browser:
            say(f"a control plane, to be filled with {pods} pods")
            fill(plane, pods, say)
            product.start()
            product.open(plane)
            environment = World(plane, product, browser, pods, is_small)
            _warm(environment)
            yield environment
    finally:
        product.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _warm(environment: World) -> None:
    """A process that has served a few pages, and a browser that has shown one."""
    for _ in range(2):
        page = environment.live_page()
        page.context.close()
    say("the server and the browser are warm")


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Quarterdeck against a real control plane.")
    parser.add_argument("--pods", type=int, default=PODS, help=f"pods in the cluster ({PODS})")
    parser.add_argument(
        "--small", action="store_true", help="try the command out: few samples, no real figures"
    )
    parser.add_argument(
        "--page", type=Path, help="where to write the results (a whole run: docs/benchmarks.md)"
    )
    parser.add_argument("measures", nargs="*", help="only these, by the names of their files")
    return parser.parse_args(arguments)


def run_alone(measure: Measure) -> None:
    """One measure in a world of its own, for `python -m bench.<name>`."""
    chosen = options()
    with world(chosen.pods, is_small=chosen.small) as environment:
        for figure in measure(environment):
            print_figure(figure)


def check_names(what: str, chosen: Sequence[str], known: Collection[str]) -> bool:
    """Whether each name is known; those that are not are printed, with those that are."""
    unknown = [name for name in chosen if name not in known]
    if unknown:
        print(f"There is no {what} {', '.join(unknown)}: {', '.join(known)}", file=sys.stderr)
    return not unknown


def print_figure(figure: Figure) -> None:
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    say(f"{figure.measure}: {figure.result} (goal: {figure.goal or 'none'}) {verdict}")
    for line in (figure.reference, *figure.notes):
        if line:
            say(f"    {line}")
