"""Overview in a real browser: what each user sees while clusters hang, refuse and expire."""

from __future__ import annotations

import json
import re
import time
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import build_rbac_objects
from tests.dashboard_server import wait_for
from tests.live.pages import expect_state
from tests.quick_settings import TIMINGS

SOON = 30_000  # milliseconds


def find_cell(page: Page, cluster: str, name: str):
    return page.locator(f"#cluster-{cluster} td.{name}")


def read_counts(page: Page, cluster: str, name: str) -> dict[str, int]:
    """ "3 Running" and the like below a figure."""
    texts = find_cell(page, cluster, name).locator(".words a").all_inner_texts()
    return {text.partition(" ")[2]: int(text.partition(" ")[0]) for text in texts}


def kubectl_statuses(plane: ControlPlane, person: str, *where: str) -> Counter[str]:
    """kubectl's own STATUS column."""
    table = plane.kubectl("get", "pods", *where, person=person).splitlines()
    start, end = table[0].index("STATUS"), table[0].index("RESTARTS")
    return Counter(line[start:end].strip() for line in table[1:])


def kubectl_warnings(plane: ControlPlane, person: str, *where: str) -> int:
    """Those that tell when they were last seen; all of the tests' are of the last hour."""
    what = ("get", "events", *where, "--field-selector=type=Warning", "-o", "json")
    items = json.loads(plane.kubectl(*what, person=person))["items"]
    return sum(bool(one.get("lastTimestamp") or one.get("eventTime") or one.get("series")) for one in items)


def test_each_row_says_how_its_cluster_stands_and_costs_the_others_nothing(fleet, open_as):
    page = open_as("dana", "/")
    expect_state(page, "live")
    expect(find_cell(page, "harbour", "pods").locator(".figure")).to_contain_text("pods", timeout=SOON)
    expect(find_cell(page, "harbour", "state")).to_contain_text("Reachable")
    expect(find_cell(page, "harbour", "state")).to_contain_text("v1.")
    for cluster, state, said, button in (
        ("reef", "Unreachable", "Connection refused at the API server's address.", ""),
        ("bay", "Unreachable", "signed by an untrusted authority", ""),
        ("pond", "Unreachable", "did not respond in time", ""),
        ("tide", "Credential expired", "has expired", "Renew"),
        ("lock", "Credential rejected", "rejected your credential", "Renew"),
        ("cove", "No credential", "You have no credential", "Add credential"),
    ):
        expect(find_cell(page, cluster, "state")).to_contain_text(state, timeout=SOON)
        notice = find_cell(page, cluster, "notice-cell")
        expect(notice).to_contain_text(said)
        if button:
            href = notice.get_by_role("link", name=button).get_attribute("href")
            assert href == f"/clusters/{cluster}/credential/"
        else:  # an administrator can mend it
            expect(notice).to_contain_text("Ask a Quarterdeck administrator: ada")
    with_notice = page.locator(
        "#overview-rows tr:has(td.notice-cell)"
    )  # with those that other tests have left
    broken = with_notice.count() - with_notice.filter(has_text="No credential").count()
    assert broken >= 5
    expect(page.locator("#overview-summary")).to_contain_text(f"{broken} unavailable")
    assert page.locator("img[src=x]").count() == 0
    assert list_console_errors(page) == []


def test_an_administrator_gets_the_button_that_edits_the_cluster(fleet, open_as):
    page = open_as("ada", "/?q=reef")
    expect(page.locator("#overview-rows tr")).to_have_count(1)
    link = find_cell(page, "reef", "notice-cell").get_by_role("link", name="Edit cluster")
    expect(link).to_have_attribute("href", "/clusters/reef/edit/", timeout=SOON)


@pytest.mark.parametrize(("person", "where"), [("ada", ("-A",)), ("dana", ("-n", "shop"))])
def test_the_numbers_are_kubectls_for_each_person(controlplane, dashboard_server, open_as, person, where):
    page = open_as(person, "/?q=harbour")
    figure = find_cell(page, "harbour", "pods").locator(".figure")
    expect(figure).to_contain_text("pods", timeout=SOON)

    def agrees() -> bool:
        found = kubectl_statuses(controlplane, person, *where)
        counts = read_counts(page, "harbour", "pods")
        running = counts.get("Running", 0) + counts.get("Running, not ready", 0)
        return figure.inner_text() == f"{found.total()} pods" and running == found["Running"] > 0

    wait_for(agrees)
    wait_for(
        lambda: (
            find_cell(page, "harbour", "warnings").locator(".figure").inner_text().split()[-1]
            == str(kubectl_warnings(controlplane, person, *where))
        )
    )
    if person == "ada":
        expect(find_cell(page, "harbour", "nodes")).to_contain_text("5 of 5 ready")
        expect(find_cell(page, "harbour", "you")).to_contain_text("Full access")
        assert "in shop" not in find_cell(page, "harbour", "pods").inner_text()
    else:
        expect(find_cell(page, "harbour", "nodes")).to_contain_text("No permission to list")
        expect(find_cell(page, "harbour", "you")).to_contain_text("Can edit in shop")
        expect(find_cell(page, "harbour", "you")).to_contain_text("Cannot list nodes")
        expect(find_cell(page, "harbour", "pods")).to_contain_text("in shop")


def test_what_was_counted_leads_to_the_list_of_it(controlplane, dashboard_server, open_as):
    page = open_as("ada", "/?q=harbour")
    link = find_cell(page, "harbour", "pods").get_by_role("link", name=re.compile(r"^\d+ Completed$"))
    expect(link).to_be_visible(timeout=SOON)
    number = int(link.inner_text().split()[0])
    link.click()
    expect(page.locator("#list-rows tr")).to_have_count(number, timeout=SOON)
    page.go_back()
    find_cell(page, "harbour", "warnings").locator(".figure").click()
    expect(page.locator("#list-rows tr").first).to_contain_text("Warning", timeout=SOON)


def test_it_is_usable_by_everybody_wide_and_narrow_light_and_dark(fleet, open_as):
    for width in (1280, 360):
        page = open_as("dana", "/?group=env", viewport={"width": width, "height": 900})
        expect(find_cell(page, "harbour", "pods").locator(".bar")).to_be_visible(timeout=SOON)
        expect(find_cell(page, "reef", "state")).to_contain_text("Unreachable", timeout=SOON)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert find_violations(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_rows_are_walked_and_filtered_by_keyboard_and_the_address_follows(fleet, open_as):
    page = open_as("dana", "/?sort=name")
    expect_state(page, "live")
    number = page.locator("#overview-rows tr").count()  # with those that other tests have left
    page.keyboard.press("j")
    expect(page.locator("#overview-rows tr").first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#overview-rows tr").nth(1).get_by_role("link").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("env=production")
    expect(page.locator("#overview-rows tr")).to_have_count(1)
    expect(page.locator("#cluster-reef")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?sort=name&q=env%3Dproduction$"))
    page.reload()
    expect(page.locator("#overview-rows tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("no such cluster")
    expect(page.locator("#overview-foot")).to_contain_text(re.compile(r"No clusters match the filter\."))
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#overview-rows tr")).to_have_count(number)


def test_without_a_script_the_page_waits_briefly_and_says_what_is_still_loading(fleet, open_as):
    page = open_as("ada", "/?sort=name", java_script_enabled=False)
    page.wait_for_url(re.compile("plain=1"))
    expect(find_cell(page, "harbour", "pods").locator(".figure")).to_contain_text("pods")
    expect(page.locator("#live-state")).to_contain_text("Not live")
    page.get_by_role("searchbox").fill("reef")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#overview-rows tr")).to_have_count(1)
    expect(find_cell(page, "reef", "notice-cell").get_by_role("link", name="Edit cluster")).to_be_visible()


def test_tabs_share_one_count_a_removed_permission_takes_its_numbers_and_no_viewer_means_no_count(
    controlplane, dashboard_server, open_as
):
    client = dashboard_server.client("rene")
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"',
        client.get(f"{dashboard_server.url}/c/harbour/?choose").text,
    )
    assert token
    for namespace in ("shop", "pay"):
        form = {"csrfmiddlewaretoken": token[1], "namespace": namespace}
        known = client.post(
            f"{dashboard_server.url}/c/harbour/",
            data=form,
            headers={"Referer": dashboard_server.url},
            allow_redirects=False,
        )
        assert known.status_code == 302  # and no list is opened
    begun, offset = time.monotonic(), len(controlplane.audit_log.read_bytes())
    first = open_as("rene", "/")
    tabs = [first, first.context.new_page(), first.context.new_page()]
    for tab in tabs[1:]:
        tab.goto(dashboard_server.url + "/")
    for tab in tabs:
        expect(find_cell(tab, "harbour", "pods")).to_contain_text("shop", timeout=SOON)
        expect(find_cell(tab, "harbour", "pods")).to_contain_text("pay")
    expect(find_cell(first, "harbour", "you")).to_contain_text("Can view")
    controlplane.kubectl("delete", "rolebinding", "rene-view", "-n", "shop")
    try:
        for tab in tabs:
            expect(find_cell(tab, "harbour", "pods")).not_to_contain_text("shop", timeout=40_000)
            expect(find_cell(tab, "harbour", "pods")).to_contain_text("in pay")
        took = time.monotonic() - begun
        assert 1 <= len(list_pod_counts(controlplane, "rene", offset)) <= took / TIMINGS.counting.poll + 1
        for tab in tabs[1:]:
            tab.close()
        hide(first, hidden=True)
        wait_for_silence(controlplane, "rene")
        hide(first, hidden=False)
        offset = len(controlplane.audit_log.read_bytes())
        wait_for(lambda: list_pod_counts(controlplane, "rene", offset))
    finally:
        controlplane.apply(build_rbac_objects())


def hide(page: Page, *, hidden: bool) -> None:
    """As the browser does when another tab comes to the front, which a headless one never does."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def wait_for_silence(plane: ControlPlane, person: str) -> None:
    """A whole period without a request of this person's; what was under way may end first."""
    quiet_since = time.monotonic()
    offset = len(plane.audit_log.read_bytes())
    until = time.monotonic() + 40
    while time.monotonic() - quiet_since < 11:  # longer than a period
        assert time.monotonic() < until, "it is still counted"
        time.sleep(0.5)
        if list_requests(plane, person, offset):
            quiet_since, offset = time.monotonic(), len(plane.audit_log.read_bytes())


def list_requests(plane: ControlPlane, person: str, offset: int) -> list[str]:
    """What the API server was asked by the dashboard as this person since then."""
    lines = plane.audit_log.read_bytes()[offset:].splitlines()
    found = [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    return [
        one["requestURI"]
        for one in found
        if one["user"].get("username") == person
        and one["stage"] == "ResponseComplete"
        and one.get("userAgent", "").startswith("quarterdeck")
    ]


def list_pod_counts(plane: ControlPlane, person: str, offset: int) -> list[str]:
    """The counts of the pods in pay among them."""
    return [uri for uri in list_requests(plane, person, offset) if "/namespaces/pay/pods?limit=5000" in uri]


def test_a_share_that_ends_takes_its_rows(fleet, open_as, fleet_command):
    page = open_as("dana", "/")
    expect_state(page, "live")
    expect(page.locator("#cluster-reef")).to_be_visible()
    fleet_command("unshare")
    expect(page.locator("#cluster-reef")).to_have_count(0, timeout=40_000)
    expect(page.locator("#cluster-harbour")).to_be_visible()
