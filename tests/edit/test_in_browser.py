"""The edit page in a real browser: reviewed and saved with and without JavaScript, in both themes and widths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.controlplane.controlplane import ControlPlane
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
PATH = "/c/harbour/shop/configmaps/browsed/edit"


@pytest.fixture
def browsed(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.kubectl("create", "configmap", "browsed", "-n", "shop", "--from-literal=color=teal")
    yield controlplane
    controlplane.kubectl("delete", "configmap", "browsed", "-n", "shop")


def replace_text(page: Page, old: str, new: str) -> None:
    text = page.locator("#edit-text").input_value()
    assert old in text
    fill_text(page, text.replace(old, new))


def fill_text(page: Page, text: str) -> None:
    """In the editor where there is one, else in the text area."""
    page.wait_for_load_state()
    area = page.locator("#edit-text")
    if area.is_visible():
        area.fill(text)
        return
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def read_color(plane: ControlPlane) -> str:
    return plane.kubectl("get", "configmap", "browsed", "-n", "shop", "-o", "jsonpath={.data.color}")


@pytest.mark.parametrize("is_scripted", [True, False])
def test_dana_reviews_and_saves(browsed: ControlPlane, open_as: Opener, is_scripted: bool) -> None:
    page = open_as("dana", "/c/harbour/shop/configmaps/browsed", java_script_enabled=is_scripted)
    page.get_by_role("link", name="Edit", exact=True).click()
    replace_text(page, "color: teal", "color: coral")
    page.get_by_role("button", name="Review changes").click()
    expect(page.locator(".diff .removed")).to_contain_text("color: teal")
    expect(page.locator(".diff .added")).to_contain_text("color: coral")
    assert read_color(browsed) == "teal"
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Saved browsed.")
    assert read_color(browsed) == "coral"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
@pytest.mark.parametrize("typed", ["color: coral", "color: no", "color: [", "color: teal"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browsed: ControlPlane, open_as: Opener, theme: str, width: int, typed: str
) -> None:
    page = open_as("dana", PATH, color_scheme=theme, viewport={"width": width, "height": 900})
    replace_text(page, "color: teal", typed)
    page.get_by_role("button", name="Review changes").click()
    expect(page.locator(".review, .edit-lines").first).to_be_visible()
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expected = ("WebSocket", "status of 422", "status of 400")
    assert [one for one in list_console_errors(page) if not any(text in one for text in expected)] == []


def test_rene_sees_why_not(browsed: ControlPlane, open_as: Opener) -> None:
    page = open_as("rene", PATH)
    expect(page.get_by_role("button", name="Review changes")).to_be_disabled()
    expect(page.locator("#edit-text")).not_to_be_editable()
    expect(page.locator("main")).to_contain_text("Viewer (read-only)")


def test_hostile_text_of_an_object_is_only_text(controlplane: ControlPlane, open_as: Opener) -> None:
    hostile = "</textarea><script>alert(1)</script>\u202e"
    name = {"name": "hostile-text", "namespace": "shop"}
    controlplane.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": {"a": hostile}}])
    try:
        page = open_as("dana", "/c/harbour/shop/configmaps/hostile-text/edit")
        replace_text(page, "\ndata:", "\ndata:\n  b: <img src=x onerror=alert(2)>")
        page.get_by_role("button", name="Review changes").click()
        expect(page.locator(".diff .added")).to_contain_text("<img src=x onerror=alert(2)>")
        assert "\\u202e" in page.locator("#edit-text").input_value()
        page.get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("Saved")
    finally:
        controlplane.kubectl("delete", "configmap", "hostile-text", "-n", "shop")
