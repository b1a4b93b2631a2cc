"""Appearance of faults: both themes, two widths, by axe, without sideways scrolling."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.clusters.api import faults
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.faults.disk import lock_database
from tests.faults.gate import Gate, any_request, has_word, is_read
from tests.faults.page_state import PATIENCE, BrowserUser, expect_state, expect_texts, find_row
from tests.live.pages import make_pod

SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every state
# Each state has lists and objects of its own: what was refused a moment ago is retried with growing pauses.
LIST, SEVERAL = "/c/gate/shop/pods?selector=!not-{}", "/c/gate,far/shop/pods?selector=!not-{}"
OBJECT = "/c/gate/shop/pods/{}"
SLOW = faults.respond_with(
    429, b"Too many requests, please try again later.", "text/plain", "Retry-After: 10"
)
REFUSED = faults.respond_status(401, "Unauthorized", "Unauthorized")
FORBIDDEN = faults.respond_status(
    403, "Forbidden", 'pods is forbidden: User "dana" cannot list resource "pods"'
)
OpenLivePage = Callable[[str], Page]


def list_violations(page: Page, name: str) -> list[str]:
    """What is wrong with the page in both themes at two widths."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            where = f"{name}-{theme}-{width}"
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{where}.png")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{where} scrolls sideways")
            found += [f"{where}: {line}" for line in find_violations(page)]
    return found


@pytest.fixture(autouse=True)
def _reset_gate(gate: Gate) -> Iterator[None]:
    yield
    gate.cut()


@pytest.fixture
def open_live_page(plane: ControlPlane, person: Callable[..., BrowserUser]) -> OpenLivePage:
    """A live page of dana's."""
    make_pod(plane, "steady")

    def open_page(path: str) -> Page:
        if path.startswith(OBJECT.format("")):
            make_pod(plane, path.rpartition("/")[2])
        page = person("dana").open(path)
        expect_state(page, "live")
        return page

    return open_page


def inject_fault(
    match: Callable[..., bool], answer: faults.Behaviour
) -> Callable[[Gate], AbstractContextManager[object]]:
    @contextmanager
    def arranged(gate: Gate) -> Iterator[None]:
        with gate.inject(match, answer):
            gate.cut()
            yield

    return arranged


STATES = {
    "unreachable": (Gate.freeze, LIST, "unreachable"),
    "unreachable-object": (Gate.freeze, OBJECT, "unreachable"),
    "unreachable-several": (Gate.freeze, SEVERAL, "unreachable"),
    "behind": (inject_fault(is_read, SLOW), LIST, "behind"),
    "failing": (inject_fault(any_request, faults.respond_html(502, "Bad Gateway")), LIST, "failing"),
    "denied": (inject_fault(has_word("/pods"), FORBIDDEN), LIST, "denied"),
    "denied-object": (inject_fault(has_word("/pods"), FORBIDDEN), OBJECT, "denied"),
    "unauthorized": (inject_fault(any_request, REFUSED), LIST, "unauthorized"),
    "unauthorized-object": (inject_fault(any_request, REFUSED), OBJECT, "unauthorized"),
}


@pytest.mark.parametrize("name", STATES)
def test_an_open_page_is_readable_in_each_state(gate: Gate, open_live_page: OpenLivePage, name: str):
    fault, path, state = STATES[name]
    page = open_live_page(path.format(name))
    with fault(gate):
        expect_state(page, state, patience=2 * PATIENCE)
        found = list_violations(page, name)
        if state == "unauthorized":
            expect(page.get_by_text("Your permissions")).to_be_hidden()
    assert found == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [("error-slow", SLOW), ("error-502", faults.respond_html(502, "Bad Gateway")), ("error-401", REFUSED)],
)
def test_the_page_of_an_error_is_readable(
    plane: ControlPlane,
    gate: Gate,
    dashboard: DashboardServer,
    person: Callable[..., BrowserUser],
    name: str,
    answer: faults.Behaviour,
):
    dashboard.run_command("cluster", slug=name, server=gate.url, ca=gate.ca)
    dashboard.run_command(
        "credential", name="dana", slug=name, keys={"token": plane.token("dana")}, namespace="shop"
    )
    with gate.inject(any_request, answer):
        page = person("dana").open(f"/c/{name}/shop/pods")
        expect(page.locator(".problem")).to_be_visible(timeout=PATIENCE)
        found = list_violations(page, name)
    assert found == []


def test_what_is_said_of_storage_is_readable(dashboard: DashboardServer, open_live_page: OpenLivePage):
    page = open_live_page("/c/harbour/shop/pods")
    account = page.context.new_page()
    account.goto(f"{dashboard.url}/people/me/")
    with lock_database(dashboard.folder):
        account.locator("input[name=name]").fill("Dana")
        account.evaluate("document.querySelector('input[name=name]').form.submit()")
        expect(account.get_by_role("button", name="Send again")).to_be_visible(timeout=PATIENCE)
        expect_texts(page, "Quarterdeck's database is locked by another program.")
        found = [*list_violations(page, "locked"), *list_violations(account, "locked-sent")]
    assert found == []


def test_what_is_said_of_a_lost_server_and_its_return_is_readable(
    dashboard: DashboardServer, open_live_page: OpenLivePage
):
    page = open_live_page("/c/harbour/shop/pods")
    dashboard.kill_server()
    try:
        expect_texts(page, "Connection to Quarterdeck lost.")
        found = list_violations(page, "lost")
        page.context.set_default_timeout(PATIENCE)
    finally:
        dashboard.start_server()
    expect_state(page, "live")
    expect_texts(page, "Reconnected.")
    found += list_violations(page, "back")
    assert found == []
    expect(find_row(page, "steady")).to_be_visible()
