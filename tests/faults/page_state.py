"""Page state: what a page shows of a fault, and how soon it is live afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import TIMEOUT
from tests.dashboard_server import DashboardServer

PATIENCE = 40_000  # milliseconds until a fault is shown, on a machine that does other things too
RECOVERY_LIMIT = (
    5.0  # seconds from the end of a fault until the page is live: test_promise.py adds up what the code waits
)
SLOW_MACHINE_FACTOR = (
    4.0  # times that much, where a browser, a control plane and a dashboard share a machine with other tests
)


class BrowserUser:
    """A test user in a browser of their own; pages are tabs of it."""

    def __init__(self, browser: Browser, served: DashboardServer, name: str, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(TIMEOUT)
        self.served = served
        self.session = served.sign_in(self.context, name)

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(self.served.url + path, wait_until="domcontentloaded", timeout=PATIENCE)
        return page

    def close(self) -> None:
        self.context.close()


def list_names(page: Page) -> set[str]:
    """The names in the list's rows."""
    return set(page.locator("#list-rows tr th").all_inner_texts())


def find_row(page: Page, name: str) -> Any:
    return page.locator("#list-rows tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def expect_state(page: Page, *states: str, patience: int = PATIENCE) -> None:
    """The state line shows one of these."""
    either = ", ".join(f"#live-state [data-state={state}]" for state in states)
    expect(page.locator(either)).to_be_visible(timeout=patience)


def expect_texts(page: Page, *texts: str) -> None:
    """The page's own part shows each of these texts."""
    for text in texts:
        expect(page.locator("main")).to_contain_text(text, timeout=PATIENCE)


def expect_stale(page: Page) -> None:
    """What is shown is marked with when it was right, beside its state and in words."""
    expect(page.locator("#live-state .state-as-of")).to_contain_text("as of")
    expect_texts(page, "Showing data as of")


def expect_fresh(page: Page) -> None:
    """Nothing of a fault is left."""
    expect(page.locator("#live-state [data-stale]")).to_have_count(0)
    expect(page.locator("main .as-of")).to_have_count(0)
    expect(page.locator("main tr.is-stale")).to_have_count(0)


def measure_slack() -> float:
    """How much slower than an idle machine this one is: waiting for a turn is not what is measured."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def check_recovery(what: str, figures: Callable[[str, float], None]) -> Iterator[None]:
    """The block ends in time, and its duration is recorded; it begins when the fault ends."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    figures(what, took)
    assert took <= RECOVERY_LIMIT * SLOW_MACHINE_FACTOR * measure_slack(), f"{what}: {took:.1f} s"
