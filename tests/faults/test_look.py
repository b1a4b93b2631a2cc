"""Can everybody read what a page says of a fault: light and dark, wide and narrow, by axe, with no sideways scroll?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.clusters.api import faults
from tests.controlplane.controlplane import ControlPlane
from tests.faults.disk import locked
from tests.faults.gate import Gate, everything, is_of, is_read
from tests.faults.shown import PATIENCE, Person, is_in_state, row, says
from tests.live.pages import make_pod
from tests.served import Served

SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every state
# Each state has lists and objects of its own: what was refused a moment ago is asked for more and more seldom.
LIST, SEVERAL = "/c/gate/shop/pods?selector=!not-{}", "/c/gate,far/shop/pods?selector=!not-{}"
OBJECT = "/c/gate/shop/pods/{}"
SLOW = faults.says(429, b"Too many requests, please try again later.", "text/plain", "Retry-After: 10")
REFUSED = faults.status(401, "Unauthorized", "Unauthorized")
FORBIDDEN = faults.status(403, "Forbidden", 'pods is forbidden: User "dana" cannot list resource "pods"')
Opened = Callable[[str], Page]


def look(page: Page, name: str) -> list[str]:
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
            found += [f"{where}: {line}" for line in violations(page)]
    return found


@pytest.fixture(autouse=True)
def _afterwards_the_gate_is_open(gate: Gate) -> Iterator[None]:
    yield
    gate.cut()


@pytest.fixture
def opened(plane: ControlPlane, person: Callable[..., Person]) -> Opened:
    """A live page of dana's."""
    make_pod(plane, "steady")

    def open_page(path: str) -> Page:
        if path.startswith(OBJECT.format("")):
            make_pod(plane, path.rpartition("/")[2])
        page = person("dana").open(path)
        is_in_state(page, "live")
        return page

    return open_page


def met(
    match: Callable[..., bool], answer: faults.Behaviour
) -> Callable[[Gate], AbstractContextManager[object]]:
    @contextmanager
    def arranged(gate: Gate) -> Iterator[None]:
        with gate.fault(match, answer):
            gate.cut()
            yield

    return arranged


STATES = {
    "unreachable": (Gate.frozen, LIST, "unreachable"),
    "unreachable-object": (Gate.frozen, OBJECT, "unreachable"),
    "unreachable-several": (Gate.frozen, SEVERAL, "unreachable"),
    "behind": (met(is_read, SLOW), LIST, "behind"),
    "failing": (met(everything, faults.html(502, "Bad Gateway")), LIST, "failing"),
    "denied": (met(is_of("/pods"), FORBIDDEN), LIST, "denied"),
    "denied-object": (met(is_of("/pods"), FORBIDDEN), OBJECT, "denied"),
    "lapsed": (met(everything, REFUSED), LIST, "lapsed"),
    "lapsed-object": (met(everything, REFUSED), OBJECT, "lapsed"),
}


@pytest.mark.parametrize("name", STATES)
def test_an_open_page_is_readable_in_each_state(gate: Gate, opened: Opened, name: str):
    fault, path, state = STATES[name]
    page = opened(path.format(name))
    with fault(gate):
        is_in_state(page, state, patience=2 * PATIENCE)
        found = look(page, name)
        if state == "lapsed":
            expect(page.get_by_text("Your permissions")).to_be_hidden()
    assert found == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [("error-slow", SLOW), ("error-502", faults.html(502, "Bad Gateway")), ("error-401", REFUSED)],
)
def test_the_page_of_an_error_is_readable(
    plane: ControlPlane,
    gate: Gate,
    dashboard: Served,
    person: Callable[..., Person],
    name: str,
    answer: faults.Behaviour,
):
    dashboard.do("cluster", slug=name, server=gate.url, ca=gate.ca)
    dashboard.do("credential", name="dana", slug=name, keys={"token": plane.token("dana")}, namespace="shop")
    with gate.fault(everything, answer):
        page = person("dana").open(f"/c/{name}/shop/pods")
        expect(page.locator(".problem")).to_be_visible(timeout=PATIENCE)
        found = look(page, name)
    assert found == []


def test_what_is_said_of_storage_is_readable(dashboard: Served, opened: Opened):
    page = opened("/c/harbour/shop/pods")
    account = page.context.new_page()
    account.goto(f"{dashboard.url}/people/me/")
    with locked(dashboard.folder):
        account.locator("input[name=name]").fill("Dana")
        account.evaluate("document.querySelector('input[name=name]').form.submit()")
        expect(account.get_by_role("button", name="Send again")).to_be_visible(timeout=PATIENCE)
        says(page, "Quarterdeck's database is locked by another program.")
        found = [*look(page, "locked"), *look(account, "locked-sent")]
    assert found == []


def test_what_is_said_of_a_lost_server_and_its_return_is_readable(dashboard: Served, opened: Opened):
    page = opened("/c/harbour/shop/pods")
    dashboard.kill_server()
    try:
        says(page, "Connection to Quarterdeck lost.")
        found = look(page, "lost")
        page.context.set_default_timeout(PATIENCE)
    finally:
        dashboard.start_server()
    is_in_state(page, "live")
    says(page, "Reconnected.")
    found += look(page, "back")
    assert found == []
    expect(row(page, "steady")).to_be_visible()
