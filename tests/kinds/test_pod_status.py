"""Pod status: what our rules say equals what a real `kubectl get pods` prints, over odd states."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.kinds.pod_status import read_pod_status
from dashboard.kinds.table.pods import state
from tests.controlplane.controlplane import ControlPlane

NAMESPACE = "pod-status"
RUNNING = {"running": {}}
INITIALIZED = {"type": "Initialized", "status": "True"}
READY = {"type": "Ready", "status": "True"}


def container(name: str = "a", state: Any = RUNNING, **more: Any) -> dict[str, Any]:
    held = {"name": name, "image": "x", "imageID": "x", "ready": state == RUNNING, "restartCount": 0}
    return held | {"state": state, "started": state == RUNNING} | more


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def ended(code: int, reason: str = "", signal: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"exitCode": code}
    return {
        "terminated": found | ({"reason": reason} if reason else {}) | ({"signal": signal} if signal else {})
    }


# name -> (init containers with whether each is a sidecar, the status)
STATES: dict[str, tuple[dict[str, bool], dict[str, Any]]] = {
    "pending": ({}, {"phase": "Pending"}),
    "gated": (
        {},
        {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
        },
    ),
    "creating": (
        {},
        {"phase": "Pending", "containerStatuses": [container(state=waiting("ContainerCreating"))]},
    ),
    "running": ({}, {"phase": "Running", "conditions": [READY], "containerStatuses": [container()]}),
    "not-ready": ({}, {"phase": "Running", "containerStatuses": [container(ready=False)]}),
    "crash-loop": (
        {},
        {
            "phase": "Running",
            "containerStatuses": [container(state=waiting("CrashLoopBackOff"), restartCount=7)],
        },
    ),
    "exit-code": ({}, {"phase": "Failed", "containerStatuses": [container(state=ended(3))]}),
    "signal": ({}, {"phase": "Failed", "containerStatuses": [container(state=ended(137, signal=9))]}),
    "oom": ({}, {"phase": "Failed", "containerStatuses": [container(state=ended(137, "OOMKilled"))]}),
    "evicted": ({}, {"phase": "Failed", "reason": "Evicted"}),
    "completed": ({}, {"phase": "Succeeded", "containerStatuses": [container(state=ended(0, "Completed"))]}),
    "half-completed": (
        {},
        {
            "phase": "Running",
            "conditions": [READY],
            "containerStatuses": [container(), container("b", ended(0, "Completed"))],
        },
    ),
    "half-completed-not-ready": (
        {},
        {"phase": "Running", "containerStatuses": [container(), container("b", ended(0, "Completed"))]},
    ),
    "init-first": (
        {"i": False, "j": False},
        {
            "phase": "Pending",
            "initContainerStatuses": [container("i"), container("j", waiting("PodInitializing"))],
            "containerStatuses": [container(state=waiting("PodInitializing"))],
        },
    ),
    "init-second": (
        {"i": False, "j": False},
        {
            "phase": "Pending",
            "initContainerStatuses": [container("i", ended(0, "Completed")), container("j")],
        },
    ),
    "init-crash": (
        {"i": False},
        {
            "phase": "Pending",
            "initContainerStatuses": [container("i", waiting("CrashLoopBackOff"), restartCount=7)],
            "containerStatuses": [container(state=waiting("PodInitializing"))],
        },
    ),
    "init-exit-code": (
        {"i": False},
        {"phase": "Failed", "initContainerStatuses": [container("i", ended(2))]},
    ),
    "init-error": (
        {"i": False},
        {"phase": "Failed", "initContainerStatuses": [container("i", ended(2, "Error"))]},
    ),
    "sidecar": (
        {"side": True},
        {
            "phase": "Running",
            "conditions": [INITIALIZED, READY],
            "initContainerStatuses": [container("side", restartCount=3)],
            "containerStatuses": [container()],
        },
    ),
    "sidecar-starting": (
        {"side": True},
        {"phase": "Pending", "initContainerStatuses": [container("side", started=False, ready=False)]},
    ),
    "sidecar-killed-after-job": (
        {"side": True},
        {
            "phase": "Succeeded",
            "conditions": [INITIALIZED],
            "initContainerStatuses": [container("side", ended(137, "Error"), started=False)],
            "containerStatuses": [container(state=ended(0, "Completed"))],
        },
    ),
    "sidecar-crash": (
        {"side": True, "i": False},
        {
            "phase": "Running",
            "conditions": [INITIALIZED],
            "initContainerStatuses": [
                container("side", waiting("CrashLoopBackOff"), restartCount=4),
                container("i", ended(0, "Completed"), restartCount=2),
            ],
            "containerStatuses": [container(restartCount=1)],
        },
    ),
}


@pytest.fixture(scope="module")
def odd_pods(controlplane: ControlPlane) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Name -> (the Pod, the words of READY, STATUS and RESTARTS that kubectl prints)."""
    controlplane.kubectl("create", "namespace", NAMESPACE)
    pods = [build_pod(name, initial) for name, (initial, _status) in STATES.items()]
    controlplane.create(pods)
    for name, (_initial, status) in STATES.items():
        patch = json.dumps({"status": status})
        controlplane.kubectl(
            *("patch", "pod", name, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", patch)
        )
    found = json.loads(controlplane.kubectl("get", "pods", "-n", NAMESPACE, "-o", "json"))["items"]
    lines = controlplane.kubectl("get", "pods", "-n", NAMESPACE, "--no-headers").splitlines()
    printed = {line.split()[0]: line.split()[1:4] for line in lines}
    return {pod["metadata"]["name"]: (pod, printed[pod["metadata"]["name"]]) for pod in found}


def build_pod(name: str, initial: dict[str, bool]) -> dict[str, Any]:
    """One that no scheduler takes, so that its status stays as it is written."""
    inits = [
        {"name": one, "image": "x"} | ({"restartPolicy": "Always"} if side else {})
        for one, side in initial.items()
    ]
    statuses = STATES[name][1].get("containerStatuses", [container()])
    spec = {
        "schedulerName": "nobody",
        "initContainers": inits,
        "containers": [{"name": one["name"], "image": "x"} for one in statuses],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


@pytest.mark.parametrize("name", STATES)
def test_it_says_what_kubectl_prints(
    odd_pods: dict[str, tuple[dict[str, Any], list[str]]], name: str
) -> None:
    pod, printed = odd_pods[name]
    status = read_pod_status(pod)
    assert [f"{status.ready}/{status.total}", status.reason, str(status.restarts)] == printed
    assert state(pod).word == printed[1]


def test_a_pod_that_goes_says_so() -> None:
    going = {"metadata": {"deletionTimestamp": "2026-11-30T10:00:00Z"}, "status": {"phase": "Running"}}
    assert read_pod_status(going).reason == "Terminating"
    done = going | {"status": {"phase": "Succeeded"}}
    assert read_pod_status(done).reason == "Succeeded"
    lost = going | {"status": {"phase": "Running", "reason": "NodeLost"}}
    assert read_pod_status(lost).reason == "Unknown"
