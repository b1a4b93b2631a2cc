"""Object pages: what a workload's page says of its rollout, and a pod's page of how its containers ended."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.actions.pages import ConfirmPage, read_text
from tests.axe import find_violations
from tests.dashboard_server import wait_for
from tests.live.pages import expect_state
from tests.rollouts.made import (
    AT,
    IMAGE,
    RUNNING,
    make,
    make_ready,
    patch_status,
    wait_for_pods,
    warn,
    write_status,
)
from tests.rollouts.test_in_browser import OLD, roll_out
from tests.rollouts.test_ten_ways import NOT_FOUND, wait_state

OUT_OF_MEMORY = {
    "exitCode": 137,
    "signal": 9,
    "reason": "OOMKilled",
    "message": "out of memory \u202e",
    "startedAt": "2026-11-30T11:58:30Z",
    "finishedAt": AT,
}


def test_a_deployment_says_its_rollout_its_replica_sets_and_the_events_of_its_pods(
    controlplane, dashboard_server, namespace
):
    new = roll_out(controlplane, namespace)
    write_status(controlplane, new, wait_state("ImagePullBackOff", NOT_FOUND))
    warn(controlplane, new, "Failed", "Error: ImagePullBackOff")
    path = f"/c/harbour/{namespace}/deployments.apps/web"

    def read() -> str:
        return read_text(ConfirmPage(dashboard_server, "dana", path).open())

    wait_for(
        lambda: "Error: ImagePullBackOff" in read() and "image registry.example/web:2 not found." in read()
    )
    text = read()
    said = controlplane.kubectl(
        "rollout", "status", "deployment/web", "-n", namespace, "--watch=false"
    ).strip()
    assert f"Rollout {said}" in text
    assert f"1 of 1 new pod: ImagePullBackOff, image {IMAGE} not found." in text
    lines = text.partition("Name Revision Images Desired Current Ready Age")[2]
    assert 0 < lines.index(f" 2 {IMAGE} 1 1 0 ") < lines.index(f" 1 {OLD} 3 3 3 ")
    assert f"pod/{new['metadata']['name']} Error: ImagePullBackOff 3" in text
    assert "Rollout 2 does not go on" in text  # the tab, and how many pods are missing
    controlplane.kubectl("scale", "deployment/web", "--replicas=0", "-n", namespace)
    wait_for(lambda: "Available 0" in read() and "successfully rolled out" in read())
    assert "does not go on" not in read()


def test_the_tab_follows_the_rollout(controlplane, open_as, namespace):
    make(controlplane, "Deployment", namespace, pods={"main": {"image": OLD}})
    pods = wait_for_pods(controlplane, namespace, 3, OLD)
    page = open_as("dana", f"/c/harbour/{namespace}/deployments.apps/web")
    expect_state(page, "live")
    tab = page.get_by_role("navigation", name="Object views").get_by_role("link", name="Rollout")
    expect(tab).to_have_text("Rollout 3 in progress")
    for pod in pods[1:]:
        make_ready(controlplane, pod)
    expect(tab).to_have_text("Rollout 1 in progress")
    write_status(controlplane, pods[0], wait_state("ImagePullBackOff", NOT_FOUND))
    expect(tab).to_have_text("Rollout 1 does not go on")
    make_ready(controlplane, pods[0])
    expect(tab).to_have_text("Rollout")


def test_why_a_container_died_is_text_on_the_first_screen(controlplane, open_as, namespace):
    limits = {"resources": {"limits": {"memory": "128Mi"}}}
    make(controlplane, "StatefulSet", namespace, pods={"main": limits})
    (pod,) = wait_for_pods(controlplane, namespace, 1)
    state = wait_state("CrashLoopBackOff", "back-off 5m0s restarting failed container=main")
    write_status(controlplane, pod, state, lastState={"terminated": OUT_OF_MEMORY}, restartCount=6)
    warn(controlplane, pod, "BackOff", "Back-off restarting failed container main")
    page = open_as("dana", f"/c/harbour/{namespace}/pods/web-0", viewport={"width": 1440, "height": 900})
    expect_state(page, "live")
    notice = page.locator("#object-notice .notice.error")
    expect(notice).to_contain_text(
        "CrashLoopBackOff: container main was OOMKilled at its memory limit of 128Mi"
    )
    for words in (
        "back-off 5m0s restarting failed container=main",
        "OOMKilled, exit code 137, signal 9, memory limit 128Mi, started 2026-11-30T11:58:30Z, finished "
        "2026-11-30T12:00:00Z, ran for 1m 30s: out of memory",
        "BackOff: Back-off restarting failed container main",
    ):
        expect(notice).to_contain_text(words)
    box = notice.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900
    assert "\u202e" not in page.locator("main").inner_text()
    assert page.locator("main table [title]:not(time)").count() == 0
    assert find_violations(page) == []
    write_status(controlplane, pod, RUNNING, lastState={"terminated": OUT_OF_MEMORY}, restartCount=6)
    make_ready_again = json.loads(controlplane.kubectl("get", "pod", "web-0", "-n", namespace, "-o", "json"))[
        "status"
    ]
    ready = [{"type": "Ready", "status": "True", "lastTransitionTime": AT}]
    patch_status(controlplane, pod, {**make_ready_again, "conditions": ready})
    expect(page.locator("#object-notice .notice.info")).to_contain_text("It was restarted 6 times.")
    expect(page.locator("#object-notice")).to_contain_text("OOMKilled, exit code 137")
