"""Audit page in a real browser: reading, filtering, unfolding, export, live updates."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.audit.test_live_page import sign_in
from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.dashboard_server import DashboardServer

PATIENCE = 30_000  # milliseconds
WIDTHS = [360, 1440]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every page
AUDIT_URL = "/people/audit/"
PAGES = {
    "newest": "?name=look",
    "all": "",
    "wrong": "?verb=DELETE&from=yesterdayish",
    "nothing": "?name=nothing-such",
    "export": "export/?name=look",
}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def recorded_dashboard(dashboard_server: DashboardServer) -> DashboardServer:
    """A few actions of every sort, one of them with long and hostile words."""
    object_name = {"name": "look"}
    evil = "<b>not bold</b>\u202egnp.exe\x1b[31m" + "i" * 300
    for more in (
        {"person": "dana", "verb": "patch"},
        {
            "person": "rene",
            "verb": "delete",
            "result": "denied",
            "reason": "pods is forbidden: User “rene” cannot delete",
        },
        {
            "person": "ada",
            "verb": "create",
            "result": "failed",
            "reason": "the server broke",
            "resource": "jobs",
        },
        {"person": "dana", "verb": "delete", "result": "", "resource": "pods", "group": ""},
        {
            "person": "rita",
            "verb": "deletecollection",
            "identity": evil,
            "reason": evil,
            "address": "2001:db8::1",
        },
    ):
        dashboard_server.run_command("record_action", **{**more, **object_name})
    dashboard_server.run_command(
        "record_action",
        person="ada",
        verb="team-create",
        kind="event",
        target="team look",
        address="10.1.2.3",
        **object_name,
    )
    return dashboard_server


@pytest.fixture
def open_as(recorded_dashboard: DashboardServer, new_page: Open) -> Open:
    def opened(name: str, query: str = "", **options: object) -> Page:
        page = new_page(**options)
        page.context.set_default_timeout(PATIENCE)
        recorded_dashboard.sign_in(page.context, name)
        page.goto(f"{recorded_dashboard.url}{AUDIT_URL}{query}")
        return page

    return opened


def expect_live(page: Page) -> None:
    expect(page.locator('#live-state [data-state="live"]')).to_be_visible(timeout=PATIENCE)


def find_page_violations(page: Page, name: str) -> list[str]:
    """What is wrong with the page at two widths, with a row unfolded."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"audit-{name}-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{name} scrolls sideways at {width} px")
        found += [f"{name} at {width} px: {line}" for line in find_violations(page)]
    return found + [
        f"{name}: {text}" for text in list_console_errors(page) if "400 (Bad Request)" not in text
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_by_everybody(open_as: Open, recorded_dashboard: DashboardServer, theme: str) -> None:
    page = open_as("ada", color_scheme=theme)
    found = []
    for name, address in PAGES.items():
        page.goto(f"{recorded_dashboard.url}{AUDIT_URL}{address}")
        if name == "newest":
            expect_live(page)
            page.locator(".action-all summary").nth(2).click()
            page.locator(".action-all summary").nth(1).click()
        found += find_page_violations(page, f"{name}-{theme}")
    assert found == []


def test_it_is_filtered_by_the_keyboard(open_as: Open) -> None:
    page = open_as("aude")
    page.keyboard.press("/")
    expect(page.get_by_label("User", exact=True)).to_be_focused()
    page.keyboard.type("rene")
    page.get_by_label("Result").focus()
    page.keyboard.type("den")
    page.get_by_role("button", name="Filter").press("Enter")
    page.wait_for_url("**/people/audit/?person=rene*result=denied*")
    expect(page.get_by_label("User", exact=True)).to_have_value("rene")
    rows = page.locator("#audit-rows .action")
    expect(rows.first).to_contain_text("denied")
    assert rows.count() == page.locator("#audit-rows .action.is-denied").count() > 0
    expect_live(page)
    page.keyboard.press("j")
    expect(rows.first.locator("[data-row-link]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/audit/?before=*")
    expect(page.locator("#live-state")).to_contain_text("Not live")
    page.get_by_role("link", name="Resume live").click()
    expect_live(page)


def test_who_comes_in_and_who_fails_to_appears_by_itself(
    open_as: Open, recorded_dashboard: DashboardServer
) -> None:
    page = open_as("aude", "?verb=sign-in&person=stan")
    expect_live(page)
    seen = page.locator("#audit-rows .action").count()
    with recorded_dashboard.client() as client:
        assert sign_in(recorded_dashboard, client, "stan", "wrong") == 422
        expect(page.locator("#audit-rows .action")).to_have_count(seen + 1, timeout=PATIENCE)
        expect(page.locator("#audit-rows .action").first).to_contain_text("failed")
        assert sign_in(recorded_dashboard, client, "stan", "sail-with-stan") == 302
    expect(page.locator("#audit-rows .action")).to_have_count(seen + 2, timeout=PATIENCE)
    expect(page.locator("#audit-rows .action").first).to_contain_text("ok")
    assert list_console_errors(page) == []


def test_a_row_unfolds_by_the_keyboard_and_stays_so_when_its_result_comes(
    open_as: Open, recorded_dashboard: DashboardServer
) -> None:
    page = open_as("dana", "?verb=delete&name=unfolding")
    expect_live(page)
    sequence = recorded_dashboard.run_command("begin_write", person="dana", name="unfolding", resource="pods")
    expect(page.locator("#audit-rows .action.is-unknown")).to_be_visible(timeout=PATIENCE)
    handle = page.locator(".action-all summary").first
    handle.focus()
    page.keyboard.press("Enter")
    fields = page.locator(".action-fields").first
    expect(fields).to_contain_text("No result was recorded")
    expect(fields).not_to_contain_text("c0ffee")
    recorded_dashboard.run_command("end_write", sequence=sequence, result="denied")
    expect(page.locator("#audit-rows .action.is-denied")).to_be_visible(timeout=PATIENCE)
    expect(fields).to_be_visible()
    expect(fields).to_contain_text("c0ffee")
    expect(handle).to_be_focused()


def test_it_needs_no_script(open_as: Open) -> None:
    page = open_as("aude", "?name=look", java_script_enabled=False)
    expect(page.locator("#live-state")).to_contain_text("Not live")
    page.locator(".action-all summary").first.click()
    expect(page.locator(".action-fields").first).to_contain_text("Previous hash")
    page.get_by_label("Verb").fill("patch")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#audit-rows .action")).to_have_count(1)


@pytest.mark.parametrize(("words", "ending"), [("CSV", "csv"), ("JSON lines", "jsonl")])
def test_the_export_is_downloaded(open_as: Open, tmp_path: Path, words: str, ending: str) -> None:
    page = open_as("aude", "?name=look&result=denied")
    page.get_by_text("Export").click()
    with page.expect_download() as started:
        page.get_by_role("link", name=words).click()
    download = started.value
    assert download.suggested_filename.endswith(f"result=denied.{ending}")
    download.save_as(tmp_path / "file")
    text = (tmp_path / "file").read_text("utf-8-sig")
    assert len(text.splitlines()) == (2 if ending == "csv" else 1)
    assert "pods is forbidden" in text


def test_the_hash_is_copied(open_as: Open) -> None:
    page = open_as("aude", "?name=look", permissions=["clipboard-read", "clipboard-write"])
    expect_live(page)  # that it is live is announced too
    copy_button = page.locator("#audit-rows .hash").first
    copy_button.click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == copy_button.get_attribute("data-copy")


def test_a_session_that_ends_ends_the_page(
    open_as: Open, recorded_dashboard: DashboardServer, new_page: Open
) -> None:
    page = new_page()
    key = recorded_dashboard.sign_in(page.context, "dana")
    page.goto(f"{recorded_dashboard.url}{AUDIT_URL}")
    expect_live(page)
    recorded_dashboard.run_command("end_session", key=key)
    expect(page.locator("#live-state")).to_contain_text("Signed out", timeout=PATIENCE)
