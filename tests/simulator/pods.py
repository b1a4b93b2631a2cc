"""Pods for the tests of logs, exec, evictions and metrics."""

from __future__ import annotations

from typing import Any

from simulator.cluster import Cluster

Object = dict[str, Any]


def node(name: str = "node-1") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}, "capacity": {"cpu": "4", "memory": "8Gi"}},
    }


def running_pod(
    cluster: Cluster,
    name: str,
    *containers: str,
    age: float = 100,
    image: str = "registry.example/i:1",
    **more: Any,
) -> Object:
    """On node-1, since `age` seconds; `more` goes into its metadata."""
    names = containers or ("c",)
    started_at = cluster.clock.format_timestamp(cluster.clock.seconds() - age)
    states = [container_state(one, running={"startedAt": started_at}) for one in names]
    requests = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}} | more,
        "spec": {
            "nodeName": "node-1",
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": one, "image": image, "resources": requests} for one in names],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": states,
        },
    }


def container_state(name: str, *, restarts: int = 0, last: Object | None = None, **state: Any) -> Object:
    """`state` is running, waiting or terminated; `last` the terminated state before it."""
    found = {"name": name, "restartCount": restarts, "ready": "running" in state, "state": state}
    return found | ({"lastState": {"terminated": last}} if last else {})


def replace_states(pod: Object, *states: Object) -> Object:
    """The same pod with other states of its containers."""
    return pod | {"status": pod["status"] | {"containerStatuses": list(states)}}
