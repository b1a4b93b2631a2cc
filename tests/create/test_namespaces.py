"""Namespaces for a team on a real API server: labels, quota, defaults and a RoleBinding by one form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.actions.pages import drop_incomparable, read_text
from tests.axe import find_violations
from tests.controlplane.controlplane import ControlPlane
from tests.create.pages import create
from tests.create.test_short_forms import send
from tests.dashboard_server import DashboardServer
from tests.edit.test_edit_page import count_writes
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
NAMESPACES = ("team-ours", "team-theirs", "team-seen")
FIELDS = {
    "name": "team-ours",
    "labels": "team=blue\r\ncost/center=7",
    "enforce": "baseline",
    "warn": "restricted",
    "quota_requests_cpu": "4",
    "quota_limits_memory": "16Gi",
    "quota_pods": "50",
    "quota_more": "count/jobs.batch=20",
    "default_request_cpu": "100m",
    "default_limit_memory": "512Mi",
    "role": "edit",
    "groups_of_team": "oidc:team-blue\r\n\r\nteam-green",
    "users_of_team": "lea@example.com",
}
ORDER = ("Namespace team-ours", "ResourceQuota quota", "LimitRange defaults", "RoleBinding team-edit")
LIMITS = """apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: team-theirs}
spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}, default: {memory: 512Mi}}]}
"""


@pytest.fixture
def cleared(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    yield controlplane
    controlplane.kubectl("delete", "namespace", *NAMESPACES, "--ignore-not-found", "--wait=false")


def make_theirs(plane: ControlPlane) -> None:
    """The same by kubectl."""
    plane.kubectl("create", "namespace", "team-theirs")
    labels = ("team=blue", "cost/center=7")
    security = [f"pod-security.kubernetes.io/{one}" for one in ("enforce=baseline", "warn=restricted")]
    plane.kubectl("label", "namespace", "team-theirs", *labels, *security)
    hard = "--hard=requests.cpu=4,limits.memory=16Gi,pods=50,count/jobs.batch=20"
    plane.kubectl("create", "quota", "quota", hard, "-n", "team-theirs")
    plane.kubectl("create", "-f", "-", input=LIMITS)
    subjects = ("--group=oidc:team-blue", "--group=team-green", "--user=lea@example.com")
    plane.kubectl("create", "rolebinding", "team-edit", "--clusterrole=edit", *subjects, "-n", "team-theirs")


def fetch(plane: ControlPlane, kind: str, name: str, namespace: str) -> Any:
    scope = () if kind == "namespace" else ("-n", namespace)
    found = drop_incomparable(json.loads(plane.kubectl("get", kind, name, *scope, "-o", "json")))
    found.pop("status", None)
    found["metadata"].get("labels", {}).pop("kubernetes.io/metadata.name", None)
    for part in ("name", "namespace"):
        found["metadata"].pop(part, None)
    if kind == "rolebinding":
        found["subjects"].sort(key=lambda one: one["name"])
    return found


def test_one_form_makes_what_kubectl_makes_by_several_commands(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    reviewed = send(dashboard_server, "ada", "namespace", FIELDS)
    words = read_text(reviewed.answer)
    assert reviewed.status == 200, words
    assert [words.index(one) for one in ORDER] == sorted(words.index(one) for one in ORDER)
    assert words.count("Would be created") == 1
    assert words.count("Cannot be checked before Namespace team-ours is created.") == 3
    assert not cleared.kubectl("get", "namespace", "team-ours", "--ignore-not-found")
    made = create(reviewed)
    assert "All 4 objects were created." in made.html, read_text(made.answer)
    make_theirs(cleared)
    kinds = (("resourcequota", "quota"), ("limitrange", "defaults"), ("rolebinding", "team-edit"))
    for kind, name in kinds:
        ours, theirs = (fetch(cleared, kind, name, one) for one in NAMESPACES[:2])
        assert ours == theirs, kind
    ours, theirs = (fetch(cleared, "namespace", one, "") for one in NAMESPACES[:2])
    assert ours == theirs
    as_lea = ("--as=lea@example.com", "-n", "team-ours")
    assert cleared.kubectl("auth", "can-i", "create", "deployments", *as_lea).strip() == "yes"


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    cases = (
        ({"name": "Team Blue"}, "“Team Blue” is no name of a namespace"),
        ({"labels": "team=<b>"}, "“team=&lt;b&gt;” is no label"),
        ({"labels": "pod-security.kubernetes.io/warn=baseline"}, "has a field of its own"),
        ({"quota_pods": "many"}, "“many” is no quantity"),
        ({"quota_pods": "-1"}, "“-1” is no quantity"),
        ({"quota_more": "pods=3"}, "pods has a field of its own"),
        ({"quota_more": "count/x=1e"}, "“1e” is no quantity"),
        ({"default_request_cpu": "2", "default_limit_cpu": "1"}, "The request is above the limit."),
        ({"other_role": "cluster-admin"}, "Choose “another” to give this role"),
        ({"role": ""}, "Name the role that the team gets."),
        ({"role": "", "other_role": "x", "groups_of_team": "", "users_of_team": ""}, "at least one group or user"),
        ({"enforce": "lax"}, "lax is not one of the available choices"),
        ({"users_of_team": "\r\n".join(f"u{n}" for n in range(101))}, "Name at most 100"),
    )  # fmt: skip
    before = count_writes(controlplane, "team-ours", "ada")
    for changed, sentence in cases:
        answer = send(dashboard_server, "ada", "namespace", {**FIELDS, **changed})
        assert answer.status == 422, changed
        assert sentence in answer.html, (sentence, read_text(answer.answer))
        assert "count/jobs.batch=20" in answer.html or "quota_more" in changed
    assert count_writes(controlplane, "team-ours", "ada") == before


def test_who_cannot_create_namespaces_sees_why(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = dashboard_server.client("dana").get(f"{dashboard_server.url}/c/harbour/shop/_create/namespace")
    assert "No role grants you “create” on namespaces cluster-wide." in page.text
    assert '<button class="button primary">' not in page.text
    answer = send(dashboard_server, "dana", "namespace", FIELDS)
    assert read_text(answer.answer).count("Not permitted") == 4
    assert answer.status == 422
    assert count_writes(controlplane, "team-ours", "dana") == 0
    assert send(dashboard_server, "rita", "namespace", FIELDS).status == 403


def test_ada_makes_one_from_the_list_of_namespaces(cleared: ControlPlane, open_as: Opener) -> None:
    page = open_as("ada", "/c/harbour/_cluster/namespaces")
    page.locator(".page-actions").get_by_role("link", name="Create").click()
    page.get_by_role("link", name="Namespace", exact=True).click()
    for theme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Name", exact=True).fill("team-seen")
    page.get_by_label("Pods", exact=True).fill("ten")
    page.get_by_label("Groups").fill("team-blue")
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".errorlist")).to_contain_text("“ten” is no quantity")
    expect(page.get_by_label("Groups")).to_have_value("team-blue")
    page.get_by_label("Pods", exact=True).fill("10")
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".create-row")).to_have_count(3)
    page.get_by_role("button", name="Create 3 objects").click()
    expect(page.locator("main")).to_contain_text("All 3 objects were created.")
    assert find_violations(page) == []
