"""Live list in a real browser, on a real API server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.live.pages import expect_state, find_row, make_pod, remove_pod

PATIENCE = 30_000  # milliseconds, on a machine that does other things too


def test_a_pod_made_changed_and_deleted_by_kubectl_follows_on_the_page(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/pods")
    expect_state(page, "live")
    make_pod(controlplane, "live-one")
    found = find_row(page, "live-one")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Running")
    controlplane.kubectl("annotate", "pod", "live-one", "-n", "shop", "seen=yes")
    remove_pod(controlplane, "live-one")
    expect(found).to_have_count(0)


def test_what_changed_is_highlighted_briefly_also_while_more_comes(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/pods?q=lit")
    expect_state(page, "live")
    for number in range(12):
        make_pod(controlplane, f"lit-{number}")
        expect(find_row(page, f"lit-{number}")).to_have_class(re.compile("is-(lit|fading)"))
    expect(find_row(page, "lit-0")).not_to_have_class(re.compile("is-(lit|fading)"))
    expect(page.locator("#list-rows :is(.is-lit, .is-fading)")).to_have_count(0)
    for number in range(12):
        remove_pod(controlplane, f"lit-{number}")


def test_each_of_many_arrives_while_kubectl_goes_on(controlplane, open_as):
    """How soon is measured in bench/; here none is lost, and none waits for the next."""
    page = open_as("dana", "/c/harbour/shop/pods?q=quick")
    expect_state(page, "live")
    for number in range(30):
        make_pod(controlplane, f"quick-{number}")
        expect(find_row(page, f"quick-{number}")).to_be_visible(timeout=PATIENCE)
    for number in range(30):
        controlplane.kubectl(
            "delete", "pod", f"quick-{number}", "-n", "shop", "--wait=false", "--grace-period=0", "--force"
        )
    expect(page.locator("#list-rows tr")).to_have_count(0, timeout=PATIENCE)


def test_a_page_that_comes_into_view_while_its_first_rows_are_painted_opens_one_socket(
    controlplane, dashboard_server, new_page
):
    page, sockets = new_page(), []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.dispatchEvent(new Event('visibilitychange')))"
    )
    dashboard_server.sign_in(page.context, "dana")
    page.goto(f"{dashboard_server.url}/c/harbour/shop/pods?q=viewed")
    expect_state(page, "live")
    make_pod(controlplane, "viewed")
    expect(find_row(page, "viewed")).to_be_visible(timeout=PATIENCE)
    assert len(sockets) == 1
    remove_pod(controlplane, "viewed")


@pytest.mark.parametrize(
    ("name", "path", "sees"),
    [
        ("ada", "/c/harbour/pay/pods", True),
        ("dana", "/c/harbour/shop/pods", True),
        ("dana", "/c/harbour/pay/pods", False),
        ("rene", "/c/harbour/pay/pods", True),
        ("rene", "/c/harbour/ops/pods", False),
        ("rita", "/c/harbour/ops/pods", True),
        ("aude", "/c/harbour/shop/pods", True),
        ("aude", "/c/harbour/shop/secrets", False),
        ("dana", "/c/harbour/_cluster/nodes", False),
        ("aude", "/c/harbour/_cluster/nodes", True),
    ],
)
def test_each_sees_what_kubernetes_lets_each_see(open_as, name, path, sees):
    page = open_as(name, path)
    if sees:
        expect_state(page, "live")
        assert page.locator("#list-rows tr").count() > 0
    else:
        expect_state(page, "denied")
        expect(page.locator("#list-rows tr")).to_have_count(0)
        expect(page.locator("#list-notices")).to_contain_text("forbidden")
