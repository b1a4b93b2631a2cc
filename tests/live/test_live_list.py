"""Does an open list follow the cluster, in a real browser, on a real API server?"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.served import Served

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: live}}}}
spec: {{containers: [{{name: main, image: "example.com/main:1"}}]}}
"""


@pytest.fixture
def open_as(served: Served, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """A page of the dashboard as one of the cast sees it, live."""

    def opened(name: str, path: str, **options: object) -> Page:
        page = new_page(**options)
        served.sign_in(page.context, name)
        page.goto(served.url + path)
        return page

    return opened


def make(plane: ControlPlane, name: str, namespace: str = "shop") -> None:
    plane.kubectl("apply", "-f", "-", input=POD.format(name=name, namespace=namespace))


def remove(plane: ControlPlane, name: str, namespace: str = "shop") -> None:
    plane.kubectl("delete", "pod", name, "-n", namespace, "--force", "--grace-period=0", "--wait=true")


def is_live(page: Page) -> None:
    expect(page.locator("#live-state [data-state=live]")).to_be_visible(timeout=15_000)


def test_a_pod_made_changed_and_deleted_by_kubectl_follows_on_the_page(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/pods")
    is_live(page)
    make(controlplane, "live-one")
    row = page.locator("#list-rows tr", has_text="live-one")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Running")
    controlplane.kubectl("annotate", "pod", "live-one", "-n", "shop", "seen=yes")
    remove(controlplane, "live-one")
    expect(row).to_have_count(0)


def test_it_arrives_within_a_second_of_kubectls_return(controlplane, open_as):
    page = open_as("dana", "/c/harbour/shop/pods?q=quick")
    is_live(page)
    late = []
    for number in range(30):
        make(controlplane, f"quick-{number}")
        returned = time.monotonic()
        expect(page.locator("#list-rows tr", has_text=f"quick-{number}").first).to_be_visible()
        late.append(time.monotonic() - returned)
    for number in range(30):
        controlplane.kubectl("delete", "pod", f"quick-{number}", "-n", "shop", "--wait=false", "--grace-period=0", "--force")
    expect(page.locator("#list-rows tr")).to_have_count(0)
    assert sorted(late)[-1] < 1.0, late


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
        is_live(page)
        assert page.locator("#list-rows tr").count() > 0
    else:
        expect(page.locator("#live-state [data-state=denied]")).to_be_visible()
        expect(page.locator("#list-rows tr")).to_have_count(0)
        expect(page.locator("#list-notices")).to_contain_text("forbidden")
