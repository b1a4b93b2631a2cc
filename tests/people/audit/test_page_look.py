"""Can everybody read, filter, unfold and take the trail in a real browser, and does it stay live there?"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.browser import complaints
from tests.people.audit.test_live_page import sign_in
from tests.served import Served

PATIENCE = 30_000  # milliseconds
WIDTHS = [360, 1440]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every page
TRAIL = "/people/audit/"
PAGES = {
    "newest": "?name=look",
    "all": "",
    "wrong": "?verb=DELETE&from=yesterdayish",
    "nothing": "?name=nothing-such",
    "export": "export/?name=look",
}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def on_record(served: Served) -> Served:
    """A few deeds of every sort, one of them with long and hostile words."""
    told = {"name": "look"}
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
        served.do("on_record", **{**more, **told})
    served.do(
        "on_record",
        person="ada",
        verb="team-create",
        kind="event",
        subject="team look",
        address="10.1.2.3",
        **told,
    )
    return served


@pytest.fixture
def open_as(on_record: Served, new_page: Open) -> Open:
    def opened(name: str, query: str = "", **options: object) -> Page:
        page = new_page(**options)
        page.context.set_default_timeout(PATIENCE)
        on_record.sign_in(page.context, name)
        page.goto(f"{on_record.url}{TRAIL}{query}")
        return page

    return opened


def is_live(page: Page) -> None:
    expect(page.locator('#live-state [data-state="live"]')).to_be_visible(timeout=PATIENCE)


def look(page: Page, name: str) -> list[str]:
    """What is wrong with the page at two widths, with a row unfolded."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"audit-{name}-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{name} scrolls sideways at {width} px")
        found += [f"{name} at {width} px: {line}" for line in violations(page)]
    return found + [f"{name}: {text}" for text in complaints(page) if "400 (Bad Request)" not in text]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_by_everybody(open_as: Open, on_record: Served, theme: str) -> None:
    page = open_as("ada", color_scheme=theme)
    found = []
    for name, address in PAGES.items():
        page.goto(f"{on_record.url}{TRAIL}{address}")
        if name == "newest":
            is_live(page)
            page.locator(".deed-all summary").nth(2).click()
            page.locator(".deed-all summary").nth(1).click()
        found += look(page, f"{name}-{theme}")
    assert found == []


def test_it_is_filtered_by_the_keyboard(open_as: Open) -> None:
    page = open_as("aude")
    page.keyboard.press("/")
    expect(page.get_by_label("Person", exact=True)).to_be_focused()
    page.keyboard.type("rene")
    page.get_by_label("Result").focus()
    page.keyboard.type("den")
    page.get_by_role("button", name="Filter").press("Enter")
    page.wait_for_url("**/people/audit/?person=rene*result=denied*")
    expect(page.get_by_label("Person", exact=True)).to_have_value("rene")
    rows = page.locator("#trail-rows .deed")
    expect(rows.first).to_contain_text("denied")
    assert rows.count() == page.locator("#trail-rows .deed.is-denied").count() > 0
    is_live(page)
    page.keyboard.press("j")
    expect(rows.first.locator("[data-row-link]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/audit/?before=*")
    expect(page.locator("#live-state")).to_contain_text("not live")
    page.get_by_role("link", name="Resume live").click()
    is_live(page)


def test_who_comes_in_and_who_fails_to_appears_by_itself(open_as: Open, on_record: Served) -> None:
    page = open_as("aude", "?verb=sign-in&person=stan")
    is_live(page)
    seen = page.locator("#trail-rows .deed").count()
    with on_record.client() as client:
        assert sign_in(on_record, client, "stan", "wrong") == 422
        expect(page.locator("#trail-rows .deed")).to_have_count(seen + 1, timeout=PATIENCE)
        expect(page.locator("#trail-rows .deed").first).to_contain_text("failed")
        assert sign_in(on_record, client, "stan", "sail-with-stan") == 302
    expect(page.locator("#trail-rows .deed")).to_have_count(seen + 2, timeout=PATIENCE)
    expect(page.locator("#trail-rows .deed").first).to_contain_text("ok")
    assert complaints(page) == []


def test_a_row_unfolds_by_the_keyboard_and_stays_so_when_its_outcome_comes(
    open_as: Open, on_record: Served
) -> None:
    page = open_as("dana", "?verb=delete&name=unfolding")
    is_live(page)
    sequence = on_record.do("begun", person="dana", name="unfolding", resource="pods")
    expect(page.locator("#trail-rows .deed.is-unknown")).to_be_visible(timeout=PATIENCE)
    handle = page.locator(".deed-all summary").first
    handle.focus()
    page.keyboard.press("Enter")
    fields = page.locator(".deed-fields").first
    expect(fields).to_contain_text("No result was recorded")
    expect(fields).not_to_contain_text("c0ffee")
    on_record.do("ended", sequence=sequence, result="denied")
    expect(page.locator("#trail-rows .deed.is-denied")).to_be_visible(timeout=PATIENCE)
    expect(fields).to_be_visible()
    expect(fields).to_contain_text("c0ffee")
    expect(handle).to_be_focused()


def test_it_needs_no_script(open_as: Open) -> None:
    page = open_as("aude", "?name=look", java_script_enabled=False)
    expect(page.locator("#live-state")).to_contain_text("not live")
    page.locator(".deed-all summary").first.click()
    expect(page.locator(".deed-fields").first).to_contain_text("Previous hash")
    page.get_by_label("Verb").fill("patch")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#trail-rows .deed")).to_have_count(1)


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


def test_the_proof_is_copied(open_as: Open) -> None:
    page = open_as("aude", "?name=look", permissions=["clipboard-read", "clipboard-write"])
    proof = page.locator("#trail-rows .proof").first
    proof.click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == proof.get_attribute("data-copy")


def test_a_session_that_ends_ends_the_page(open_as: Open, on_record: Served, new_page: Open) -> None:
    page = new_page()
    key = on_record.sign_in(page.context, "dana")
    page.goto(f"{on_record.url}{TRAIL}")
    is_live(page)
    on_record.do("end_session", key=key)
    expect(page.locator("#live-state")).to_contain_text("signed out", timeout=PATIENCE)
