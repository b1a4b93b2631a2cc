"""What does an open page show of each way in which its API server can fail, and is it live again within 5 s?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.clusters.api import faults
from tests.clusters.api.faults import (
    AUTHORITY,
    Hangup,
    Wire,
    babbles,
    html,
    lies_about_gzip,
    status,
    streams,
    truncates,
)
from tests.clusters.watch.scripted import gone, stream
from tests.controlplane.controlplane import ControlPlane
from tests.faults.gate import Gate, everything, is_list, is_read, is_watch
from tests.faults.shown import (
    PATIENCE,
    Person,
    is_fresh,
    is_in_state,
    is_stale,
    names,
    promised,
    row,
    says,
)
from tests.live.pages import make_pod
from tests.served import Served, wait_for

Faulty = Callable[[Gate], AbstractContextManager[object]]


def hangs_up(_wire: Wire) -> None:
    raise Hangup


@contextmanager
def listing_held(gate: Gate) -> Iterator[None]:
    """Lists come only when the block is over, so that the page can be seen meanwhile."""

    def held(wire: Wire) -> None:
        wire.closing.wait(3)
        raise Hangup

    with gate.fault(is_list, held):
        yield


def lost(answer: Callable[[Wire], None]) -> Faulty:
    @contextmanager
    def arranged(gate: Gate) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(gate.fault(is_watch, answer))
            stack.enter_context(listing_held(gate))
            yield

    return arranged


def met(match: Callable[..., bool], answer: Callable[[Wire], None]) -> Faulty:
    return lambda gate: gate.fault(match, answer)


@dataclass(frozen=True)
class Case:
    """A fault, one of the states that the page is in then, and what it says."""

    name: str
    fault: Faulty
    states: tuple[str, ...]
    words: tuple[str, ...] = ()


BROKEN = ("reconnecting", "unreachable")
CASES = [
    Case("410 as an event", lost(stream(gone(), stay=False)), ("expired",)),
    Case("410 as a status", lost(status(410, "Expired", "too old resource version")), ("expired",)),
    Case(
        "429",
        met(
            is_read,
            faults.says(429, b"Too many requests, please try again later.", "text/plain", "Retry-After: 2"),
        ),
        ("behind",),
        (
            "The API server is rate limiting requests.",
            "Next attempt",
            "waits as long as the API server asks",
        ),
    ),
    Case(
        "500",
        met(is_read, faults.says(500, b"etcdserver: request timed out", "text/plain")),
        ("failing",),
        ("The API server had an internal error.", "etcdserver: request timed out", "resumes by itself"),
    ),
    Case(
        "a proxy's 502",
        met(everything, html(502, "Bad Gateway")),
        ("failing",),
        ("is unavailable", "An HTML page (502): Bad Gateway"),
    ),
    Case(
        "a proxy's page",
        met(everything, html(200, "Sign in to the network")),
        ("unreachable",),
        ("The server at this address is not a Kubernetes API server.",),
    ),
    Case("half an answer", met(is_read, truncates), ("unreachable",), ("lost while the response",)),
    Case("a stream that ends at once", met(is_watch, streams()), BROKEN, ("lost while the response",)),
    Case(
        "a line that is none",
        met(is_watch, stream(b"<!doctype html>", stay=False)),
        ("unreachable",),
        ("A line of the watch cannot be parsed.",),
    ),
    Case("no HTTP", met(everything, babbles), ("unreachable",), ("not a Kubernetes API server",)),
    Case("lying gzip", met(is_read, lies_about_gzip), BROKEN, ("lost while the response",)),
    Case("every connection cut", met(everything, hangs_up), ("unreachable",), ("lost while the response",)),
    Case("silence", Gate.frozen, ("unreachable",), ("did not respond in time", "resumes by itself")),
]


@pytest.fixture(scope="module")
def page(browser: Browser, dashboard: Served, plane: ControlPlane) -> Iterator[Page]:
    """One list that stays open through all of it."""
    make_pod(plane, "steady")
    dana = Person(browser, dashboard, "dana")
    opened = dana.open("/c/gate/shop/pods")
    expect(row(opened, "steady")).to_be_visible(timeout=PATIENCE)
    yield opened
    dana.close()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_open_page_says_what_is_wrong_keeps_its_rows_and_recovers(case, page, gate, plane, figures):
    is_in_state(page, "live")
    before = names(page)
    assert "steady" in before
    with case.fault(gate):
        if case.fault is not Gate.frozen:
            gate.cut()
        is_in_state(page, *case.states)
        says(page, *case.words)
        if case.words:
            is_stale(page)
        assert names(page) == before, "what was shown stays on the page"
    with promised(case.name, figures):
        is_in_state(page, "live")
    is_fresh(page)
    name = f"after-{CASES.index(case)}"
    make_pod(plane, name)
    expect(row(page, name)).to_be_visible(timeout=PATIENCE)


def test_a_certificate_that_ends_is_named_and_a_renewed_one_brings_the_page_back(page, gate, figures):
    is_in_state(page, "live")
    ends = time.time() + 8
    gate.present_for(8)
    is_in_state(page, "live")
    before = names(page)
    wait_for(lambda: time.time() > ends + 1)
    gate.cut()  # a kept connection outlives the certificate that it began with
    is_in_state(page, "unreachable")
    says(page, "The API server's certificate has expired or is not valid yet.", "certificate has expired")
    is_stale(page)
    assert names(page) == before
    gate.present(AUTHORITY.server())
    with promised("certificate renewed", figures):
        is_in_state(page, "live")
    is_fresh(page)
