"""Recovery time: the longest waits in the code add up to at most 5 seconds, as documented."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from clusters.feeds import backoff
from clusters.feeds.timings import FeedTimings
from dashboard.frame import reachability, waiting
from people import storage
from people.audit import writer
from tests.dashboard_server import ROOT
from tests.faults.page_state import RECOVERY_LIMIT

FEEDS = FeedTimings()
CALLS = 0.5  # seconds that are left for the calls themselves
DOCS = (ROOT / "docs/faults.md").read_text()


def read_constant(script: str, name: str) -> float:
    """A constant of a script, from milliseconds to seconds."""
    found = re.search(rf"\b{name} = (\d+)\b", (Path(ROOT) / "static" / script).read_text())
    assert found is not None, f"{script} has no {name}"
    return int(found.group(1)) / 1000


def longest_crowd_wait(crowd: int) -> float:
    return max(backoff.compute_recovery_delay(FEEDS, crowd) for _ in range(500))


def soonest_error_page() -> float:
    """again.js stretches its pause by at most this factor."""
    found = re.search(
        r"pause \* \(([\d.]+) \+ Math.random\(\) \* ([\d.]+)\)", (ROOT / "static/shell/again.js").read_text()
    )
    assert found is not None
    return read_constant("shell/again.js", "EVERY") * (float(found.group(1)) + float(found.group(2)))


SUMS = {
    "whose API server refused connections": (FEEDS.unhealthy_interval, FEEDS.settle),
    "if the API server was silent": (FEEDS.unhealthy_probe_timeout, FEEDS.unhealthy_interval, FEEDS.settle),
    "with 30 or more lists open on it": (
        FEEDS.unhealthy_probe_timeout,
        FEEDS.unhealthy_interval,
        FEEDS.spread,
        FEEDS.settle,
    ),
    "fails while the API server is healthy": (FEEDS.longest_watched, FEEDS.settle),
    "a page that lost the connection to Quarterdeck": (read_constant("live/live.js", "LONGEST"),),
    "silent when Quarterdeck started": (reachability.TIMEOUT, waiting.MIN_INTERVAL),
    "an error page, or one cluster": (reachability.TIMEOUT, soonest_error_page()),
    "a permission that was granted again": (FEEDS.grant,),
    "whose resourceVersion was too old": (FEEDS.relist,),
    "a database that was not writable": (storage.PROBE_INTERVAL,),
    "an audit trail that was not writable": (writer.PROBE_INTERVAL,),
}


@pytest.mark.parametrize("page", SUMS)
def test_the_longest_waits_fit_the_recovery_limit_and_are_what_the_docs_say(page):
    most = sum(SUMS[page])
    assert most <= RECOVERY_LIMIT - CALLS
    (line,) = [
        one for one in DOCS.splitlines() if one.startswith("|") and page in one and one.endswith(" s |")
    ]
    assert line.endswith(f"| {most:.1f} s |")


def test_the_waits_of_a_feed_are_no_longer_than_the_constants_say():
    """What the sums take for granted of the functions that make pauses out of them."""
    assert longest_crowd_wait(1) <= 0.05
    assert longest_crowd_wait(1000) <= FEEDS.spread
    waits = [backoff.compute_failure_delay(FEEDS, n, is_watched=True, feed_count=1) for n in range(1, 200)]
    assert max(waits) <= FEEDS.longest_watched
    grants = [backoff.compute_grant_delay(FEEDS, 0, is_watched=True, feed_count=1) for _ in range(200)]
    assert max(grants) <= FEEDS.grant


PAGE = """<!doctype html><p id="live-state"></p><main id="main" data-live="/live/" data-page="/c/"></main>"""
RECORDING_SCRIPT = """
    window.sockets = []; window.pauses = [];
    Math.random = () => %s;
    window.WebSocket = class { constructor() { sockets.push(this); } close() {} };
    const wait = window.setTimeout;
    window.setTimeout = (then, pause) => { pauses.push(pause); return wait(then, pause); };
"""


def read_first_pause(new_page: Callable[..., Page], random: float) -> float:
    """Milliseconds that live.js waits after its socket was closed, where Math.random() says so."""
    page = new_page()
    page.add_init_script(RECORDING_SCRIPT % random)
    page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.goto("http://page.example/")
    page.add_script_tag(content=(ROOT / "static/live/live.js").read_text())
    page.wait_for_function("sockets.length")
    return float(page.evaluate("() => { sockets[0].onclose({ code: 1006 }); return pauses.at(-1); }"))


def test_a_fleet_of_pages_does_not_come_back_at_once(new_page):
    """Each page and each feed waits for a time of its own: half of the longest pause lies between first and last."""
    least, most = (read_first_pause(new_page, random) for random in (0, 0.999))
    assert most <= read_constant("live/live.js", "LONGEST") * 1000
    assert most - least >= 0.49 * most
    spread = [backoff.compute_recovery_delay(FEEDS, 1000) for _ in range(500)]
    assert max(spread) - min(spread) > FEEDS.spread / 2
    tries = [backoff.compute_failure_delay(FEEDS, 20, is_watched=True, feed_count=1) for _ in range(500)]
    assert max(tries) - min(tries) > FEEDS.longest_watched / 4
