"""Demo in a real browser: what each of its five users sees, live."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.demo.pages import POD, build_opener, sign_in_as, switch_user
from tests.demo.process import Demo
from tests.live.pages import expect_state, find_row

SHOP = "/c/staging/shop/pods"
PODS = "/api/v1/namespaces/shop/pods"
Open = Callable[..., Page]


@pytest.fixture
def open_as(demo: Demo, new_page: Callable[..., Page]) -> Open:
    return build_opener(demo, new_page)


@pytest.fixture
def make_pod(demo: Demo) -> Iterator[Callable[[str], None]]:
    """`pod("name")` makes one in namespace shop of staging, by the API and not by the dashboard."""
    api, made = demo.cluster("staging"), []

    def make(name: str) -> None:
        one = copy.deepcopy(POD)
        one["metadata"]["name"] = name
        assert api.post(PODS, one).status == 201
        made.append(name)

    yield make
    for name in made:
        api.delete(f"{PODS}/{name}", {"gracePeriodSeconds": 0})


def delete_pod(demo: Demo, name: str) -> None:
    assert demo.cluster("staging").delete(f"{PODS}/{name}", {"gracePeriodSeconds": 0}).status == 200


def get_cluster_row(page: Page, cluster: str) -> Any:
    """The row of a cluster on the overview."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=cluster))


def test_the_developer_sees_the_own_namespace_live(
    demo: Demo, open_as: Open, make_pod: Callable[[str], None]
) -> None:
    page = open_as("dana", SHOP)
    expect_state(page, "live")
    make_pod("made-by-kubectl")
    expect(find_row(page, "made-by-kubectl")).to_be_visible()
    delete_pod(demo, "made-by-kubectl")
    expect(find_row(page, "made-by-kubectl")).to_have_count(0)
    page.goto(f"{demo.url}/c/staging/payments/pods")
    expect_state(page, "denied")
    expect(page.get_by_text("You do not have permission to do this.")).to_be_visible()
    page.goto(f"{demo.url}/people/")
    expect(page.get_by_role("heading", name="Access denied")).to_be_visible()


def test_a_pod_that_is_killed_goes_and_another_comes(demo: Demo, open_as: Open) -> None:
    """As the Deployment of the simulated cluster wills it; nobody touches the page."""
    page = open_as("dana", f"{SHOP}?q=basket")
    expect_state(page, "live")
    names = page.locator("#list-rows tr").get_by_role("rowheader")
    expect(names).to_have_count(1)
    killed = names.first.inner_text().strip()
    assert killed.startswith("basket-")
    delete_pod(demo, killed)
    expect(find_row(page, killed)).to_have_count(0)
    expect(names).to_have_count(1)
    expect(names.first).to_have_text(re.compile(r"^basket-\w+-\w+$"))
    expect(page.locator("#list-rows tr")).to_contain_text("Running", timeout=30_000)


def test_the_developer_knows_her_namespaces_without_listing_them(demo: Demo, open_as: Open) -> None:
    page = open_as("dana", "/c/production-eu/")
    for namespace in ("shop", "shop-jobs"):
        expect(page.get_by_role("link", name=namespace, exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="payments", exact=True)).to_have_count(0)


def test_the_developer_sees_three_clusters_in_which_nodes_are_not_hers(open_as: Open) -> None:
    page = open_as("dana")
    for cluster in ("Production EU", "Production US", "Staging"):
        expect(get_cluster_row(page, cluster)).to_contain_text("Reachable")
        expect(get_cluster_row(page, cluster)).to_contain_text("Cannot list nodes")
    expect(get_cluster_row(page, "Production EU")).to_contain_text("Protected")
    expect(get_cluster_row(page, "Staging")).not_to_contain_text("Protected")


def test_the_administrator_manages_and_reaches_everything(
    demo: Demo, open_as: Open, make_pod: Callable[[str], None]
) -> None:
    page = open_as("alice", "/people/")
    for name in ("Dana Lind", "Pavel Rossi", "Noah Berg"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto(f"{demo.url}/clusters/")
    expect(page.get_by_role("link", name="Edit Staging")).to_be_visible()
    page.goto(f"{demo.url}/c/_all/_all/pods?q=seen-by")
    expect_state(page, "live")
    make_pod("seen-by-alice")
    expect(page.get_by_role("rowheader", name="seen-by-alice")).to_be_visible()


def test_the_engineer_on_call_sees_all_clusters_live(
    demo: Demo, open_as: Open, make_pod: Callable[[str], None]
) -> None:
    page = open_as("olga", "/c/_all/_all/pods?q=seen-by")
    expect_state(page, "live")
    for cluster in ("production-eu", "production-us", "staging"):
        expect(page.get_by_text(f"kubectl --context {cluster} get pods --all-namespaces")).to_be_visible()
    make_pod("seen-by-olga")
    expect(page.get_by_role("rowheader", name="seen-by-olga")).to_be_visible()
    page.goto(f"{demo.url}/c/production-eu/_cluster/nodes")
    expect_state(page, "live")


def test_the_auditor_reads_the_audit_trail_and_changes_nothing(demo: Demo, open_as: Open) -> None:
    page = open_as("ada", "/people/audit/")
    expect_state(page, "live")
    expect(page.get_by_text("cluster-add").first).to_be_visible()
    answers = page.evaluate(
        """async (paths) => {
          const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
          const body = new URLSearchParams({csrfmiddlewaretoken: token, name: "Mine", slug: "mine", team: "audit"});
          const all = paths.map((path) => fetch(path, {method: "POST", body, redirect: "manual"}));
          return (await Promise.all(all)).map((answer) => answer.status);
        }""",
        [
            "/people/teams/",
            "/people/invite/",
            "/clusters/add/",
            "/clusters/staging/teams/",
            "/clusters/staging/edit/",
        ],
    )
    assert set(answers) == {403}
    page.goto(f"{demo.url}{SHOP}")
    expect_state(page, "live")
    expect(page.get_by_text("delete denied")).to_be_visible()


def test_the_newcomer_sees_what_is_not_permitted(demo: Demo, open_as: Open) -> None:
    page = open_as("noah")
    expect(get_cluster_row(page, "Staging")).to_contain_text("No permission to list")
    expect(get_cluster_row(page, "Production EU")).to_contain_text(
        "You have no credential for this cluster yet."
    )
    page.goto(f"{demo.url}{SHOP}")
    expect_state(page, "denied")
    expect(page.get_by_text('User "noah" cannot list resource "pods"')).to_be_visible()
    page.goto(f"{demo.url}/c/production-eu/shop/pods")
    expect(page.get_by_role("heading", name="Credential for Production EU")).to_be_visible()


def test_a_visitor_switches_users_and_stays_on_the_page(demo: Demo, open_as: Open) -> None:
    """What the one before had open in another tab ends at once."""
    page = open_as("dana", "/c/staging/payments/pods?sort=-age")
    expect_state(page, "denied")
    other = page.context.new_page()
    other.goto(demo.url + SHOP)
    expect_state(other, "live")
    switch_user(page, "alice")
    assert page.url == f"{demo.url}/c/staging/payments/pods?sort=-age"
    expect_state(page, "live")
    expect(other.locator("dialog#session-ended")).to_be_visible(timeout=5000)
    assert list_console_errors(page) == []


def test_it_all_works_without_a_script(demo: Demo, open_as: Open) -> None:
    page = open_as("dana", SHOP, java_script_enabled=False)
    assert page.url == demo.url + SHOP
    switch_user(page, "alice")
    assert page.url == demo.url + SHOP
    page.locator(".person-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Choose a demo user")).to_be_visible()
    sign_in_as(page, "noah")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_usable_by_everybody(demo: Demo, new_page: Callable[..., Page], theme: str, width: int) -> None:
    page = new_page(color_scheme=theme, viewport={"width": width, "height": 800})
    page.goto(demo.url)
    found = find_page_problems(page)
    sign_in_as(page, "ada")
    page.goto(f"{demo.url}/clusters/")
    page.locator(".demo-menu > summary").click()
    expect(page.locator(".demo-menu").get_by_role("button", name="Dana Lind")).to_be_visible()
    found += find_page_problems(page)
    page.goto(f"{demo.url}/demo/")
    expect(page.get_by_text("Signed in", exact=True)).to_be_visible()
    assert found + find_page_problems(page) == []


def find_page_problems(page: Page) -> list[str]:
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    wide = [f"{page.url} scrolls sideways"] if page.evaluate(sideways) else []
    return wide + find_violations(page) + list_console_errors(page)
