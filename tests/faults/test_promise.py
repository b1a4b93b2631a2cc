"""Is a page live within 5 s of a recovery by design? The longest waits, added up from the code, as in the docs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from clusters.watch import feed, health, pauses
from dashboard.resources import answers, waiting
from people import storage
from people.audit import writer
from tests.faults.shown import PROMISE
from tests.served import ROOT

CALLS = 0.5  # seconds that are left for the calls themselves
DOCS = (ROOT / "docs/faults.md").read_text()


def constant(script: str, name: str) -> float:
    """A constant of a script, from milliseconds to seconds."""
    found = re.search(rf"\b{name} = (\d+)\b", (Path(ROOT) / "static" / script).read_text())
    assert found is not None, f"{script} has no {name}"
    return int(found.group(1)) / 1000


def crowd_waits(crowd: int) -> float:
    return max(pauses.after_recovery(crowd) for _ in range(500))


def soonest_error_page() -> float:
    """again.js stretches its pause by at most this factor."""
    found = re.search(
        r"pause \* \(([\d.]+) \+ Math.random\(\) \* ([\d.]+)\)", (ROOT / "static/shell/again.js").read_text()
    )
    assert found is not None
    return constant("shell/again.js", "EVERY") * (float(found.group(1)) + float(found.group(2)))


SUMS = {
    "whose API server refused connections": (health.ILL, feed.SETTLE),
    "where it was silent": (health.SHORT, health.ILL, feed.SETTLE),
    "with 30 lists or more open there": (health.SHORT, health.ILL, pauses.SPREAD, feed.SETTLE),
    "fails while the API server is well": (pauses.WATCHED, feed.SETTLE),
    "a page that lost this server": (constant("live/live.js", "LONGEST"),),
    "silent when this server started": (answers.PATIENCE, waiting.LOOK),
    "a page of an error": (answers.PATIENCE, soonest_error_page()),
    "a right that was granted again": (pauses.GRANT,),
    "whose position was too old": (pauses.LOST,),
    "a database that could not be written": (storage.PROBE,),
    "a trail that could not be written": (writer.PROBE,),
}


@pytest.mark.parametrize("page", SUMS)
def test_what_is_waited_for_leaves_room_within_the_promise_and_is_what_the_docs_say(page):
    most = sum(SUMS[page])
    assert most <= PROMISE - CALLS
    (line,) = [
        one for one in DOCS.splitlines() if one.startswith("|") and page in one and one.endswith(" s |")
    ]
    assert line.endswith(f"| {most:.1f} s |")


def test_the_waits_of_a_feed_are_no_longer_than_the_constants_say():
    """What the sums take for granted of the functions that make pauses out of them."""
    assert crowd_waits(1) <= 0.05
    assert crowd_waits(1000) <= pauses.SPREAD
    waits = [pauses.after_failure(n, is_watched=True, crowd=1) for n in range(1, 200)]
    assert max(waits) <= pauses.WATCHED
    grants = [pauses.until_grant(0, is_watched=True, crowd=1) for _ in range(200)]
    assert max(grants) <= pauses.GRANT


PAGE = """<!doctype html><p id="live-state"></p><main id="main" data-live="/live/" data-page="/c/"></main>"""
WATCHED = """
    window.sockets = []; window.pauses = [];
    Math.random = () => %s;
    window.WebSocket = class { constructor() { sockets.push(this); } close() {} };
    const wait = window.setTimeout;
    window.setTimeout = (then, pause) => { pauses.push(pause); return wait(then, pause); };
"""


def first_pause(new_page: Callable[..., Page], random: float) -> float:
    """Milliseconds that live.js waits after its socket was closed, where Math.random() says so."""
    page = new_page()
    page.add_init_script(WATCHED % random)
    page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.goto("http://page.example/")
    page.add_script_tag(content=(ROOT / "static/live/live.js").read_text())
    page.wait_for_function("sockets.length")
    return float(page.evaluate("() => { sockets[0].onclose({ code: 1006 }); return pauses.at(-1); }"))


def test_a_fleet_of_pages_does_not_come_back_in_one_moment(new_page):
    """Each page and each feed waits for a time of its own: half of the longest pause lies between first and last."""
    least, most = (first_pause(new_page, random) for random in (0, 0.999))
    assert most <= constant("live/live.js", "LONGEST") * 1000
    assert most - least >= 0.49 * most
    spread = [pauses.after_recovery(1000) for _ in range(500)]
    assert max(spread) - min(spread) > pauses.SPREAD / 2
    tries = [pauses.after_failure(20, is_watched=True, crowd=1) for _ in range(500)]
    assert max(tries) - min(tries) > pauses.WATCHED / 4
