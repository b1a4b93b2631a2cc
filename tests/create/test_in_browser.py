"""The create page in a real browser: from a list to the object, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.controlplane.controlplane import ControlPlane
from tests.edit.test_in_browser import fill_text
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
TEXT = """apiVersion: v1
kind: ConfigMap
metadata: {name: shown-%s, labels: {shown: here}}
data: {mode: 0777}
"""


@pytest.fixture
def cleared(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    yield controlplane
    controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "shown=here")


@pytest.mark.parametrize("is_scripted", [True, False])
def test_dana_creates_from_a_list(cleared: ControlPlane, open_as: Opener, is_scripted: bool) -> None:
    page = open_as("dana", "/c/harbour/shop/configmaps", java_script_enabled=is_scripted)
    page.locator(".page-actions").get_by_role("link", name="Create").click()
    fill_text(page, TEXT % "one")
    if is_scripted:
        reload_and_restore(page)
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".create-results")).to_contain_text("Refused")
    expect(page.locator("main")).to_contain_text("“0777” reads as number 511")
    fill_text(page, (TEXT % "one").replace("0777", '"0777"'))
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".create-results")).to_contain_text("Would be created")
    draft = page.locator("#edit [name=draft]").input_value()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("main")).to_contain_text("ConfigMap shown-one was created.")
    expect(page.locator("h1")).to_contain_text("shown-one")
    page.goto(f"{open_as.served.url}/c/_drafts/{draft}")
    expect(page.locator("main")).to_contain_text("Page not found")  # what was created is no draft any more


def reload_and_restore(page: Page) -> None:
    """What is typed is kept on the server while it is typed; and so it is offered after a reload."""
    page.get_by_role("textbox", name="Namespace").fill("pay")
    fill_text(page, (TEXT % "one") + "# second\n")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved at")
    page.reload()
    page.get_by_role("link", name="Restore").first.click()  # the newest
    expect(page.locator(".cm-content")).to_contain_text("second")
    expect(page.get_by_role("textbox", name="Namespace")).to_have_value("pay")
    fill_text(page, TEXT % "one")
    page.get_by_role("textbox", name="Namespace").fill("shop")


def test_it_looks_right_in_both_themes_and_widths(cleared: ControlPlane, open_as: Opener) -> None:
    """A review with all that it can say, and its result: axe finds nothing, and nothing scrolls sideways."""
    page = open_as("ada", "/c/harbour/shop/_create")
    good, bad = (
        (TEXT % "two").replace("0777", '"0777"'),
        (TEXT % "three").replace("metadata: {", "metadata: {x: <b>, "),
    )
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shown-space}\n"
    inside = (TEXT % "in").replace("0777", '"0777"').replace("{name", "{namespace: shown-space, name")
    fill_text(page, "---\n".join((inside, good, bad, space)))
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".create-row")).to_have_count(4)
    look(page)
    expect(page.get_by_role("button", name="Create the other 3")).to_be_visible()
    expected = ("WebSocket", "status of 422")
    assert [one for one in list_console_errors(page) if not any(text in one for text in expected)] == []
    denied = open_as("rene", "/c/harbour/shop/_create")
    expect(denied.get_by_role("button", name="Review")).to_be_disabled()
    assert find_violations(denied) == []


def look(page: Page) -> None:
    for theme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
