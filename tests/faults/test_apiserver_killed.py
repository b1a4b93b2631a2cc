"""Killed API server: what open pages do for a minute without it, and when it returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
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
from tests.lanes import short_and_long
from tests.live.pages import make_pod


@dataclass(frozen=True)
class Pages:
    """What is open when the API server goes: with a word half typed into a form of the list."""

    person: BrowserUser
    list: Page
    several: Page
    object: Page
    yaml: Page

    def __iter__(self) -> Iterator[Page]:
        return iter((self.list, self.several, self.object, self.yaml))


@pytest.fixture(scope="module")
def pages(browser: Browser, dashboard: DashboardServer, plane: ControlPlane) -> Iterator[Pages]:
    make_pod(plane, "before-kill")
    dana = BrowserUser(browser, dashboard, "dana")
    opened = Pages(
        dana,
        dana.open("/c/harbour/shop/pods"),
        dana.open("/c/harbour,far/shop/pods"),
        dana.open("/c/harbour/shop/pods/before-kill"),
        dana.open("/c/harbour/shop/pods/before-kill/yaml"),
    )
    for page in opened:
        expect_state(page, "live")
    opened.list.get_by_text("Selectors").click()
    opened.list.get_by_label("Label selector").fill("half=typed")
    yield opened
    dana.close()


@pytest.fixture(scope="module")
def killed_at(pages: Pages, plane: ControlPlane) -> Iterator[float]:
    """When the API server was killed; whatever comes, it runs again afterwards."""
    plane.kill_apiserver()
    yield time.monotonic()
    if not plane.is_ready():
        plane.start_apiserver()


def test_it_is_said_on_every_page_with_the_rows_kept_and_marked(pages, killed_at):
    for page in pages:
        expect_state(page, "unreachable")
        expect_texts(page, "Connection refused at the API server's address.", "resumes by itself")
    for page in (pages.list, pages.object, pages.yaml):
        expect_stale(page)
    expect(find_row(pages.list, "before-kill")).to_be_visible()
    expect_texts(pages.object, "example.com/main:1")
    expect_texts(pages.yaml, "example.com/main:1")


def test_a_healthy_cluster_on_the_same_page_stays_live(pages, killed_at, second_controlplane):
    make_pod(second_controlplane, "far-in-outage")
    expect(find_row(pages.several, "far-in-outage")).to_be_visible(timeout=PATIENCE)
    expect(find_row(pages.several, "before-kill")).to_have_class("is-stale")
    expect(find_row(pages.several, "far-in-outage")).not_to_have_class("is-stale")
    expect(pages.several.locator("#list-notices")).to_contain_text("harbour")
    expect(pages.several.locator("#live-state")).to_contain_text("1 of 2 lists")


def test_a_page_that_is_loaded_meanwhile_shows_the_last_known_state(pages, killed_at):
    again = pages.person.open("/c/harbour/shop/pods")
    expect_state(again, "unreachable")
    expect_stale(again)
    expect(find_row(again, "before-kill")).to_be_visible()
    again.close()


@short_and_long("outage", 15, 60)  # seconds
def test_afterwards_all_of_it_is_live_again_and_nothing_is_lost(
    pages, killed_at, plane, person, recovery_times, outage
):
    rene = person("rene")  # nothing is known of this cluster through rene's credential yet
    late = rene.open("/c/harbour/shop/pods")
    expect_texts(late, "Connection refused at the API server's address.", "opens automatically")
    before = list_names(pages.list)
    wait_for(lambda: time.monotonic() - killed_at > outage, outage + 5)
    plane.start_apiserver()
    with check_recovery(
        f"API server killed for {outage} s, list, object and several clusters", recovery_times
    ):
        for page in pages:
            expect_state(page, "live")
    with check_recovery("a page of an error", recovery_times):
        expect_state(late, "live")
    for page in pages:
        expect_fresh(page)
    assert before <= list_names(pages.list)
    make_pod(plane, "after-kill")
    for page in (pages.list, pages.several, late):
        expect(find_row(page, "after-kill")).to_be_visible(timeout=PATIENCE)
    plane.kubectl("label", "pod", "before-kill", "-n", "shop", "seen=after")
    expect_texts(pages.object, "after")
    expect_texts(pages.yaml, "seen: after")
    assert pages.list.get_by_label("Label selector").input_value() == "half=typed"


@pytest.fixture
def restart_apiserver(plane: ControlPlane) -> Iterator[None]:
    """Whatever becomes of a test, the others find the API server running."""
    yield
    if not plane.is_ready():
        plane.start_apiserver(patience=1)


def test_a_stopping_api_server_is_said_though_its_watches_are_silent(
    plane, person, recovery_times, restart_apiserver
):
    page = person("dana").open("/c/harbour/shop/pods")
    expect_state(page, "live")
    before = list_names(page)
    plane.stop_apiserver()
    expect_state(page, "unreachable", "failing")
    expect_stale(page)
    plane.start_apiserver(patience=1)  # what is left of the drain's minute shows nothing new
    with check_recovery("API server stopped", recovery_times):
        expect_state(page, "live")
    make_pod(plane, "after-stop")
    expect(find_row(page, "after-stop")).to_be_visible(timeout=PATIENCE)
    assert before <= list_names(page)


def test_a_removed_binding_takes_rows_and_object_and_a_new_one_brings_them_back(
    plane: ControlPlane, person: Callable[..., BrowserUser], recovery_times
):
    make_pod(plane, "seen")
    rene = person("rene")
    page, of_one = rene.open("/c/harbour/shop/pods"), rene.open("/c/harbour/shop/pods/seen")
    for opened in (page, of_one):
        expect_state(opened, "live")
    assert "seen" in list_names(page)
    expect_texts(of_one, "example.com/main:1")
    binding = plane.kubectl("get", "rolebinding", "rene-view", "-n", "shop", "-o", "yaml")
    plane.kubectl("delete", "rolebinding", "rene-view", "-n", "shop")
    expect(page.locator("#list-rows tr")).to_have_count(0, timeout=PATIENCE + 10_000)
    expect_state(page, "denied")
    expect_texts(
        page, "You do not have permission to do this.", "resumes by itself when you have permission again"
    )
    expect(of_one.locator("main")).not_to_contain_text("example.com/main:1", timeout=PATIENCE)
    expect_state(of_one, "denied")
    expect_texts(of_one, "You no longer have permission to view this object.")
    clean = "\n".join(
        line for line in binding.splitlines() if "resourceVersion:" not in line and "uid:" not in line
    )
    plane.kubectl("apply", "-f", "-", input=clean)
    with check_recovery("a binding that comes back", recovery_times):
        expect_state(page, "live")
        expect_state(of_one, "live")
    assert "seen" in list_names(page)
    expect_texts(of_one, "example.com/main:1")
