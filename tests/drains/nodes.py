"""Nodes of drain tests: tainted, so that only what a test puts there runs there; their pods and evictions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.actions.pages import get_object
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubeconfigs import ADMIN
from tests.dashboard_server import wait_for

TAINT = {"key": "example.com/drain-test", "effect": "NoSchedule"}


def make_node(plane: ControlPlane, name: str, *, pods: int = 500) -> None:
    """With room for so many pods: the scheduler sends none to a node that has none, tainted or not."""
    resources = {"cpu": "100", "memory": "640Gi", "pods": str(pods)}
    plane.create(
        [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
                "spec": {"taints": [TAINT]},
                "status": {"allocatable": resources, "capacity": resources},
            }
        ]
    )


def remove_nodes(plane: ControlPlane, *names: str) -> None:
    plane.kubectl("delete", "node", *names, "--ignore-not-found", "--wait=false")


def make_owner(plane: ControlPlane, namespace: str) -> dict[str, Any]:
    """A controller reference that is there, and controls nothing: its pods are not created again."""
    plane.create(
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": namespace}}]
    )
    uid = get_object(plane, "configmap", "owner", namespace)["metadata"]["uid"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid, "controller": True}


def build_pod(
    namespace: str,
    name: str,
    node: str,
    *,
    owner: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    finalizers: tuple[str, ...] = (),
    has_empty_dir: bool = False,
) -> dict[str, Any]:
    """A pod that the scheduler has no say in."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict(labels or {"app": "drained"}),
            "annotations": dict(annotations or {}),
            "finalizers": list(finalizers),
            "ownerReferences": [dict(owner)] if owner else [],
        },
        "spec": {
            "nodeName": node,
            "tolerations": [{"operator": "Exists"}],
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "main", "image": "registry.example/main:1"}],
            "volumes": [{"name": "scratch", "emptyDir": {}}] if has_empty_dir else [],
        },
    }


def build_budget(namespace: str, name: str, *, minimum: int, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"minAvailable": minimum, "selector": {"matchLabels": dict(labels)}},
    }


def list_pods(plane: ControlPlane, node: str) -> set[str]:
    """The names of the pods on a node."""
    found = json.loads(
        plane.kubectl("get", "pods", "-A", "-o", "json", f"--field-selector=spec.nodeName={node}")
    )
    return {one["metadata"]["name"] for one in found["items"]}


def wait_until_running(plane: ControlPlane, node: str, count: int) -> None:
    def are_running() -> bool:
        found = json.loads(
            plane.kubectl("get", "pods", "-A", "-o", "json", f"--field-selector=spec.nodeName={node}")
        )
        ready = [
            one
            for one in found["items"]
            if any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in one["status"].get("conditions", [])
            )
        ]
        return len(ready) >= count

    wait_for(are_running, message=f"{count} pods on {node} did not become ready")


def run_kubectl(plane: ControlPlane, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With what it says on standard error, whatever its exit code."""
    command = [str(plane.binaries.kubectl), "--kubeconfig", str(plane.kubeconfig(ADMIN)), *arguments]
    environment = {"HOME": str(plane.directory), "KUBERC": "off", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


def list_evictions(plane: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    """Evictions in a namespace, of the API server's own audit log, with `at` in seconds."""
    found = []
    for line in plane.audit_log.read_text().splitlines():
        if '"subresource":"eviction"' not in line or f'"namespace":"{namespace}"' not in line:
            continue
        entry = json.loads(line)
        if entry["stage"] != "ResponseComplete":
            continue
        at = datetime.fromisoformat(entry["requestReceivedTimestamp"]).timestamp()
        found.append({"pod": entry["objectRef"]["name"], "at": at, "code": entry["responseStatus"]["code"]})
    return found
