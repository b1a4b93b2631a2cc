"""Appearance: each sample page in both themes and three widths, by axe, without sideways scrolling."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.axe import find_violations
from tests.browser import list_console_errors

pytestmark = pytest.mark.urls("tests.dashboard.styleguide.urls")

PAGES = ["list", "object", "form", "parts", "error", "plain"]
WIDTHS = [360, 1280, 2000]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_it_is_usable_by_everybody_at_every_width(open_sample, name, theme):
    page = open_sample(name, color_scheme=theme)
    found = find_violations(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        take_screenshot(page, f"{name}-{theme}-{width}")
        sideways = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert sideways == 0, f"{name} scrolls sideways at {width} px"
    page.set_viewport_size({"width": 360, "height": 800})
    found += [f"at 360 px: {line}" for line in find_violations(page)]
    assert found == []
    assert [text for text in list_console_errors(page) if "status of 403" not in text] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_with_everything_open(open_sample, theme):
    page = open_sample("list", color_scheme=theme)
    page.locator(".not-for-you summary").click()
    page.keyboard.press("?")
    take_screenshot(page, f"help-{theme}")
    assert find_violations(page) == []
    page.keyboard.press("Escape")
    for menu in ("cluster-menu", "person-menu"):
        page.locator(f".{menu} > summary").click()
        take_screenshot(page, f"{menu}-{theme}")
        assert find_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    page.get_by_role("button", name="Menu").click()
    page.locator("#navigation").get_by_role("link", name="Deployments").wait_for()
    take_screenshot(page, f"navigation-{theme}-360")
    assert find_violations(page) == []


def test_a_chosen_theme_beats_the_system_and_is_there_at_the_first_byte(open_sample):
    page = open_sample("list", color_scheme="light")
    page.locator(".person-menu > summary").click()
    with page.expect_response("**/shell/theme/") as answer:
        page.get_by_role("button", name="Dark").click()
    assert answer.value.status == 204
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    dark = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == dark
    assert find_violations(page) == []


def test_the_theme_and_the_menus_work_without_a_script(open_sample, live_server):
    page = open_sample("list", java_script_enabled=False)
    page.locator(".person-menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/styleguide/list/")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator(".cluster-menu > summary").click()
    assert page.locator(".cluster-menu").get_by_role("link", name="Staging").is_visible()
    assert not page.locator(".copy").first.is_visible()


def test_it_says_which_cluster_it_is(open_sample):
    page = open_sample("list")
    region = page.get_by_role("region", name="Current cluster")
    assert "Production EU" in region.inner_text()
    assert "Protected" in region.inner_text()
    assert "TLS verification off" in region.inner_text()
    assert "you act as system:serviceaccount:shop:viewer" in region.inner_text()


def test_what_is_denied_is_folded_with_its_reason_and_unknown_has_a_word(open_sample):
    navigation = open_sample("list").locator("#navigation")
    assert not navigation.get_by_text("PersistentVolumes").is_visible()
    assert navigation.get_by_role("link", name="Nodes").count() == 0
    navigation.get_by_text("Not permitted").click()
    assert navigation.get_by_text("PersistentVolumes").is_visible()
    assert 'cannot list resource "nodes"' in navigation.inner_text()
    assert "unknown" in navigation.get_by_role("link", name="Ingresses").inner_text()


def take_screenshot(page, name: str) -> None:
    """Kept for human eyes where QUARTERDECK_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
