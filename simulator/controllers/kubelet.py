"""Kubelet: pod lifecycle on a node from acceptance, image pull and start to restart and removal.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.containers import INIT, MAIN, NEW, RUNNING, SIDECAR, Run, runs_of
from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, Plane
from simulator.controllers.pod_status import pod_status
from simulator.controllers.pods import is_bound, is_going, is_over, is_true, parse_timestamp
from simulator.controllers.starts import begin, choose_behavior, pass_on
from simulator.store import Event, Object
from simulator.writing.deletion import DeleteOptions

NODES = ("", "nodes")
NAME = "kubelet"
CIDR = 1024  # addresses of a node's pods


def sync(plane: Plane, namespace: str, name: str) -> None:
    pod = plane.get(PODS, namespace, name)
    known: dict[str, tuple[str, list[Run]]] = plane.memory.setdefault(NAME, {})
    key = f"{namespace}/{name}"
    if pod is None or (is_over(pod) and not is_going(pod)):
        known.pop(key, None)
        return
    node = plane.get(NODES, "", pod["spec"].get("nodeName", ""))
    if node is None or not is_true(node, "Ready"):
        return  # no kubelet runs
    uid = pod["metadata"]["uid"]
    if known.get(key, ("",))[0] != uid:
        known[key] = uid, _start_runs(plane, pod)
    runs = known[key][1]
    if is_going(pod):
        _stop(plane, pod, runs)
        return
    if not (pod.get("status") or {}).get("startTime"):
        _accept_pod(plane, pod, runs)
    else:
        _go_on(plane, pod, runs)
    report_status(plane, pod, runs, node)
    moments = [one for run in runs if (one := run.next_change_at()) is not None]
    if moments:
        plane.requeue_after((NAME, key), min(moments) - plane.now)
    else:
        known.pop(key, None)  # well, and nothing is to come: its status says it all


def report_status(plane: Plane, pod: Object, runs: list[Run], node: Object) -> Object:
    addresses = {one["type"]: one["address"] for one in (node.get("status") or {}).get("addresses") or ()}
    host, old = addresses.get("InternalIP", ""), pod.get("status") or {}
    address = old.get("podIP", "")
    if not address and any(run.state not in (NEW,) for run in runs):
        address = host if pod["spec"].get("hostNetwork") else next_address(plane, node)
    return plane.set_status(PODS, pod, pod_status(pod, runs, plane.stamp(), address=address, host=host), NAME)


def next_address(plane: Plane, node: Object) -> str:
    """In the node's own range of addresses, one after the other."""
    name = node["metadata"]["name"]
    ranges: dict[str, list[int]] = plane.memory.setdefault("addresses", {})
    own = ranges.setdefault(name, [len(ranges), len(plane.index.list_pods_on(name))])
    own[1] = own[1] % (CIDR - 2) + 1
    return address_in(
        (node.get("spec") or {}).get("podCIDR") or f"10.{128 + own[0] // 64 % 128}.{own[0] * 4 % 256}.0/22",
        own[1],
    )


def address_in(cidr: str, number: int) -> str:
    first, second, third, fourth = (int(one) for one in cidr.partition("/")[0].split("."))
    third, fourth = third + (fourth + number) // 256, (fourth + number) % 256
    return f"{first}.{second + third // 256}.{third % 256}.{fourth}"


def _start_runs(plane: Plane, pod: Object) -> list[Run]:
    """Runs of a pod on its first sync, with their behavior."""
    runs = runs_of(pod)
    for run in runs:
        choose_behavior(plane, pod, run)
    return runs


def _accept_pod(plane: Plane, pod: Object, runs: list[Run]) -> None:
    accepted_at = plane.now + plane.random_between(*plane.pace.accept)
    for run in runs:
        run.state, run.state_ends_at = NEW, None
    runs[0].state_ends_at = accepted_at


def _go_on(plane: Plane, pod: Object, runs: list[Run]) -> None:
    """What is due now; and those that may begin, begin: init containers one by one, the others at once."""
    for run in runs:
        pass_on(plane, pod, run)
    for run in runs:
        if run.state == NEW and (run.state_ends_at is None or run.state_ends_at <= plane.now):
            begin(plane, pod, run)
        if run.kind in (INIT, SIDECAR) and not run.is_done():
            return


def _stop(plane: Plane, pod: Object, runs: list[Run]) -> None:
    """Stops its containers within the grace period, then deletes it."""
    stopping: dict[str, float] = plane.memory.setdefault("stopping", {})
    metadata = pod["metadata"]
    key = f"{metadata['namespace']}/{metadata['name']}"
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    running = [one for one in runs if one.state == RUNNING]
    if metadata["uid"] not in stopping:
        for run in running:
            path = (
                f"spec.containers{{{run.name}}}" if run.kind == MAIN else f"spec.initContainers{{{run.name}}}"
            )
            host = pod["spec"]["nodeName"]
            plane.record_event(pod, "Killing", f"Stopping container {run.name}", NAME, path=path, host=host)
        seconds = min(plane.random_between(*plane.pace.stop), float(grace)) if running else 0.0
        stopping[metadata["uid"]] = plane.now + seconds
    given = parse_timestamp(metadata["deletionTimestamp"])
    left = min(stopping[metadata["uid"]], given if grace else plane.now) - plane.now
    if left > 0:
        plane.requeue_after((NAME, key), left)
        return
    stopping.pop(metadata["uid"])
    plane.memory.get(NAME, {}).pop(key, None)
    if metadata.get("finalizers") and not is_over(pod):
        _end(plane, pod, runs)
    plane.delete(PODS, pod, DeleteOptions(grace=0, uid=metadata["uid"]))


def _end(plane: Plane, pod: Object, runs: list[Run]) -> None:
    """A pod with finalizers terminates nevertheless."""
    status: dict[str, Any] = dict(pod.get("status") or {}, phase="Failed")
    plane.set_status(PODS, pod, status, NAME)


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    """One that was bound, or is to go; what the kubelet itself has written is no news to it."""
    pod, was = event.object, event.previous
    if event.type == "DELETED":
        plane.memory.get(NAME, {}).pop(event.key, None)
        plane.memory.get("stopping", {}).pop(pod["metadata"]["uid"], None)
        return ()
    if not is_bound(pod):
        return ()
    is_news = was is None or not is_bound(was) or _desired_state(was) != _desired_state(pod)
    return (event.key,) if is_news else ()


def _desired_state(pod: Object) -> tuple[Any, ...]:
    metadata = pod["metadata"]
    return (
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        metadata.get("deletionGracePeriodSeconds"),
    )


def _map_node(plane: Plane, event: Event) -> Iterable[str]:
    """A node that is ready again syncs all of its pods."""
    was = event.previous
    if event.type == "DELETED" or not is_true(event.object, "Ready"):
        return ()
    if was is not None and is_true(was, "Ready"):
        return ()
    pods = plane.index.list_pods_on(event.object["metadata"]["name"])
    return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in pods]


CONTROLLER = Controller(NAME, {PODS: _map_pod, NODES: _map_node}, sync)
