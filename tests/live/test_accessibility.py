"""Accessibility of a list: keyboard, no JavaScript, screen reader, narrow screen, dark theme."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.axe import find_violations
from tests.live.pages import expect_state, find_row

PODS = "/c/harbour/shop/pods"
PAGES = [
    ("dana", PODS, "live"),
    ("dana", "/c/harbour/pay/pods", "denied"),
    ("ada", "/c/harbour/_all/events?wide=1", "live"),
    ("ada", "/c/harbour/_cluster/nodes", "live"),
    ("ada", "/c/harbour/hostile/configmaps", "live"),
    ("dana", "/c/harbour/shop/pods?selector=app in (", "rejected"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "path", "state"), PAGES)
def test_axe_finds_nothing_on_a_list(open_as, name, path, state, theme):
    page = open_as(name, path, color_scheme=theme)
    expect_state(page, state)
    assert find_violations(page) == []


@pytest.mark.parametrize("width", [360, 768, 2000])
def test_a_page_never_scrolls_sideways(open_as, width):
    page = open_as("ada", "/c/harbour/_all/pods?wide=1", viewport={"width": width, "height": 800})
    expect_state(page, "live")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_moves_filters_and_opens(open_as):
    page = open_as("dana", PODS)
    expect_state(page, "live")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#list-rows tr").nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#list-rows tr").nth(0).get_by_role("link")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("toolbox")
    expect(page.locator("#list-rows tr")).to_have_count(1)
    expect(page).to_have_url(f"{page.url.partition('/c/')[0]}{PODS}?q=toolbox")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("toolbox")


def test_g_and_a_letter_goes_somewhere(open_as):
    page = open_as("dana", PODS)
    expect_state(page, "live")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.locator("h1")).to_contain_text("Deployments")


def test_it_works_without_javascript(open_as):
    page = open_as("dana", f"{PODS}?q=toolbox", java_script_enabled=False)
    expect(find_row(page, "toolbox")).to_be_visible()
    expect(page.locator("#list-rows tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("web")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#list-rows tr")).to_have_count(3)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?q=web&sort=name")


def test_a_choice_of_columns_and_a_label_is_in_the_url(open_as):
    page = open_as("dana", PODS)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Restarts").uncheck()
    page.get_by_label("Add a label as a column").fill("app")
    page.get_by_role("button", name="Apply").locator("visible=true").click()
    heads = page.locator("#list-head th").all_inner_texts()
    assert "Restarts" not in heads
    assert heads[-1] == "app"


def test_a_link_keeps_its_query_through_sign_in(dashboard_server, new_page):
    page = new_page()
    page.goto(f"{dashboard_server.url}{PODS}?q=toolbox&sort=-age")
    page.get_by_label("Username").fill("dana")
    page.get_by_label("Password").fill("sail-with-dana")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{dashboard_server.url}{PODS}?q=toolbox&sort=-age")
    expect(find_row(page, "toolbox")).to_be_visible()
