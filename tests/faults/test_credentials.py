"""Expired credentials: what open pages say, and recovery after a renewal in place."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.faults.page_state import (
    PATIENCE,
    BrowserUser,
    check_recovery,
    expect_state,
    expect_texts,
    find_row,
    list_names,
)
from tests.live.pages import make_pod

ACCOUNT = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: short, namespace: shop}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: short-view, namespace: shop}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
  subjects: [{kind: ServiceAccount, name: short, namespace: shop}]
"""


@pytest.fixture(autouse=True)
def _restore_credential(dashboard: DashboardServer, second_controlplane: ControlPlane):
    """Whatever became of it, dana has a good credential for the cluster `far` again."""
    yield
    keys = {"token": second_controlplane.token("dana")}
    dashboard.run_command("credential", name="dana", slug="far", keys=keys, namespace="shop")


def renew(page: Page, token: str) -> None:
    """Press the button, bring a new token, and come back."""
    page.get_by_role("link", name="Renew credential").click()
    expect(page.get_by_label("Bearer token")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Bearer token").fill(token)
    page.get_by_role("button", name="Test and save").click()


def open_with_certificate(
    dashboard: DashboardServer, plane: ControlPlane, dana: BrowserUser, paths: tuple[str, ...]
) -> tuple[list[Page], float]:
    """Pages that are live under a client certificate of so short a life that one can wait for its end."""
    for life in (20, 60, 180):
        ends = time.time() + life
        certificate, key = plane.certificate("dana", seconds=life)
        keys = {"certificate": certificate, "key": key}
        dashboard.run_command("credential", name="dana", slug="far", keys=keys, namespace="shop")
        pages = [dana.open(path) for path in paths]
        for page in pages:
            expect(page.locator("#live-state .live, #live-state .unauthorized, .notice.error")).to_be_visible(
                timeout=PATIENCE
            )
        if time.time() < ends - 2:
            return pages, ends
        for page in pages:
            page.close()
    raise AssertionError("no page was live within the certificate's life")


def test_a_certificate_that_ends_is_said_with_the_button_that_renews_it(
    dashboard: DashboardServer,
    second_controlplane: ControlPlane,
    person: Callable[..., BrowserUser],
    recovery_times,
):
    make_pod(second_controlplane, "under-certificate")
    dana = person("dana")
    paths = ("/c/far/shop/pods", "/c/far/shop/pods/under-certificate")
    (listing, of_one), ends = open_with_certificate(dashboard, second_controlplane, dana, paths)
    expect(find_row(listing, "under-certificate")).to_be_visible()
    wait_for(lambda: time.time() > ends, 200)
    for page in (listing, of_one):
        expect_state(page, "unauthorized")
        expect_texts(page, "Your credential for Far has expired.", "It was valid until", "Renew credential")
    assert list_names(listing) == set(), "what a person may no longer see goes"
    expect(of_one.locator("main")).not_to_contain_text("example.com/main:1")
    assert listing.get_by_text("No Pods found").count() == 0
    renew(of_one, second_controlplane.token("dana"))
    with check_recovery("a credential that was renewed, in the page and in another tab", recovery_times):
        expect_state(of_one, "live")
        expect_state(listing, "live")
    expect_texts(of_one, "example.com/main:1")
    expect(find_row(listing, "under-certificate")).to_be_visible()


def test_a_token_whose_account_is_deleted_is_said_with_the_button_that_renews_it(
    dashboard: DashboardServer,
    second_controlplane: ControlPlane,
    person: Callable[..., BrowserUser],
    recovery_times,
):
    plane = second_controlplane
    plane.kubectl("apply", "-f", "-", input=ACCOUNT)
    token = plane.kubectl("create", "token", "short", "-n", "shop", "--duration=1h").strip()
    dashboard.run_command("credential", name="dana", slug="far", keys={"token": token}, namespace="shop")
    make_pod(plane, "under-account")
    page = person("dana").open("/c/far/shop/pods")
    expect(find_row(page, "under-account")).to_be_visible(timeout=PATIENCE)
    plane.kubectl("delete", "serviceaccount", "short", "-n", "shop")
    expect_state(
        page, "unauthorized", patience=2 * PATIENCE
    )  # 10 s until the API server knows, 30 s until the next access review
    expect_texts(page, "Far no longer accepts your credential.", "the cluster does not say which")
    page.reload()
    # Of the list, or of the whole page where what the cluster serves was read again meanwhile.
    rejected = re.compile("Far no longer accepts your credential|The cluster rejected your credential")
    expect(page.locator("main")).to_contain_text(rejected, timeout=PATIENCE)
    renew(page, plane.token("dana"))
    with check_recovery("a page of a refused credential, renewed", recovery_times):
        expect_state(page, "live")
    expect(find_row(page, "under-account")).to_be_visible()
