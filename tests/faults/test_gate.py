"""API server faults: what open pages show of each, and recovery within 5 seconds."""

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
    respond_html,
    respond_status,
    send_false_gzip,
    send_garbage,
    stream_lines,
    truncate_body,
)
from tests.clusters.feeds.scripted_server import gone_event, stream_watch
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.faults.gate import Gate, any_request, is_list, is_read, is_watch
from tests.faults.page_state import (
    PATIENCE,
    BrowserUser,
    check_recovery,
    expect_fresh,
    expect_stale,
    expect_state,
    expect_texts,
    find_row,
    list_names,
)
from tests.live.pages import make_pod

Faulty = Callable[[Gate], AbstractContextManager[object]]


def hang_up(_wire: Wire) -> None:
    raise Hangup


@contextmanager
def hold_listing(gate: Gate) -> Iterator[None]:
    """Lists come only when the block is over, so that the page can be seen meanwhile."""

    def held(wire: Wire) -> None:
        wire.closing.wait(3)
        raise Hangup

    with gate.inject(is_list, held):
        yield


def break_watch(answer: Callable[[Wire], None]) -> Faulty:
    @contextmanager
    def arranged(gate: Gate) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(gate.inject(is_watch, answer))
            stack.enter_context(hold_listing(gate))
            yield

    return arranged


def inject_fault(match: Callable[..., bool], answer: Callable[[Wire], None]) -> Faulty:
    return lambda gate: gate.inject(match, answer)


@dataclass(frozen=True)
class Case:
    """A fault, one of the states that the page is in then, and what it says."""

    name: str
    fault: Faulty
    states: tuple[str, ...]
    texts: tuple[str, ...] = ()


BROKEN = ("reconnecting", "unreachable")
CASES = [
    Case("410 as an event", break_watch(stream_watch(gone_event(), stay=False)), ("expired",)),
    Case(
        "410 as a status",
        break_watch(respond_status(410, "Expired", "too old resource version")),
        ("expired",),
    ),
    Case(
        "429",
        inject_fault(
            is_read,
            faults.respond_with(
                429, b"Too many requests, please try again later.", "text/plain", "Retry-After: 2"
            ),
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
        inject_fault(is_read, faults.respond_with(500, b"etcdserver: request timed out", "text/plain")),
        ("failing",),
        ("The API server had an internal error.", "etcdserver: request timed out", "resumes by itself"),
    ),
    Case(
        "a proxy's 502",
        inject_fault(any_request, respond_html(502, "Bad Gateway")),
        ("failing",),
        ("is unavailable", "An HTML page (502): Bad Gateway"),
    ),
    Case(
        "a proxy's page",
        inject_fault(any_request, respond_html(200, "Sign in to the network")),
        ("unreachable",),
        ("The server at this address is not a Kubernetes API server.",),
    ),
    Case(
        "half an answer", inject_fault(is_read, truncate_body), ("unreachable",), ("lost while the response",)
    ),
    Case(
        "a stream that ends at once",
        inject_fault(is_watch, stream_lines()),
        BROKEN,
        ("lost while the response",),
    ),
    Case(
        "a line that is none",
        inject_fault(is_watch, stream_watch(b"<!doctype html>", stay=False)),
        ("unreachable",),
        ("A line of the watch cannot be parsed.",),
    ),
    Case(
        "no HTTP", inject_fault(any_request, send_garbage), ("unreachable",), ("not a Kubernetes API server",)
    ),
    Case("lying gzip", inject_fault(is_read, send_false_gzip), BROKEN, ("lost while the response",)),
    Case(
        "every connection cut",
        inject_fault(any_request, hang_up),
        ("unreachable",),
        ("lost while the response",),
    ),
    Case("silence", Gate.freeze, ("unreachable",), ("did not respond in time", "resumes by itself")),
]


@pytest.fixture(scope="module")
def page(browser: Browser, dashboard: DashboardServer, plane: ControlPlane) -> Iterator[Page]:
    """One list that stays open through all of it."""
    make_pod(plane, "steady")
    dana = BrowserUser(browser, dashboard, "dana")
    opened = dana.open("/c/gate/shop/pods")
    expect(find_row(opened, "steady")).to_be_visible(timeout=PATIENCE)
    yield opened
    dana.close()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_open_page_says_what_is_wrong_keeps_its_rows_and_recovers(case, page, gate, plane, recovery_times):
    expect_state(page, "live")
    before = list_names(page)
    assert "steady" in before
    with case.fault(gate):
        if case.fault is not Gate.freeze:
            gate.cut()
        expect_state(page, *case.states)
        expect_texts(page, *case.texts)
        if case.texts:
            expect_stale(page)
        assert list_names(page) == before, "what was shown stays on the page"
    with check_recovery(case.name, recovery_times):
        expect_state(page, "live")
    expect_fresh(page)
    name = f"after-{CASES.index(case)}"
    make_pod(plane, name)
    expect(find_row(page, name)).to_be_visible(timeout=PATIENCE)


def test_a_certificate_that_ends_is_named_and_a_renewed_one_brings_the_page_back(page, gate, recovery_times):
    expect_state(page, "live")
    ends = time.time() + 8
    gate.set_short_certificate(8)
    expect_state(page, "live")
    before = list_names(page)
    wait_for(lambda: time.time() > ends + 1)
    gate.cut()  # a kept connection outlives the certificate that it began with
    expect_state(page, "unreachable")
    expect_texts(
        page, "The API server's certificate has expired or is not valid yet.", "certificate has expired"
    )
    expect_stale(page)
    assert list_names(page) == before
    gate.set_certificate(AUTHORITY.server())
    with check_recovery("certificate renewed", recovery_times):
        expect_state(page, "live")
    expect_fresh(page)
