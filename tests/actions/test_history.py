"""The history of a workload: the revisions that kubectl lists, and how any two of them differ."""

from __future__ import annotations

import html
import re

import pytest
from playwright.sync_api import expect

from tests.actions.pages import make_workload, read_text
from tests.actions.test_undo import roll_out, wait_for_revisions
from tests.actions.test_workloads import PLURALS
from tests.axe import find_violations
from tests.dashboard_server import wait_for


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


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_it_says_who_made_each_revision(controlplane, confirm, namespaces, kind):
    """kubectl's, ours, and one that is in use again."""
    ours = namespaces[0]
    plural, name = PLURALS[kind], f"{kind.lower()}/web"
    make_workload(controlplane, kind, ours)
    wait_for_revisions(controlplane, kind, ours, 1)
    sent = confirm("dana", f"/c/harbour/{ours}/{plural}/web/set-image").send(
        **{
            "image-0": "registry.example/migrate:1",
            "image-1": "registry.example/web:2",
            "image-2": "registry.example/side:1",
        }
    )
    assert sent.status_code == 302
    wait_for_revisions(controlplane, kind, ours, 2)
    controlplane.kubectl("label", name, "a=b", "-n", ours)  # no revision: the template stays
    rows = read_rows(confirm("dana", f"/c/harbour/{ours}/{plural}/web/history").open())
    assert [number for number, *_rest in rows] == ["2", "1"]
    assert "dana" in rows[0][2]
    assert rows[1][2].startswith(("outside Quarterdeck", "dana, and at the same time kubectl-create"))
    assert confirm("dana", f"/c/harbour/{ours}/{plural}/web/undo").send(revision="1").status_code == 302
    wait_for(
        lambda: read_rows(confirm("dana", f"/c/harbour/{ours}/{plural}/web/history").open())[0][0] == "3"
    )
    rows = read_rows(confirm("dana", f"/c/harbour/{ours}/{plural}/web/history").open())
    assert [number for number, *_rest in rows] == ["3", "2"]
    assert "dana" in rows[0][2]
    assert "not known" not in " ".join(cell for row in rows for cell in row)


def read_rows(page) -> list[list[str]]:
    """Number, when, by whom and so on of each revision."""
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr>")[1:]]
    return [
        [
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).replace("Current", "").split())
            for cell in row
        ]
        for row in rows
    ]


def test_a_viewer_sees_why_undo_is_disabled(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    page = confirm("rita", f"/c/harbour/{ours}/deployments.apps/web/history").open().text
    assert "disabled" in page.partition("Undo</button>")[0].rpartition("<button")[2]
    assert "Your role for this cluster is Viewer (read-only)." in page
    assert "/web/undo" not in page
    assert "/web/undo" in confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/history").open().text


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
