"""What do open pages do when this server itself is killed, or its sockets are refused, and is nothing typed lost?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.controlplane.controlplane import ControlPlane
from tests.faults.front import Front
from tests.faults.gate import Gate
from tests.faults.shown import PATIENCE, Person, is_fresh, is_in_state, is_stale, names, promised, row, says
from tests.live.pages import make_pod
from tests.served import Served


@pytest.fixture(autouse=True)
def _runs(dashboard: Served) -> Iterator[None]:
    """Whatever becomes of a test, the server runs afterwards."""
    yield
    if not dashboard.answers():
        dashboard.start_server()


def test_a_killed_server_is_said_and_pages_come_back_by_themselves_and_say_so(
    plane: ControlPlane, dashboard: Served, person: Callable[..., Person], figures
):
    make_pod(plane, "before-restart")
    dana = person("dana")
    page, of_one = dana.open("/c/harbour/shop/pods"), dana.open("/c/harbour/shop/pods/before-restart")
    account = dana.open("/people/me/")
    for opened in (page, of_one):
        is_in_state(opened, "live")
    page.get_by_text("Selectors").click()
    page.get_by_label("Label selector").fill("half=typed")
    before = names(page)
    dashboard.kill_server()
    for opened in (page, of_one):
        is_in_state(opened, "reconnecting")
        says(opened, "Quarterdeck is not responding", "Connection to Quarterdeck lost.", "Showing data as of")
        is_stale(opened)
    assert names(page) == before

    name = account.locator("input[name=name]")
    name.fill("Dana of the harbour")
    name.press("Enter")
    dialog = account.locator("dialog#cannot-send")
    expect(dialog).to_contain_text("Quarterdeck is not responding. Nothing was sent", timeout=PATIENCE)

    dashboard.start_server()
    with promised("this server killed", figures):
        for opened in (page, of_one):
            is_in_state(opened, "live")
    for opened in (page, of_one):
        says(opened, "Reconnected.", "this page is up to date again")
        expect(opened.locator("#live-lost")).to_have_count(0)
        is_fresh(opened)
    assert page.get_by_label("Label selector").input_value() == "half=typed"
    dialog.get_by_role("button", name="Send again").click()
    says(account, "Name updated.")
    make_pod(plane, "after-restart")
    expect(row(page, "after-restart")).to_be_visible(timeout=PATIENCE)
    page.locator("#live-back").get_by_role("button", name="Hide").click()
    expect(page.locator("#live-back")).to_have_count(0)


def test_a_cluster_that_is_down_when_the_server_comes_back_is_waited_for(
    plane: ControlPlane, gate: Gate, dashboard: Served, person: Callable[..., Person], figures
):
    """Nothing is known of the cluster in the new process: the page keeps its rows and says as of when."""
    make_pod(plane, "steady")
    dana = person("dana")
    page, of_one = dana.open("/c/gate/shop/pods"), dana.open("/c/gate/shop/pods/steady")
    for opened in (page, of_one):
        is_in_state(opened, "live")
    before = names(page)
    with gate.frozen():
        dashboard.kill_server()
        is_in_state(page, "reconnecting")
        dashboard.start_server()
        for opened in (page, of_one):
            is_in_state(opened, "unreachable")
            says(opened, "The API server did not respond in time.", "resumes by itself")
            is_stale(opened)
        assert names(page) == before
    with promised("a cluster that hung while this server was started", figures):
        for opened in (page, of_one):
            is_in_state(opened, "live")
    is_fresh(page)
    assert before <= names(page)


def test_sockets_that_something_in_between_refuses_are_said_and_recovered_from(
    plane: ControlPlane, dashboard: Served, person: Callable[..., Person], figures
):
    with Front(dashboard.port) as front:
        dana = person("dana")
        page = dana.context.new_page()
        front.refuses_sockets = True
        page.goto(f"http://127.0.0.1:{front.port}/c/harbour/shop/pods")
        says(page, "a proxy or firewall is blocking the WebSocket")
        is_stale(page)
        assert names(page)
        front.refuses_sockets = False
        with promised("refused sockets", figures):
            is_in_state(page, "live")
        make_pod(plane, "after-refusal")
        expect(row(page, "after-refusal")).to_be_visible(timeout=PATIENCE)
