"""Lists over several namespaces and clusters, reachable or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.live.pages import expect_state, find_row, make_pod, remove_pod


def list_headings(page) -> list[str]:
    return page.locator("#list-head th").all_inner_texts()


def test_several_namespaces_are_one_list(open_as):
    page = open_as("rene", "/c/harbour/shop,pay/pods")
    expect_state(page, "live")
    assert list_headings(page)[:2] == ["Namespace", "Name"]
    found = {row.inner_text() for row in page.locator("#list-rows tr td:nth-child(2)").all()}
    assert found == {"shop", "pay"}


def test_who_may_not_list_everywhere_sees_the_known_namespaces_merged(open_as):
    page = open_as("dana", "/c/harbour/_all/pods")
    expect_state(page, "live")
    assert page.locator("#list-rows tr").count() > 5
    expect(page.locator("#list-notices")).to_contain_text("there may be others")


def test_who_may_not_list_namespaces_lands_on_a_page_that_works(open_as):
    page = open_as("dana", "/c/harbour/")
    expect_state(page, "live")
    assert page.locator("#list-rows tr").count() > 5


def test_one_namespace_that_is_denied_costs_the_others_nothing(open_as):
    page = open_as("dana", "/c/harbour/shop,pay/pods")
    expect_state(page, "denied")
    assert page.locator("#list-rows tr").count() > 5
    expect(page.locator("#list-notices")).to_contain_text("pay")


@pytest.fixture(scope="module")
def second_cluster(dashboard_server, second_controlplane):
    dashboard_server.add_cluster(second_controlplane, "lagoon", color="violet")
    return second_controlplane


def test_two_clusters_are_one_live_list(controlplane, second_cluster, open_as):
    page = open_as("dana", "/c/harbour,lagoon/shop/pods")
    expect_state(page, "live")
    assert list_headings(page)[0] == "Cluster"
    make_pod(second_cluster, "from-lagoon")
    found = find_row(page, "from-lagoon")
    expect(found).to_contain_text("lagoon")
    make_pod(controlplane, "from-harbour")
    expect(find_row(page, "from-harbour")).to_contain_text("harbour")
    remove_pod(controlplane, "from-harbour")
    expect(find_row(page, "from-harbour")).to_have_count(0)


def test_a_cluster_that_refuses_is_a_line_and_costs_the_other_nothing(
    dashboard_server, second_cluster, open_as
):
    dashboard_server.run_command("dead_cluster", slug="wreck", name="dana")
    page = open_as("dana", "/c/harbour,wreck/shop/pods")
    expect(page.locator("#list-notices")).to_contain_text("Wreck")
    expect(find_row(page, "toolbox")).to_be_visible()


def test_a_kind_without_watch_is_polled_and_says_so(open_as):
    page = open_as("ada", "/c/harbour/_cluster/nodes.metrics.k8s.io")
    expect_state(page, "polled")
