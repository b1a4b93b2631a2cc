"""Rollout page in a real browser: live from the first new pod to the end, for people with different rights."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.axe import find_violations
from tests.browser import list_console_errors
from tests.dashboard_server import wait_for
from tests.live.pages import expect_state
from tests.rollouts.made import (
    IMAGE,
    list_pods,
    make,
    make_ready,
    wait_for_pods,
    write_status,
)
from tests.rollouts.test_ten_ways import NOT_FOUND, wait_state

OLD = "registry.example/web:1"


def roll_out(plane, namespace: str, kind: str = "Deployment", **spec) -> dict:
    """A workload of which three old pods are ready and one new one is there; the new one."""
    make(plane, kind, namespace, pods={"main": {"image": OLD}}, **spec)
    for pod in wait_for_pods(plane, namespace, 3, OLD):
        make_ready(plane, pod)
    plane.kubectl("set", "image", f"{kind.lower()}/web", f"main={IMAGE}", "-n", namespace)
    return wait_for_pods(plane, namespace, 1)[0]


def test_it_is_live_from_the_first_new_pod_to_the_end(controlplane, open_as, namespace):
    new = roll_out(controlplane, namespace)
    page = open_as("dana", f"/c/harbour/{namespace}/deployments.apps/web")
    page.get_by_role("link", name="Rollout").click()
    expect_state(page, "live")
    main = page.locator("main")
    expect(main).to_contain_text("1 out of 3 new replicas have been updated...")
    expect(page.get_by_role("region", name="New pods").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("region", name="Old pods").locator("tbody tr")).to_have_count(3)
    expect(main).to_contain_text("0 of 3 new pods ready, 3 old pods left")
    expect(main).to_contain_text("Revision 2")
    write_status(controlplane, new, wait_state("ImagePullBackOff", NOT_FOUND))
    expect(main).to_contain_text(f"1 of 1 new pod: ImagePullBackOff, image {IMAGE} not found.")
    wait_for(lambda: go_on(controlplane, namespace))
    expect(main).to_contain_text('deployment "web" successfully rolled out')
    expect(main).not_to_contain_text("Why it does not go on")
    expect(main).to_contain_text("3 of 3 new pods ready")
    said = (
        controlplane.kubectl("rollout", "status", "deployment/web", "-n", namespace).strip().splitlines()[-1]
    )
    expect(page.locator(".rollout-sentence")).to_contain_text(said)
    assert list_console_errors(page) == []


def go_on(plane, namespace: str) -> bool:
    """Make the new pods ready, each of which lets the controller replace an old one; whether all are replaced."""
    pods = list_pods(plane, namespace)
    for pod in pods:
        if not pod["status"].get("containerStatuses", [{}])[0].get("ready"):
            make_ready(plane, pod)
    return len(pods) == 3 and not list_pods(plane, namespace, OLD)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(controlplane, open_as, namespace, theme, width):
    write_status(controlplane, roll_out(controlplane, namespace), wait_state("ImagePullBackOff", NOT_FOUND))
    path = f"/c/harbour/{namespace}/deployments.apps/web/rollout"
    page = open_as("dana", path, color_scheme=theme, viewport={"width": width, "height": 900})
    expect(page.locator("main")).to_contain_text("Why it does not go on")
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_can_list_less_sees_what_is_not_known(controlplane, read_rollout, namespace):
    new = roll_out(controlplane, namespace)
    write_status(controlplane, new, wait_state("ImagePullBackOff", NOT_FOUND))
    what = "deployments.apps/web"
    wait_for(lambda: "ImagePullBackOff" in read_rollout("rita", namespace, what))  # a viewer reads all of it
    allow(controlplane, namespace, ["apps"], ["deployments"], ["get", "watch"])
    text = read_rollout("rene", namespace, what)
    assert "1 out of 3 new replicas have been updated..." in text
    assert "You cannot list: ReplicaSets, Pods, Events, ResourceQuotas, PodDisruptionBudgets" in text
    assert new["metadata"]["name"] not in text
    allow(controlplane, namespace, [""], ["pods"], ["list", "watch"])
    wait_for(lambda: new["metadata"]["name"] in read_rollout("rene", namespace, what), seconds=30)
    text = read_rollout("rene", namespace, what)
    assert f"1 of 4 pods: ImagePullBackOff, image {IMAGE} not found." in text
    assert "New pods" not in text


def allow(plane, namespace: str, groups: list[str], resources: list[str], verbs: list[str]) -> None:
    """Grant it to rene in this namespace."""
    name = f"rene-{resources[0]}"
    options = [
        f"--verb={','.join(verbs)}",
        f"--resource={','.join(f'{one}.{groups[0]}'.rstrip('.') for one in resources)}",
    ]
    plane.kubectl("create", "role", name, *options, "-n", namespace)
    plane.kubectl("create", "rolebinding", name, f"--role={name}", "--user=rene", "-n", namespace)


def test_other_kinds_have_none_and_hostile_text_is_text(controlplane, read_rollout, open_as, namespace):
    assert (
        open_as("dana", "/c/harbour/shop/configmaps/kube-root-ca.crt/rollout")
        .title()
        .startswith("Page not found")
    )
    hostile = '<img src=x onerror="document.title=1"> \u202e{{ 7*7 }}'
    make(controlplane, "DaemonSet", namespace)
    for pod in wait_for_pods(controlplane, namespace, 5):
        write_status(controlplane, pod, wait_state("CreateContainerError", hostile))
    page = open_as("dana", f"/c/harbour/{namespace}/daemonsets.apps/web/rollout")
    expect(page.locator("main")).to_contain_text(
        '5 of 5 new pods: CreateContainerError, <img src=x onerror="document'
    )
    assert page.locator("main img").count() == 0
    assert "\u202e" not in page.locator("main").inner_text()
    assert (
        json.loads(controlplane.kubectl("get", "ds", "web", "-n", namespace, "-o", "json"))["status"][
            "numberReady"
        ]
        == 0
    )
