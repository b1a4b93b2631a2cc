"""Log pages in Chromium, over the real API server: live lines, the filter, hostile text, size, revocation."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.clusters.logs.level_table import LEVELS
from tests.controlplane.controlplane import ControlPlane
from tests.live.pages import Opener, expect_state
from tests.logs.conftest import PodLog

PATIENCE = 15_000  # milliseconds
HOSTILE = [
    "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>",
    "\x1b]0;broken\x07\x1b]52;c;YnJva2Vu\x07\x1b[21t\x1b[2J\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "safe \x1b[31mred \x1b[1mbold\x1b[0m plain \u202egnol",
    "</template></template><b id=broken>x</b>",
]


def find_line(page: Page, text: str):
    return page.locator(".log-line", has_text=text)


def test_lines_come_live_and_the_filter_and_the_view_follow_the_form(
    open_as: Opener, pod_log: PodLog, controlplane: ControlPlane
) -> None:
    pod_log.write("first line", '{"level":"error","msg":"it failed"}', "level=warn msg=slow")
    page = open_as("rene", pod_log.url)
    expect(find_line(page, "first line")).to_be_visible(timeout=PATIENCE)
    expect_state(page, "live")
    pod_log.write("and one more")
    expect(find_line(page, "and one more")).to_be_visible(timeout=PATIENCE)
    expect(find_line(page, "it failed")).to_have_class(re.compile("is-error"))

    page.get_by_label("Show lines with").fill("ONE more")
    expect(find_line(page, "first line")).to_have_count(0)
    expect(page.locator(".log-line mark")).to_have_text("one more")
    expect(page).to_have_url(re.compile(r"q=ONE\+more"))
    expect(page.locator("#log-count")).to_contain_text("1 of 4 lines")
    page.get_by_label("Regular expressions").check()
    page.get_by_label("Show lines with").fill("f(irst|ailed)")
    expect(find_line(page, "first line")).to_be_visible()
    expect(page.locator(".log-line")).to_have_count(2)
    page.get_by_label("Show lines with").fill("([")
    expect(page.locator("#log-filter-error")).to_have_text("This is not a regular expression.")
    page.get_by_label("Show lines with").fill("")
    page.get_by_label("Regular expressions").uncheck()
    page.get_by_label("Level").select_option("warning")
    expect(page.locator(".log-line")).to_have_count(2)
    page.get_by_label("Level").select_option("")
    page.get_by_label("Time", exact=True).select_option("utc")
    expect(page.locator(".log-time").first).to_have_text(
        re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$")
    )
    page.get_by_label("Line numbers").check()
    expect(page.locator(".log-number").first).to_have_text("1")
    page.reload()
    expect(page.locator(".log-number").first).to_have_text("1", timeout=PATIENCE)


def test_an_expression_that_takes_for_ever_is_stopped(open_as: Opener, pod_log: PodLog) -> None:
    pod_log.write("a" * 60 + "!")
    page = open_as("rene", pod_log.url)
    expect(find_line(page, "aaa")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Regular expressions").check()
    page.get_by_label("Show lines with").fill("(a+)+$")
    expect(page.locator("#log-filter-error")).to_contain_text("takes too long")
    expect(find_line(page, "aaa")).to_be_visible()


def test_hostile_lines_are_text(open_as: Opener, pod_log: PodLog) -> None:
    pod_log.write(*HOSTILE)
    page = open_as("rene", pod_log.url)
    expect(find_line(page, "onerror")).to_be_visible(timeout=PATIENCE)
    expect(find_line(page, "</template>")).to_be_visible()
    expect(page.locator(".log-line .ansi-1").first).to_have_text("red ")
    expect(find_line(page, "evil.example")).to_contain_text("\u241b]52;c;YnJva2Vu\u2407")
    expect(find_line(page, "gnol")).to_contain_text("\\u202e")
    assert page.locator("#broken, .log-line img, .log-line script, .log-text a").count() == 0
    assert "broken" not in page.title()
    plain = open_as("rene", pod_log.url + "?text=1", java_script_enabled=False)
    expect(plain.locator(".log-plain")).to_contain_text("onerror")
    assert plain.locator(".log-plain img, .log-plain script").count() == 0
    assert "\x1b" not in plain.locator(".log-plain").inner_text()


def test_without_a_script_the_last_lines_are_text(open_as: Opener, pod_log: PodLog) -> None:
    pod_log.write(*(f"line {number}" for number in range(600)))
    page = open_as("rene", pod_log.url, java_script_enabled=False)
    expect(page.locator(".log-plain")).to_contain_text("line 599")
    assert "line 99 " not in page.locator(".log-plain").inner_text().replace("\n", " \n")
    expect(page.locator("main")).to_contain_text("The last 500 lines")


def test_a_hundred_thousand_lines_are_held_and_few_are_in_the_document(
    open_as: Opener, pod_log: PodLog
) -> None:
    pod_log.write(*(f"line {number} {'x' * 80}" for number in range(120_000)))
    page = open_as("rene", pod_log.url + "?tail=100000")
    expect(page.locator("#log-count")).to_contain_text("100,000 lines", timeout=60_000)
    expect(find_line(page, "line 119999 ")).to_be_visible()
    assert page.locator(".log-line").count() < 200
    page.get_by_label("Log lines").evaluate("box => { box.scrollTop = 0; }")
    expect(find_line(page, "line 20000 ")).to_be_visible()
    assert page.locator(".log-line").count() < 200
    page.get_by_label("Show lines with").fill("line 77777 ")
    expect(find_line(page, "line 77777 ")).to_be_visible()
    expect(page.locator("#log-count")).to_contain_text("1 of 100,000 lines")


def test_a_line_can_be_linked_to_and_json_becomes_columns(open_as: Opener, pod_log: PodLog) -> None:
    pod_log.write(
        *(json.dumps({"msg": f"call {number}", "ms": number % 7}) for number in range(300)), "no JSON"
    )
    page = open_as("rene", pod_log.url + "?q=call+150")
    expect(page.locator(".log-line")).to_have_count(1, timeout=PATIENCE)
    page.locator(".log-time").click()
    expect(page.locator("#log-at")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".log-line.is-chosen")).to_be_visible(timeout=PATIENCE)
    expect(find_line(page, "call 151")).to_be_attached()
    page.goto(page.url.partition("?")[0])
    expect(find_line(page, "no JSON")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("JSON as columns").check()
    expect(find_line(page, "no JSON")).to_have_count(0)
    page.locator(".log-head [data-key=ms]").click()
    page.get_by_label("Log lines").evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator(".log-line").first.locator("[data-key=ms]")).to_have_text("0")
    page.locator(".log-line").first.locator("[data-key=ms]").click()
    expect(page.locator(".log-head .chip")).to_have_text("ms=0 ✕")
    expect(page).to_have_url(re.compile("columns=1.*sort=ms.*where=ms%3D0|sort=ms&where=ms%3D0.*columns=1"))
    page.reload()
    expect(page.locator(".log-head .chip")).to_have_text("ms=0 ✕", timeout=PATIENCE)
    expect(page.locator(".log-line [data-key=ms]").filter(has_not_text="0")).to_have_count(0)
    levels = page.evaluate("texts => texts.map(quarterdeckLogFilter.findLevel)", [text for text, _ in LEVELS])
    assert levels == [level for _, level in LEVELS]


def test_it_ends_when_the_permission_is_taken_away_and_others_go_on(
    open_as: Opener, pod_log: PodLog, controlplane: ControlPlane
) -> None:
    pod_log.write("seen by both")
    loser, other = open_as("dana", pod_log.url), open_as("rene", pod_log.url)
    for page in (loser, other):
        expect(find_line(page, "seen by both")).to_be_visible(timeout=PATIENCE)
    binding = controlplane.kubectl("get", "rolebinding", "dana-edit", "-n", "shop", "-o", "json")
    kept = json.loads(binding)
    kept["metadata"] = {"name": "dana-edit", "namespace": "shop"}
    controlplane.kubectl("delete", "rolebinding", "dana-edit", "-n", "shop")
    try:
        expect(find_line(loser, "no permission")).to_be_visible(timeout=40_000)
        expect(find_line(loser, "seen by both")).to_have_count(0)
        pod_log.write("after the end")
        expect(find_line(other, "after the end")).to_be_visible(timeout=PATIENCE)
        expect(find_line(loser, "after the end")).to_have_count(0)
    finally:
        controlplane.kubectl("apply", "-f", "-", input=json.dumps(kept))
