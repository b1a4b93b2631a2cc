"""What does an open page do when the API server goes away, and when it comes back?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill_small, wait_for_pods
from tests.live.pages import Opener, is_in_state, make_pod, row
from tests.served import Served


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """A control plane of this module's own: it is killed and stopped here."""
    with ControlPlane() as started:
        fill_small(started)
        wait_for_pods(started)
        yield started


@pytest.fixture(scope="module")
def dashboard(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("outage")).start()
    try:
        served.add_cluster(plane)
        yield served
    finally:
        served.stop()


@pytest.fixture
def open_here(dashboard: Served, new_page: Callable[..., Page]) -> Opener:
    return Opener(dashboard, new_page)


def names(page: Page) -> set[str]:
    return set(page.locator("#list-rows tr th").all_inner_texts())


def test_a_killed_api_server_is_said_within_15_seconds_and_recovered_from(plane, open_here):
    make_pod(plane, "before-kill")
    page = open_here("dana", "/c/harbour/shop/pods")
    is_in_state(page, "live")
    expect(row(page, "before-kill")).to_be_visible()
    before = names(page)
    plane.kill_apiserver()
    is_in_state(page, "unreachable", 15)
    assert names(page) == before, "what was shown stays on the page"
    plane.start_apiserver()
    is_in_state(page, "live", 30)
    make_pod(plane, "after-kill")
    expect(row(page, "after-kill")).to_be_visible()
    assert before <= names(page)


def test_a_stopping_api_server_is_said_though_its_watches_are_silent(plane, open_here):
    make_pod(plane, "before-stop")
    page = open_here("dana", "/c/harbour/shop/pods")
    is_in_state(page, "live")
    expect(row(page, "before-stop")).to_be_visible()
    before = names(page)
    plane.stop_apiserver()
    is_in_state(page, "unreachable", 15)
    plane.start_apiserver(patience=1)  # what is left of the drain's minute shows nothing new
    is_in_state(page, "live", 30)
    make_pod(plane, "after-stop")
    expect(row(page, "after-stop")).to_be_visible()
    assert before <= names(page)


def test_a_removed_binding_takes_the_rows_and_the_object_within_40_seconds(plane, open_here):
    make_pod(plane, "seen")
    page = open_here("rene", "/c/harbour/shop/pods")
    of_one = page.context.new_page()
    of_one.goto(page.url + "/seen")
    for opened in (page, of_one):
        is_in_state(opened, "live")
    assert names(page)
    expect(of_one.locator("main")).to_contain_text("example.com/main:1")
    plane.kubectl("delete", "rolebinding", "rene-view", "-n", "shop")
    expect(page.locator("#list-rows tr")).to_have_count(0, timeout=40_000)
    is_in_state(page, "denied")
    expect(of_one.locator("main")).not_to_contain_text("example.com/main:1", timeout=40_000)
    is_in_state(of_one, "denied")
    expect(of_one.locator("main")).to_contain_text("You may no longer see this object.")


def test_a_killed_dashboard_is_said_and_the_page_comes_back_by_itself(plane, dashboard, open_here):
    page = open_here("dana", "/c/harbour/shop/pods")
    is_in_state(page, "live")
    dashboard.kill_server()
    is_in_state(page, "reconnecting")
    dashboard.start_server()
    is_in_state(page, "live", 30)
    make_pod(plane, "after-restart")
    expect(row(page, "after-restart")).to_be_visible()
