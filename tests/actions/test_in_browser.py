"""Confirm pages in a real browser: how they look, what axe finds, and a deletion from beginning to end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.axe import find_violations
from tests.browser import list_console_errors

PAGES = [
    "/c/harbour/shop/deployments.apps/web/delete",
    "/c/harbour/_cluster/namespaces/pay/delete",
    "/c/harbour/hostile/pods/hostile/delete",
    "/c/harbour/hostile/pods/hostile/evict",
    "/c/harbour/shop/deployments.apps/web/scale",
    "/c/harbour/shop/deployments.apps/web/set-image",
]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_as, path, theme, width):
    page = open_as("ada", path, color_scheme=theme, viewport={"width": width, "height": 900})
    expect(page.locator("main form button").first).to_be_visible()
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert list_console_errors(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_an_object_is_deleted_from_its_page(controlplane, open_as, scripts):
    controlplane.kubectl("create", "configmap", "clicked", "-n", "shop")
    page = open_as("dana", "/c/harbour/shop/configmaps/clicked", java_script_enabled=scripts)
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Delete them afterwards, in the background").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("main")).to_contain_text("clicked is deleted.")
    assert controlplane.kubectl("get", "configmap", "clicked", "-n", "shop", "--ignore-not-found") == ""


def test_a_viewer_has_a_disabled_button_with_the_reason(open_as):
    page = open_as("rita", "/c/harbour/shop/configmaps/kube-root-ca.crt")
    button = page.get_by_role("button", name="Delete")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Your role for this cluster is Viewer (read-only).")
