"""Keyboard use: rows, filter, help, shortcuts, menus, copying and times."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from dashboard.shell.templatetags.shell import short_age
from tests.browser import list_console_errors

pytestmark = pytest.mark.urls("tests.dashboard.styleguide.urls")


def get_focused_text(page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def test_j_and_k_move_between_rows_and_enter_opens_one(open_sample):
    page = open_sample("list")
    page.keyboard.press("j")
    assert get_focused_text(page).startswith("web-7d4b9c6f5-000x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert get_focused_text(page).startswith("web-7d4b9c6f5-001x")
    page.keyboard.press("Enter")
    page.wait_for_url("**/styleguide/object/?web-7d4b9c6f5-001x")


def test_the_row_that_is_walked_to_is_in_sight_below_the_header(open_sample):
    page = open_sample("list")
    for _ in range(40):
        page.keyboard.press("j")
    for _ in range(30):
        page.keyboard.press("k")
    hidden = page.evaluate(
        """() => {
          const row = document.activeElement.closest("tr").getBoundingClientRect();
          const head = document.querySelector(".live thead th").getBoundingClientRect();
          return row.top < head.bottom - 1;
        }"""
    )
    assert not hidden


def test_slash_goes_to_the_filter_and_escape_back_to_the_row(open_sample):
    page = open_sample("list")
    page.keyboard.press("j")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("jk?g")
    assert page.locator("[data-filter]").input_value() == "jk?g"
    page.keyboard.press("Escape")
    assert get_focused_text(page).startswith("web-7d4b9c6f5-000x")


def test_g_with_a_letter_goes_where_the_page_says(open_sample):
    page = open_sample("list")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/styleguide/list/?services")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile(r"://[^/]+/$"))  # the start page


def test_a_key_with_control_or_in_a_box_is_not_ours(open_sample):
    page = open_sample("list")
    page.keyboard.press("Control+j")
    assert page.evaluate("document.activeElement === document.body")
    page.goto(page.url.replace("list", "form"))
    page.get_by_label("Token").focus()
    page.keyboard.type("gp?j/")
    assert page.get_by_label("Token").input_value() == "gp?j/eyJhbGciOi"
    assert not page.locator("#help").is_visible()


def test_help_lists_the_keys_of_this_page(open_sample):
    page = open_sample("list")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    text = page.locator("#help").inner_text()
    assert "Pods" in text
    assert "Services" in text
    assert "Nodes" not in text  # denied: there is no link to it
    page.keyboard.press("j")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert page.locator("#help").is_visible()


def test_the_first_tab_stop_skips_to_the_page(open_sample):
    page = open_sample("list")
    page.keyboard.press("Tab")
    assert get_focused_text(page) == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_menu_closes_on_escape_and_gives_the_focus_back(open_sample):
    page = open_sample("list")
    summary = page.locator(".cluster-menu > summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator(".cluster-menu[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_one_menu_closes_the_other_and_a_click_elsewhere_closes_all(open_sample):
    page = open_sample("list")
    page.locator(".cluster-menu > summary").click()
    page.locator(".person-menu > summary").click()
    assert page.locator("details.menu[open]").count() == 1
    page.locator("h1").click()
    assert page.locator("details.menu[open]").count() == 0


def test_a_box_narrows_a_long_menu(open_sample):
    page = open_sample("list")
    page.get_by_text("Namespaces: shop").click()
    expect(page.locator(".menu[open] input")).to_be_focused()
    page.keyboard.type("kube")
    expect(page.locator(".menu[open] .menu-list a:visible")).to_have_text(["kube-system"])


def test_it_copies_and_says_so(open_sample):
    page = open_sample("list", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy kubectl").click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "kubectl get pods --namespace shop --selector app=web --output wide"


def test_times_are_the_same_from_the_server_and_in_the_browser(open_sample):
    page = open_sample("list")
    lengths = [0, 59, 119, 120, 599, 600, 10799, 10800, 28799, 28800, 172799, 172800, 691199, 691200]
    lengths += [63071999, 63072000, 63158400, 252287999, 252288000, 10**9]
    assert page.evaluate("(lengths) => lengths.map(quarterdeckAge)", lengths) == [
        short_age(n) for n in lengths
    ]


def test_times_go_on_and_say_local_and_utc_when_pointed_at(live_server, open_sample):
    page = open_sample("plain", timezone_id="Asia/Shanghai")
    page.clock.install()
    page.goto(f"{live_server.url}/styleguide/list/")
    first = page.locator("td time").first
    before = first.inner_text()
    page.clock.run_for(20_000)
    assert first.inner_text() != before
    first.hover()
    title = first.get_attribute("title") or ""
    assert "UTC" in title
    assert "GMT+8" in title or "China" in title
    assert list_console_errors(page) == []
