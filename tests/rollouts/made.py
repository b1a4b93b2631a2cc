"""Workloads whose pods no scheduler and no kubelet touches, and what a kubelet would say about them, by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.actions.pages import build_workload
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for

IMAGE = "registry.example/web:2"
AT = "2026-11-30T12:00:00Z"
RUNNING = {"running": {"startedAt": AT}}
CREATING = {"waiting": {"reason": "ContainerCreating"}}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": AT}


def make(
    plane: ControlPlane, kind: str, namespace: str, *, pods: dict[str, Any] | None = None, **spec: Any
) -> None:
    """A workload `web` with 3 replicas, and `pods` in its PodSpec; nothing schedules its pods."""
    main = {"name": "main", "image": IMAGE, **(pods or {}).pop("main", {})}
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"schedulerName": "by-hand", "containers": [main], **(pods or {})},
    }
    replicas = {} if kind == "DaemonSet" else {"replicas": 3}
    plane.create([build_workload(kind, namespace, **{"template": template, **replicas, **spec})])


def list_pods(plane: ControlPlane, namespace: str, image: str = IMAGE) -> list[dict[str, Any]]:
    """The pods of `web` with that image, by name."""
    found = json.loads(plane.kubectl("get", "pods", "-n", namespace, "-l", "app=web", "-o", "json"))["items"]
    return [one for one in found if one["spec"]["containers"][0]["image"] == image]


def wait_for_pods(
    plane: ControlPlane, namespace: str, number: int, image: str = IMAGE
) -> list[dict[str, Any]]:
    wait_for(lambda: len(list_pods(plane, namespace, image)) == number)
    return list_pods(plane, namespace, image)


def write_status(
    plane: ControlPlane,
    pod: dict[str, Any],
    state: dict[str, Any],
    *,
    conditions: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> None:
    """The status of its container `main`, as a kubelet would write it."""
    is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    container = {
        "name": "main",
        "image": IMAGE,
        "imageID": "",
        "ready": is_ready,
        "restartCount": 0,
        "state": state,
    }
    status = {
        "phase": "Running" if "running" in state else "Pending",
        "conditions": list(conditions),
        "containerStatuses": [{**container, **more}],
    }
    patch_status(plane, pod, status)


def patch_status(plane: ControlPlane, pod: dict[str, Any], status: dict[str, Any]) -> None:
    metadata = pod["metadata"]
    body = json.dumps({"status": status})
    plane.kubectl(
        "patch",
        "pod",
        metadata["name"],
        "-n",
        metadata["namespace"],
        "--subresource=status",
        "--type=merge",
        "-p",
        body,
    )


def make_ready(plane: ControlPlane, pod: dict[str, Any]) -> None:
    write_status(plane, pod, RUNNING, conditions=[READY, {**READY, "type": "ContainersReady"}])


def warn(plane: ControlPlane, pod: dict[str, Any], reason: str, message: str) -> None:
    """A warning of the kubelet about this pod."""
    metadata = pod["metadata"]
    about = {
        "kind": "Pod",
        "apiVersion": "v1",
        **{key: metadata[key] for key in ("name", "namespace", "uid")},
    }
    plane.create(
        [
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {
                    "name": f"{metadata['name']}.{reason.lower()}",
                    "namespace": metadata["namespace"],
                },
                "involvedObject": about,
                "type": "Warning",
                "reason": reason,
                "message": message,
                "firstTimestamp": AT,
                "lastTimestamp": AT,
                "count": 3,
                "source": {"component": "kubelet"},
            }
        ]
    )
