"""Object page in a real browser, live on a real API server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.live.pages import expect_state, make_pod, open_as, remove_pod

__all__ = ["open_as"]

PAGES = [
    "/c/harbour/shop/pods/toolbox",
    "/c/harbour/shop/deployments.apps/web",
    "/c/harbour/shop/secrets/web",
    "/c/harbour/shop/deployments.apps/web/yaml",
    "/c/harbour/hostile/pods/hostile",
    "/c/harbour/_cluster/nodes/node-1",
    "/c/harbour/shop/_kinds",
    "/c/harbour/_all/widgets.example.com",
]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_as, path, theme, width):
    page = open_as("ada", path, color_scheme=theme, viewport={"width": width, "height": 900})
    expect(page.locator("h1")).to_be_visible()
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [line for line in list_console_errors(page) if "WebSocket" not in line] == []


def test_a_change_by_kubectl_is_on_the_open_page(controlplane, open_as):
    make_pod(controlplane, "watched")
    page = open_as("dana", "/c/harbour/shop/pods/watched")
    expect_state(page, "live")
    controlplane.kubectl("label", "pod", "watched", "-n", "shop", "colour=teal")
    expect(page.locator("main")).to_contain_text("colour=teal")
    remove_pod(controlplane, "watched")
    expect(page.locator("main")).to_contain_text("This object has been deleted.")
    expect(page.locator("#object-actions").get_by_role("link")).to_have_count(0)


def test_buttons_follow_what_can_be_done_with_the_object(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/cronjobs.batch/nightly")
    expect_state(page, "live")
    buttons = page.locator("#object-actions")
    expect(buttons.get_by_role("link", name="Suspend")).to_be_visible()
    patch = ("patch", "cronjob", "nightly", "-n", "shop", "-p")
    controlplane.kubectl(*patch, '{"spec":{"suspend":true}}')
    expect(buttons.get_by_role("link", name="Resume")).to_be_visible()
    expect(buttons.get_by_role("link", name="Suspend")).to_have_count(0)
    controlplane.kubectl(*patch, '{"spec":{"suspend":false}}')
    expect(buttons.get_by_role("link", name="Suspend")).to_be_visible()


def test_a_fold_that_was_opened_stays_open_when_the_object_changes(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/deployments.apps/web")
    expect_state(page, "live")
    fold = page.locator("details", has_text="Field managers").last
    fold.locator("summary").first.click()
    controlplane.kubectl(
        "annotate", "deployment", "web", "-n", "shop", "kubernetes.io/change-cause=second look", "--overwrite"
    )
    expect(page.locator("main")).to_contain_text("second look")
    expect(fold).to_have_attribute("open", "")
    controlplane.kubectl(
        "annotate",
        "deployment",
        "web",
        "-n",
        "shop",
        "kubernetes.io/change-cause=first release",
        "--overwrite",
    )


def test_a_value_is_revealed_in_its_row_and_only_that_one(open_as):
    page = open_as("dana", "/c/harbour/shop/secrets/web")
    page.get_by_role("button", name="Reveal").first.click()
    expect(page.locator("main")).to_contain_text("correct-horse-battery-staple")


def test_a_line_of_yaml_has_a_link_of_its_own(open_as):
    page = open_as("dana", "/c/harbour/shop/deployments.apps/web/yaml")
    page.get_by_role("link", name="3", exact=True).click()
    assert page.url.endswith("#L3")
