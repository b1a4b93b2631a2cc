"""What does an open page say when a credential ends, and is it live again once it was renewed in place?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.controlplane.controlplane import ControlPlane
from tests.faults.shown import PATIENCE, Person, is_in_state, promised, row, says
from tests.live.pages import make_pod
from tests.served import Served

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
def _as_before(dashboard: Served, second_controlplane: ControlPlane):
    """Whatever became of it, dana has a good credential for the cluster `far` again."""
    yield
    keys = {"token": second_controlplane.token("dana")}
    dashboard.do("credential", name="dana", slug="far", keys=keys, namespace="shop")


def renew(page: Page, token: str) -> None:
    """Press the button, bring a new token, and come back."""
    page.get_by_role("link", name="Renew the credential").click()
    expect(page.get_by_label("Bearer token")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Bearer token").fill(token)
    page.get_by_role("button", name="Try and store").click()


def test_a_token_whose_account_is_deleted_is_said_with_the_button_that_renews_it(
    dashboard: Served, second_controlplane: ControlPlane, person: Callable[..., Person], figures
):
    plane = second_controlplane
    plane.kubectl("apply", "-f", "-", input=ACCOUNT)
    token = plane.kubectl("create", "token", "short", "-n", "shop", "--duration=1h").strip()
    dashboard.do("credential", name="dana", slug="far", keys={"token": token}, namespace="shop")
    make_pod(plane, "under-account")
    page = person("dana").open("/c/far/shop/pods")
    expect(row(page, "under-account")).to_be_visible(timeout=PATIENCE)
    plane.kubectl("delete", "serviceaccount", "short", "-n", "shop")
    is_in_state(
        page, "lapsed", patience=2 * PATIENCE
    )  # 10 s until the API server knows, 30 s until it is asked
    says(page, "Far does not accept your credential any more.", "the cluster does not say which")
    page.reload()
    says(page, "The cluster does not accept the credential.")
    renew(page, plane.token("dana"))
    with promised("a page of a refused credential, renewed", figures):
        is_in_state(page, "live")
    expect(row(page, "under-account")).to_be_visible()
