"""The history of a workload: the revisions that kubectl lists, and how any two of them differ."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.actions.pages import make_workload, read_text
from tests.actions.test_undo import roll_out, wait_for_revisions
from tests.actions.test_workloads import PLURALS
from tests.axe import find_violations


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_it_has_the_revisions_of_kubectl_and_compares_any_two(controlplane, confirm, namespaces, kind):
    ours = namespaces[0]
    roll_out(controlplane, kind, ours)
    path = f"/c/harbour/{ours}/{PLURALS[kind]}/web/history"
    text = read_text(confirm("dana", path).open())
    listed = controlplane.kubectl("rollout", "history", f"{kind.lower()}/web", "-n", ours).splitlines()
    rows = [line.split(maxsplit=1) for line in listed if line[:1].isdigit()]
    assert len(rows) == 3
    for number, cause in rows:
        assert f"{number}, created " in text
        assert cause == "<none>" or cause in text
    assert "- image: registry.example/web:2" in text
    assert "+ image: registry.example/web:3" in text
    text = read_text(confirm("dana", f"{path}?from=3&to=1").open())
    assert "- image: registry.example/web:3" in text
    assert "+ image: registry.example/web:1" in text
    assert "Both have the same pod template." in read_text(confirm("dana", f"{path}?from=2&to=2").open())
    assert "is no longer there" in read_text(confirm("dana", f"{path}?from=2&to=77").open())


def test_other_kinds_have_none_and_without_permission_there_is_no_page(confirm):
    assert confirm("dana", "/c/harbour/shop/configmaps/web/history").open().status_code == 404
    assert confirm("dana", "/c/harbour/pay/deployments.apps/ledger/history").open().status_code == 403


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(controlplane, open_as, namespaces, theme, width):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    wait_for_revisions(controlplane, "Deployment", ours, 1)
    controlplane.kubectl("set", "image", "deployment/web", "main=registry.example/web:2", "-n", ours)
    wait_for_revisions(controlplane, "Deployment", ours, 2)
    path = f"/c/harbour/{ours}/deployments.apps/web"
    page = open_as("dana", path, color_scheme=theme, viewport={"width": width, "height": 900})
    page.get_by_role("link", name="History").click()
    expect(page.locator("main")).to_contain_text("Compare")
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
