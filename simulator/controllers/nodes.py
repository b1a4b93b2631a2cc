"""Node lifecycle controller: heartbeats, unreachable nodes, taints and eviction of their pods.

A node whose kubelet is stopped is Unknown after 40 s, tainted, and its pods go when they no longer
tolerate that: https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, Plane
from simulator.controllers.pods import condition, is_going, is_over, is_true, parse_timestamp, set_condition
from simulator.controllers.scheduler import tolerates
from simulator.store import Event, Object
from simulator.writing.deletion import DeleteOptions

NODES = ("", "nodes")
NAME = "node-controller"
GRACE_SECONDS = 40.0  # --node-monitor-grace-period, 50 s from 1.32 on less what a sweep takes
HEARTBEAT_SECONDS = 300.0  # how often a kubelet writes a status in which nothing changed
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
EFFECTS = ("NoSchedule", "NoExecute")
HEALTHY_CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}
UNKNOWN_CONDITION = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")


def sync(plane: Plane, namespace: str, name: str) -> None:
    node = plane.get(NODES, "", name)
    if node is None:
        _collect(plane, name)
        return
    since = stopped_kubelets(plane).get(name)
    if since is None:
        node = _send_heartbeat(plane, node)
    elif plane.now - since >= GRACE_SECONDS - 0.01:
        node = _unknown(plane, node)
    else:
        plane.requeue_after((NAME, f"/{name}"), since + GRACE_SECONDS - plane.now)
    node = _taint(plane, node)
    _evict(plane, node)


def _collect(plane: Plane, name: str) -> None:
    """Pod garbage collector: removes the pods of a deleted node after a while."""
    gone: dict[str, float] = plane.memory.setdefault("gone", {})
    pods = plane.index.list_pods_on(name)
    since = gone.setdefault(name, plane.now)
    if pods and plane.now - since < GRACE_SECONDS - 0.01:
        plane.requeue_after((NAME, f"/{name}"), since + GRACE_SECONDS - plane.now)
        return
    gone.pop(name)
    for pod in pods:
        plane.delete(PODS, pod, DeleteOptions(grace=0))


def stopped_kubelets(plane: Plane) -> dict[str, float]:
    """By node, the time since when its kubelet is stopped."""
    found: dict[str, float] = plane.memory.setdefault("stopped", {})
    return found


def stop_kubelet(plane: Plane, name: str) -> None:
    """From now on its kubelet says nothing (a cable, a kernel, a power supply)."""
    stopped_kubelets(plane)[name] = plane.now
    plane.enqueue((NAME, f"/{name}"))


def restart_kubelet(plane: Plane, name: str) -> None:
    stopped_kubelets(plane).pop(name, None)
    plane.enqueue((NAME, f"/{name}"))


def _send_heartbeat(plane: Plane, node: Object) -> Object:
    """The kubelet's own report, when the last is old or says otherwise."""
    key = (NAME, f"/{node['metadata']['name']}")
    ready = condition(node, "Ready")
    is_well = ready is not None and ready["status"] == "True"
    age = plane.now - parse_timestamp((ready or {}).get("lastHeartbeatTime"))
    if is_well and age < HEARTBEAT_SECONDS - 0.01:
        plane.requeue_after(key, HEARTBEAT_SECONDS - age)
        return node
    now, status = plane.stamp(), _first_report(plane, node)
    conditions = status.get("conditions") or []
    for kind, (word, reason, message) in HEALTHY_CONDITIONS.items():
        new = {"type": kind, "status": word, "lastHeartbeatTime": now, "lastTransitionTime": now}
        conditions = set_condition(conditions, new | {"reason": reason, "message": message})
    plane.requeue_after(key, HEARTBEAT_SECONDS)
    if not is_well:
        _record_event(
            plane, node, "NodeReady", f"Node {node['metadata']['name']} status is now: NodeReady", "kubelet"
        )
    return plane.set_status(NODES, node, status | {"conditions": conditions}, "kubelet")


def _first_report(plane: Plane, node: Object) -> dict[str, Any]:
    """What a kubelet says of a node that came without: its addresses, its versions, what it has to give."""
    status, name = dict(node.get("status") or {}), node["metadata"]["name"]
    if not status.get("addresses"):
        known: dict[str, int] = plane.memory.setdefault("hosts", {})
        number = known.setdefault(name, len(known) + 1)
        address = f"192.168.{number // 250}.{number % 250 + 1}"
        status["addresses"] = [
            {"type": "InternalIP", "address": address},
            {"type": "Hostname", "address": name},
        ]
    if not (status.get("nodeInfo") or {}).get("kubeletVersion"):
        new = {"kubeletVersion": plane.cluster.archive.release["gitVersion"], "operatingSystem": "linux"}
        new |= {"architecture": "amd64", "containerRuntimeVersion": "containerd://2.1.4"}
        new |= {"osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0-26-cloud-amd64"}
        status["nodeInfo"] = (status.get("nodeInfo") or {}) | new
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = status["capacity"]
    return status


def _unknown(plane: Plane, node: Object) -> Object:
    """Sets the conditions Unknown, and its pods not ready."""
    ready = condition(node, "Ready")
    if ready is not None and ready["status"] == "Unknown":
        return node
    now, status = plane.stamp(), node.get("status") or {}
    conditions = status.get("conditions") or []
    for kind in HEALTHY_CONDITIONS:
        word, reason, message = UNKNOWN_CONDITION
        beat = (condition(node, kind) or {}).get("lastHeartbeatTime", now)
        new = {"type": kind, "status": word, "lastHeartbeatTime": beat, "lastTransitionTime": now}
        conditions = set_condition(conditions, new | {"reason": reason, "message": message})
    node = plane.set_status(NODES, node, status | {"conditions": conditions})
    _record_event(
        plane, node, "NodeNotReady", f"Node {node['metadata']['name']} status is now: NodeNotReady", NAME
    )
    for pod in plane.index.list_pods_on(node["metadata"]["name"]):
        if is_over(pod) or not is_true(pod, "Ready"):
            continue
        new = {"type": "Ready", "status": "False", "lastProbeTime": None, "lastTransitionTime": now}
        found = set_condition(pod["status"]["conditions"], new)
        plane.set_status(PODS, pod, pod["status"] | {"conditions": found})
        plane.record_event(pod, "NodeNotReady", "Node is not ready", NAME, warning=True)
    return node


def _taint(plane: Plane, node: Object) -> Object:
    """By its conditions, and by unschedulable."""
    ready = condition(node, "Ready") or {"status": "Unknown"}
    key = {"True": "", "False": NOT_READY}.get(ready["status"], UNREACHABLE)
    old = (node.get("spec") or {}).get("taints") or []
    own = (NOT_READY, UNREACHABLE, UNSCHEDULABLE)
    taints = [one for one in old if one["key"] not in own]
    if (node.get("spec") or {}).get("unschedulable"):
        taints += _find_or_add_taint(plane, old, UNSCHEDULABLE, "NoSchedule")
    for effect in EFFECTS if key else ():
        taints += _find_or_add_taint(plane, old, key, effect)
    if taints == old:
        return node

    def tainted(node: Object) -> Object:
        spec = {name: value for name, value in (node.get("spec") or {}).items() if name != "taints"}
        return node | {"spec": spec | ({"taints": taints} if taints else {})}

    return plane.update(NODES, node, tainted)


def _find_or_add_taint(
    plane: Plane, old: list[dict[str, Any]], key: str, effect: str
) -> list[dict[str, Any]]:
    """With the time since when it stands."""
    there = [one for one in old if (one["key"], one["effect"]) == (key, effect)]
    return there or [{"key": key, "effect": effect, "timeAdded": plane.stamp()}]


def _evict(plane: Plane, node: Object) -> None:
    """Pods go when they do not tolerate a NoExecute taint (any longer)."""
    taints = [one for one in (node.get("spec") or {}).get("taints") or () if one["effect"] == "NoExecute"]
    if not taints:
        return
    waits = []
    for pod in plane.index.list_pods_on(node["metadata"]["name"]):
        if is_going(pod) or is_over(pod):
            continue
        left = min(_remaining_toleration(plane, pod, taint) for taint in taints)
        if left > 0:
            waits.append(left)
            continue
        metadata = pod["metadata"]
        text = f"Marking for deletion Pod {metadata['namespace']}/{metadata['name']}"
        plane.record_event(pod, "TaintManagerEviction", text, "taint-eviction-controller")
        plane.delete(PODS, pod)
    finite = [one for one in waits if one != float("inf")]
    if finite:
        plane.requeue_after((NAME, f"/{node['metadata']['name']}"), min(finite))


def _remaining_toleration(plane: Plane, pod: Object, taint: dict[str, Any]) -> float:
    """Seconds for which it still tolerates it."""
    bearing = [one for one in pod["spec"].get("tolerations") or () if tolerates([one], taint)]
    if not bearing:
        return 0.0
    bounded = [one["tolerationSeconds"] for one in bearing if one.get("tolerationSeconds") is not None]
    if not bounded:
        return float("inf")
    since = parse_timestamp(taint.get("timeAdded")) or plane.now
    return max(float(since + min(bounded) - plane.now), 0.0)


def _record_event(plane: Plane, node: Object, reason: str, message: str, component: str) -> None:
    plane.record_event(node, reason, message, component, host=node["metadata"]["name"])


def _map_node(plane: Plane, event: Event) -> Iterable[str]:
    if event.type == "DELETED":
        stopped_kubelets(plane).pop(event.key[1:], None)
    return (event.key,)


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    """The node of a pod that has just been bound, which may have to be evicted."""
    node = event.object["spec"].get("nodeName", "")
    was = ((event.previous or {}).get("spec") or {}).get("nodeName", "")
    return (f"/{node}",) if node and node != was and event.type != "DELETED" else ()


CONTROLLER = Controller(NAME, {NODES: _map_node, PODS: _map_pod}, sync)
