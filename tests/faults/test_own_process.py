"""Killed dashboard and refused sockets: open pages recover, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.faults.browser_proxy import BrowserProxy
from tests.faults.gate import Gate
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


@pytest.fixture(autouse=True)
def _restart_dashboard(dashboard: DashboardServer) -> Iterator[None]:
    """Whatever becomes of a test, the server runs afterwards."""
    yield
    if not dashboard.is_answering():
        dashboard.start_server()


def test_a_killed_server_is_said_and_pages_come_back_by_themselves_and_say_so(
    plane: ControlPlane, dashboard: DashboardServer, person: Callable[..., BrowserUser], recovery_times
):
    make_pod(plane, "before-restart")
    dana = person("dana")
    page, of_one = dana.open("/c/harbour/shop/pods"), dana.open("/c/harbour/shop/pods/before-restart")
    account = dana.open("/people/me/")
    for opened in (page, of_one):
        expect_state(opened, "live")
    page.get_by_text("Selectors").click()
    page.get_by_label("Label selector").fill("half=typed")
    before = list_names(page)
    dashboard.kill_server()
    for opened in (page, of_one):
        expect_state(opened, "reconnecting")
        expect_texts(
            opened, "Quarterdeck is not responding", "Connection to Quarterdeck lost.", "Showing data as of"
        )
        expect_stale(opened)
    assert list_names(page) == before

    name = account.locator("input[name=name]")
    name.fill("Dana of the harbour")
    name.press("Enter")
    dialog = account.locator("dialog#cannot-send")
    expect(dialog).to_contain_text("Quarterdeck is not responding. Nothing was sent", timeout=PATIENCE)

    dashboard.start_server()
    with check_recovery("this server killed", recovery_times):
        for opened in (page, of_one):
            expect_state(opened, "live")
    for opened in (page, of_one):
        expect_texts(opened, "Reconnected.", "this page is up to date again")
        expect(opened.locator("#live-lost")).to_have_count(0)
        expect_fresh(opened)
    assert page.get_by_label("Label selector").input_value() == "half=typed"
    dialog.get_by_role("button", name="Send again").click()
    expect_texts(account, "Name updated.")
    make_pod(plane, "after-restart")
    expect(find_row(page, "after-restart")).to_be_visible(timeout=PATIENCE)
    page.locator("#live-back").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#live-back")).to_have_count(0)


def test_a_cluster_that_is_down_when_the_server_comes_back_is_waited_for(
    plane: ControlPlane,
    gate: Gate,
    dashboard: DashboardServer,
    person: Callable[..., BrowserUser],
    recovery_times,
):
    """Nothing is known of the cluster in the new process: the page keeps its rows and says as of when."""
    make_pod(plane, "steady")
    dana = person("dana")
    page, of_one = dana.open("/c/gate/shop/pods"), dana.open("/c/gate/shop/pods/steady")
    for opened in (page, of_one):
        expect_state(opened, "live")
    before = list_names(page)
    with gate.freeze():
        dashboard.kill_server()
        expect_state(page, "reconnecting")
        dashboard.start_server()
        for opened in (page, of_one):
            expect_state(opened, "unreachable")
            expect_texts(opened, "The API server did not respond in time.", "resumes by itself")
            expect_stale(opened)
        assert list_names(page) == before
    with check_recovery("a cluster that hung while this server was started", recovery_times):
        for opened in (page, of_one):
            expect_state(opened, "live")
    expect_fresh(page)
    assert before <= list_names(page)


def test_sockets_that_something_in_between_refuses_are_said_and_recovered_from(
    plane: ControlPlane, dashboard: DashboardServer, person: Callable[..., BrowserUser], recovery_times
):
    with BrowserProxy(dashboard.port) as front:
        dana = person("dana")
        page = dana.context.new_page()
        front.refuses_sockets = True
        page.goto(f"http://127.0.0.1:{front.port}/c/harbour/shop/pods")
        expect_texts(page, "a proxy or firewall is blocking the WebSocket")
        expect_stale(page)
        assert list_names(page)
        front.refuses_sockets = False
        with check_recovery("refused sockets", recovery_times):
            expect_state(page, "live")
        make_pod(plane, "after-refusal")
        expect(find_row(page, "after-refusal")).to_be_visible(timeout=PATIENCE)
