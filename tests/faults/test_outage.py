"""What do open pages do when the API server is killed for a minute, and when it comes back?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.controlplane.controlplane import ControlPlane
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
from tests.lanes import short_and_long
from tests.live.pages import make_pod
from tests.served import Served, wait_for


@dataclass(frozen=True)
class Pages:
    """What is open when the API server goes: with a word half typed into a form of the list."""

    person: Person
    list: Page
    several: Page
    object: Page
    yaml: Page

    def __iter__(self) -> Iterator[Page]:
        return iter((self.list, self.several, self.object, self.yaml))


@pytest.fixture(scope="module")
def pages(browser: Browser, dashboard: Served, plane: ControlPlane) -> Iterator[Pages]:
    make_pod(plane, "before-kill")
    dana = Person(browser, dashboard, "dana")
    opened = Pages(
        dana,
        dana.open("/c/harbour/shop/pods"),
        dana.open("/c/harbour,far/shop/pods"),
        dana.open("/c/harbour/shop/pods/before-kill"),
        dana.open("/c/harbour/shop/pods/before-kill/yaml"),
    )
    for page in opened:
        is_in_state(page, "live")
    opened.list.get_by_text("Selectors").click()
    opened.list.get_by_label("Label selector").fill("half=typed")
    yield opened
    dana.close()


@pytest.fixture(scope="module")
def killed(pages: Pages, plane: ControlPlane) -> Iterator[float]:
    """When the API server was killed; whatever comes, it runs again afterwards."""
    plane.kill_apiserver()
    yield time.monotonic()
    if not plane.is_ready():
        plane.start_apiserver()


def test_it_is_said_on_every_page_with_the_rows_kept_and_marked(pages, killed):
    for page in pages:
        is_in_state(page, "unreachable")
        says(page, "Nothing answers at the API server's address.", "goes on by itself")
    for page in (pages.list, pages.object, pages.yaml):
        is_stale(page)
    expect(row(pages.list, "before-kill")).to_be_visible()
    says(pages.object, "example.com/main:1")
    says(pages.yaml, "example.com/main:1")


def test_a_healthy_cluster_on_the_same_page_stays_live(pages, killed, second_controlplane):
    make_pod(second_controlplane, "far-in-outage")
    expect(row(pages.several, "far-in-outage")).to_be_visible(timeout=PATIENCE)
    expect(row(pages.several, "before-kill")).to_have_class("is-stale")
    expect(row(pages.several, "far-in-outage")).not_to_have_class("is-stale")
    expect(pages.several.locator("#list-notices")).to_contain_text("harbour")
    expect(pages.several.locator("#live-state")).to_contain_text("1 of 2 lists")


def test_a_page_that_is_loaded_in_the_outage_shows_what_was_known(pages, killed):
    again = pages.person.open("/c/harbour/shop/pods")
    is_in_state(again, "unreachable")
    is_stale(again)
    expect(row(again, "before-kill")).to_be_visible()
    again.close()


@short_and_long("outage", 15, 60)  # seconds
def test_afterwards_all_of_it_is_live_again_and_nothing_is_lost(
    pages, killed, plane, person, figures, outage
):
    rene = person("rene")  # nothing is known of this cluster through rene's credential yet
    late = rene.open("/c/harbour/shop/pods")
    says(late, "Nothing answers at the API server's address.", "opens by itself")
    before = names(pages.list)
    wait_for(lambda: time.monotonic() - killed > outage, outage + 5)
    plane.start_apiserver()
    with promised(f"API server killed for {outage} s, list, object and several clusters", figures):
        for page in pages:
            is_in_state(page, "live")
    with promised("a page of an error", figures):
        is_in_state(late, "live")
    for page in pages:
        is_fresh(page)
    assert before <= names(pages.list)
    make_pod(plane, "after-kill")
    for page in (pages.list, pages.several, late):
        expect(row(page, "after-kill")).to_be_visible(timeout=PATIENCE)
    plane.kubectl("label", "pod", "before-kill", "-n", "shop", "seen=after")
    says(pages.object, "after")
    says(pages.yaml, "seen: after")
    assert pages.list.get_by_label("Label selector").input_value() == "half=typed"


@pytest.fixture
def runs_afterwards(plane: ControlPlane) -> Iterator[None]:
    """Whatever becomes of a test, the others find the API server running."""
    yield
    if not plane.is_ready():
        plane.start_apiserver(patience=1)


def test_a_stopping_api_server_is_said_though_its_watches_are_silent(plane, person, figures, runs_afterwards):
    page = person("dana").open("/c/harbour/shop/pods")
    is_in_state(page, "live")
    before = names(page)
    plane.stop_apiserver()
    is_in_state(page, "unreachable", "failing")
    is_stale(page)
    plane.start_apiserver(patience=1)  # what is left of the drain's minute shows nothing new
    with promised("API server stopped", figures):
        is_in_state(page, "live")
    make_pod(plane, "after-stop")
    expect(row(page, "after-stop")).to_be_visible(timeout=PATIENCE)
    assert before <= names(page)


def test_a_removed_binding_takes_rows_and_object_and_a_new_one_brings_them_back(
    plane: ControlPlane, person: Callable[..., Person], figures
):
    make_pod(plane, "seen")
    rene = person("rene")
    page, of_one = rene.open("/c/harbour/shop/pods"), rene.open("/c/harbour/shop/pods/seen")
    for opened in (page, of_one):
        is_in_state(opened, "live")
    assert "seen" in names(page)
    says(of_one, "example.com/main:1")
    binding = plane.kubectl("get", "rolebinding", "rene-view", "-n", "shop", "-o", "yaml")
    plane.kubectl("delete", "rolebinding", "rene-view", "-n", "shop")
    expect(page.locator("#list-rows tr")).to_have_count(0, timeout=PATIENCE + 10_000)
    is_in_state(page, "denied")
    says(page, "Kubernetes does not allow this to you.", "comes back by itself where the right comes back")
    expect(of_one.locator("main")).not_to_contain_text("example.com/main:1", timeout=PATIENCE)
    is_in_state(of_one, "denied")
    says(of_one, "You may no longer see this object.")
    clean = "\n".join(
        line for line in binding.splitlines() if "resourceVersion:" not in line and "uid:" not in line
    )
    plane.kubectl("apply", "-f", "-", input=clean)
    with promised("a binding that comes back", figures):
        is_in_state(page, "live")
        is_in_state(of_one, "live")
    assert "seen" in names(page)
    says(of_one, "example.com/main:1")
