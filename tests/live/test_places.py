"""What does a list show of several namespaces and clusters, and of those that cannot be reached?"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.live.pages import is_in_state, make_pod, remove_pod, row


def heads(page) -> list[str]:
    return page.locator("#list-head th").all_inner_texts()


def test_several_namespaces_are_one_list(open_as):
    page = open_as("rene", "/c/harbour/shop,pay/pods")
    is_in_state(page, "live")
    assert heads(page)[:2] == ["Namespace", "Name"]
    found = {row.inner_text() for row in page.locator("#list-rows tr td:first-child").all()}
    assert found == {"shop", "pay"}


def test_who_may_not_list_everywhere_sees_the_known_namespaces_merged(open_as):
    page = open_as("dana", "/c/harbour/_all/pods")
    is_in_state(page, "live")
    assert page.locator("#list-rows tr").count() > 5
    expect(page.locator("#list-notices")).to_contain_text("there may be others")


def test_who_may_not_list_namespaces_lands_on_a_page_that_works(open_as):
    page = open_as("dana", "/c/harbour/")
    is_in_state(page, "live")
    assert page.locator("#list-rows tr").count() > 5


def test_one_namespace_that_is_denied_costs_the_others_nothing(open_as):
    page = open_as("dana", "/c/harbour/shop,pay/pods")
    is_in_state(page, "denied")
    assert page.locator("#list-rows tr").count() > 5
    expect(page.locator("#list-notices")).to_contain_text("pay")


@pytest.fixture(scope="module")
def second_cluster(served, second_controlplane):
    served.add_cluster(second_controlplane, "lagoon", colour="violet")
    return second_controlplane


def test_two_clusters_are_one_live_list(controlplane, second_cluster, open_as):
    page = open_as("dana", "/c/harbour,lagoon/shop/pods")
    is_in_state(page, "live")
    assert heads(page)[0] == "Cluster"
    make_pod(second_cluster, "from-lagoon")
    found = row(page, "from-lagoon")
    expect(found).to_contain_text("lagoon")
    make_pod(controlplane, "from-harbour")
    expect(row(page, "from-harbour")).to_contain_text("harbour")
    remove_pod(controlplane, "from-harbour")
    expect(row(page, "from-harbour")).to_have_count(0)


def test_a_cluster_that_refuses_is_a_line_and_costs_the_other_nothing(served, second_cluster, open_as):
    served.do("dead_cluster", slug="wreck", name="dana")
    page = open_as("dana", "/c/harbour,wreck/shop/pods")
    expect(page.locator("#list-notices")).to_contain_text("Wreck")
    expect(row(page, "toolbox")).to_be_visible()


def test_a_kind_without_watch_is_polled_and_says_so(open_as):
    page = open_as("ada", "/c/harbour/_cluster/nodes.metrics.k8s.io")
    is_in_state(page, "polled")
