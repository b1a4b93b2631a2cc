"""Terminal pages in Chromium, over the real API server: typing, reload, hostile output, other people, revocation."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser import list_console_errors
from tests.live.pages import Opener

PATIENCE = 15_000  # milliseconds
START = "/c/harbour/shop/pods/toolbox/terminal"


def start(page: Page) -> None:
    page.get_by_role("button", name="Open terminal").click()
    expect(page.locator("#terminal-connection")).to_have_text("Connected", timeout=PATIENCE)


def screen(page: Page):
    return page.locator(".xterm-rows")


def run(page: Page, command: str, output: str) -> None:
    page.locator(".xterm-helper-textarea").focus()
    page.keyboard.type(command + "\n")
    expect(screen(page)).to_contain_text(output, timeout=PATIENCE)


def test_a_terminal_is_typed_into_and_found_again(open_as: Opener) -> None:
    page = open_as("dana", START)
    start(page)
    run(page, "echo $((6*7))-$QUARTERDECK_TERMINAL", "42-")
    rows = page.locator(".xterm-rows > div")
    before = rows.count()
    page.set_viewport_size({"width": 900, "height": 900})
    expect(rows).not_to_have_count(before)
    run(page, "stty size | sed 's/ .*/ rows/'", f"{rows.count()} rows")
    address = page.url
    page.reload()
    expect(screen(page)).to_contain_text("42-", timeout=PATIENCE)
    page.goto(page.url.partition("/terminal/")[0] + "/c/harbour/shop/pods")
    menu = page.locator(".terminal-menu summary")
    expect(menu).to_contain_text("1 terminal")
    menu.click()
    page.locator(".terminal-menu a", has_text="toolbox / shell").click()
    expect(page).to_have_url(address)
    run(page, "echo again-$((1+1))", "again-2")
    page.keyboard.type("exit 0\n")  # kwok closes its terminal at once then: the last output may not arrive
    expect(page.locator("#terminal-state")).to_contain_text("The process ended", timeout=PATIENCE)
    assert list_console_errors(page) == []


def test_output_draws_and_does_nothing_else(open_as: Opener) -> None:
    page = open_as("dana", START)
    start(page)
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.reload()
    expect(page.locator("#terminal-connection")).to_have_text("Connected", timeout=PATIENCE)
    title = page.title()
    hostile = (
        r"\033]0;broken\007\033]52;c;YnJva2Vu\007\033]8;;https://evil.example\007link\033]8;;\007\033[21t\033[c\033[6n"
        r"\033[>c\033[?6n\033Z\005\033P$qm\033\\\033[?25$p<script>document.title=1</script>\033]10;?\007done"
    )
    run(page, f"printf '{hostile}'", "done")
    expect(screen(page)).to_contain_text("<script>document.title=1</script>")
    assert page.title() == title
    assert page.locator(".xterm a").count() == 0
    typed = "".join(json.loads(one)["in"] for one in sent if '"in"' in one)
    assert typed == f"printf '{hostile}'\r", "nothing but what was typed is sent"
    page.get_by_role("button", name="End terminal").click()
    expect(page.locator("main")).to_contain_text("is being ended")
