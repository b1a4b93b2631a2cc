"""Selecting rows in a real browser, with the keyboard and while the list changes; and the pages that follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.live.pages import Opener, expect_state, find_row


@pytest.fixture
def open_bulk(three_clusters: DashboardServer, new_page: Callable[..., Page]) -> Opener:
    return Opener(three_clusters, new_page)


def make_maps(plane: ControlPlane, *names: str) -> None:
    for name in names:
        plane.kubectl("create", "configmap", name, "-n", "shop")
        plane.kubectl("label", "configmap", name, "set=picked", "-n", "shop")


def check(page: Page) -> None:
    """In both themes and on a phone too."""
    for theme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_selection_survives_updates_and_is_labelled(controlplane: ControlPlane, open_bulk: Opener) -> None:
    make_maps(controlplane, "pick-a", "pick-b", "pick-c")
    try:
        page = open_bulk("dana", "/c/harbour/shop/configmaps?selector=set%3Dpicked&columns=data")
        expect_state(page, "live")
        bar = page.locator("[data-bulk]")
        expect(bar).to_be_hidden()
        find_row(page, "pick-a").get_by_role("checkbox").check()
        find_row(page, "pick-b").get_by_role("link").first.focus()
        page.keyboard.press("x")
        expect(bar).to_contain_text("2 selected")
        check(page)
        controlplane.kubectl("patch", "configmap", "pick-a", "-n", "shop", "-p", '{"data":{"a":"1"}}')
        expect(bar).to_contain_text("1 changed since")
        expect(find_row(page, "pick-a").get_by_role("checkbox")).to_be_checked()
        controlplane.kubectl("delete", "configmap", "pick-b", "-n", "shop")
        expect(bar).to_contain_text("1 no longer in this list")
        bar.get_by_role("button", name="Label").click()
        expect(page.locator("main")).to_contain_text("1 object will be changed. 1 is left out.")
        expect(page.locator("main")).to_contain_text("It is gone.")
        page.get_by_label("Labels").fill("team shop")
        page.get_by_role("button", name="Label (1)").click()
        expect(page.locator("main")).to_contain_text("“team” is no term")
        expect(page.get_by_label("Labels")).to_have_value("team shop")
        check(page)
        page.get_by_label("Labels").fill("team=shop")
        page.get_by_role("button", name="Label (1)").click()
        expect(page.locator("#bulk-progress")).to_contain_text("1 done")
        expect(page.locator("#bulk-progress .buttons button")).to_have_count(0)
        check(page)
        assert [one for one in list_console_errors(page) if "422" not in one] == []
        found = controlplane.kubectl(
            "get", "configmap", "-l", "team=shop,set=picked", "-n", "shop", "-o", "name"
        )
        assert found.split() == ["configmap/pick-a"]
    finally:
        controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "set=picked")


def test_it_works_without_javascript_and_a_viewer_has_no_checkboxes(
    controlplane: ControlPlane, open_bulk: Opener
) -> None:
    make_maps(controlplane, "plain-a", "plain-b")
    try:
        path = "/c/harbour/shop/configmaps?selector=set%3Dpicked"
        page = open_bulk("dana", path, java_script_enabled=False)
        find_row(page, "plain-a").get_by_role("checkbox").check()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete (1)").click()
        expect(page.locator("main")).to_contain_text("Type the number of objects to confirm: 1.")
        page.get_by_label("Type 1 to confirm").fill("1")
        page.get_by_role("button", name="Delete (1)").click()
        page.wait_for_url("**/bulk/*/")
        page.goto(page.url)
        expect(page.get_by_role("heading", name="Delete")).to_be_visible()
        page.goto(open_bulk.served.url + "/bulk/")
        expect(page.get_by_role("link", name="Delete").first).to_be_visible()
        viewer = open_bulk("rita", path)
        expect(find_row(viewer, "plain-b")).to_be_visible()
        expect(viewer.get_by_role("checkbox")).to_have_count(0)
    finally:
        controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "set=picked", "--wait=false")


def test_a_deletion_in_a_protected_cluster_is_called_back(
    controlplane: ControlPlane, open_bulk: Opener
) -> None:
    make_maps(controlplane, "guard-a", "guard-b")
    try:
        for way in ("button", "sign-out", "none"):
            page = open_bulk("dana", "/c/pier/shop/configmaps?selector=set%3Dpicked")
            find_row(page, "guard-a").get_by_role("checkbox").check()
            page.locator("[data-bulk]").get_by_role("button", name="Delete").click()
            expect(page.locator("main")).to_contain_text("You can call it back for 5 seconds.")
            page.get_by_label("Type 1 to confirm").fill("1")
            page.get_by_role("button", name="Delete (1)").click()
            expect(page.locator("#bulk-progress")).to_contain_text("This can still be called back.")
            url = page.url
            if way == "button":
                page.get_by_role("button", name="Call back").click()
                expect(page.locator("#bulk-progress")).to_contain_text("It was called back before it began.")
            if way == "sign-out":
                key = next(one["value"] for one in page.context.cookies() if "session" in one["name"])
                page.close()
                assert open_bulk.served.run_command("end_session", key=key) == 1
                page = open_bulk("dana", url.removeprefix(open_bulk.served.url))
                expect(page.locator("#bulk-progress")).to_contain_text("It was called back before it began.")
            if way == "none":
                check(page)  # here, where it may take longer than the window
                page.close()  # which neither loses nor hastens it
                page = open_bulk("dana", url.removeprefix(open_bulk.served.url))
                expect(page.locator("#bulk-progress")).to_contain_text("1 done", timeout=20_000)
            left = controlplane.kubectl("get", "configmap", "-l", "set=picked", "-n", "shop", "-o", "name")
            assert ("configmap/guard-a" in left.split()) == (way != "none")
        page.goto(f"{open_bulk.served.url}/people/audit/?q=bulk-call-back")
        expect(page.locator("main")).to_contain_text("signed out")
    finally:
        controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "set=picked")
