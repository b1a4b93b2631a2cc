"""Endpoints controller: EndpointSlices (and Endpoints) of Services from the pods that they select.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS, REPLICA_SETS, controller_reference
from simulator.controllers.plane import Controller, Plane
from simulator.controllers.pods import is_going, is_over, is_ready
from simulator.store import Event, Object

SERVICES, SLICES = ("", "services"), ("discovery.k8s.io", "endpointslices")
ENDPOINTS, NODES = ("", "endpoints"), ("", "nodes")
NAME = "endpointslice-controller"
SERVICE, MANAGED_BY = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time"
HEADLESS = "service.kubernetes.io/headless"
LARGEST = 100  # endpoints of one slice
LARGEST_OLD = 1000  # addresses of an Endpoints; the rest is left out, as there
PLAIN_SEARCH = 2000  # pods of a namespace up to which all are searched, whoever owns them
OWNERS = (REPLICA_SETS, ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs"))
DELAY = 0.2  # seconds in which changes are gathered


def sync(plane: Plane, namespace: str, name: str) -> None:
    service = plane.get(SERVICES, namespace, name)
    if service is None or is_going(service) or not (service.get("spec") or {}).get("selector"):
        return
    pods = [
        one
        for one in select_pods(plane, service)
        if (one.get("status") or {}).get("podIP") and not is_over(one)
    ]
    _slices(plane, service, pods)
    _update_endpoints(plane, service, [one for one in pods if not is_going(one)])


def select_pods(plane: Plane, service: Object) -> list[Object]:
    """Pods that its selector chooses; in a crowded namespace by the labels of their owners' templates."""
    namespace, selector = service["metadata"]["namespace"], service["spec"]["selector"].items()
    store = plane.cluster.store
    everything, left = store.page(PODS, namespace, f"{namespace}/", PLAIN_SEARCH)
    if left:
        owners = [
            owner
            for storage in OWNERS
            for owner in store.items(storage, namespace)
            if selector
            <= (((owner["spec"].get("template") or {}).get("metadata") or {}).get("labels") or {}).items()
        ]
        everything = [pod for owner in owners for pod in plane.index.list_owned(owner, PODS)]
        everything += plane.index.list_orphans(PODS, namespace)
    return [one for one in everything if selector <= (one["metadata"].get("labels") or {}).items()]


def _slices(plane: Plane, service: Object, pods: list[Object]) -> None:
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    known = [
        one
        for one in plane.index.list_owned(service, SLICES)
        if (one["metadata"].get("labels") or {}).get(SERVICE) == name
    ]
    endpoints = [_endpoint(plane, service, one) for one in pods]
    parts = [endpoints[at : at + LARGEST] for at in range(0, len(endpoints), LARGEST)] or [[]]
    for number, part in enumerate(parts):
        desired = slice_of(service, part, _ports(service, pods))
        if number >= len(known):
            desired["metadata"]["annotations"] = {LAST_CHANGE: plane.stamp()}
            plane.create(SLICES, namespace, desired)
        elif _content(known[number]) != _content(desired):
            plane.update(SLICES, known[number], functools.partial(_update_slice, plane, desired))
    for one in known[len(parts) :]:
        plane.delete(SLICES, one)


def slice_of(service: Object, endpoints: list[Any], ports: list[Any]) -> Object:
    metadata, spec = service["metadata"], service["spec"]
    labels = dict(metadata.get("labels") or {})
    labels |= {SERVICE: metadata["name"], MANAGED_BY: "endpointslice-controller.k8s.io"}
    if spec.get("clusterIP") == "None":
        labels[HEADLESS] = ""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [controller_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    }


def _endpoint(plane: Plane, service: Object, pod: Object) -> dict[str, Any]:
    serving, going = is_ready(pod), is_going(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not going)
    node = pod["spec"].get("nodeName", "")
    found: dict[str, Any] = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": going},
        "targetRef": _reference(pod),
    }
    hostname = pod["spec"].get("hostname")
    if hostname and pod["spec"].get("subdomain") == service["metadata"]["name"]:
        found["hostname"] = hostname
    if node:
        found["nodeName"] = node
        labels = ((plane.get(NODES, "", node) or {"metadata": {}})["metadata"]).get("labels") or {}
        if zone := labels.get("topology.kubernetes.io/zone"):
            found["zone"] = zone
    return found


def _reference(pod: Object) -> dict[str, str]:
    metadata = pod["metadata"]
    return {
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _ports(service: Object, pods: list[Object]) -> list[dict[str, Any]]:
    """Named target ports are those of the first pod."""
    found = []
    for one in service["spec"].get("ports") or ():
        target = one.get("targetPort", one["port"])
        if isinstance(target, str):
            target = _find_named_port(pods[0], target) if pods else None
        if target is not None:
            port = {"name": one.get("name", ""), "protocol": one.get("protocol", "TCP"), "port": target}
            found.append(port | ({"appProtocol": one["appProtocol"]} if one.get("appProtocol") else {}))
    return found


def _find_named_port(pod: Object, name: str) -> int | None:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == name:
                return int(port["containerPort"])
    return None


def _content(one: Object) -> Any:
    return one["metadata"].get("labels"), one.get("endpoints") or [], one.get("ports") or []


def _update_slice(plane: Plane, desired: Object, old: Object) -> Object:
    annotations = dict(old["metadata"].get("annotations") or {}) | {LAST_CHANGE: plane.stamp()}
    metadata = old["metadata"] | {"labels": desired["metadata"]["labels"], "annotations": annotations}
    return old | {"metadata": metadata, "endpoints": desired["endpoints"], "ports": desired["ports"]}


def _update_endpoints(plane: Plane, service: Object, pods: list[Object]) -> None:
    """v1 Endpoints, deprecated and still maintained."""
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    labels = dict(service["metadata"].get("labels") or {})
    labels |= {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    if service["spec"].get("clusterIP") == "None":
        labels[HEADLESS] = ""
    subsets = old_subsets(service, pods[:LARGEST_OLD], _ports(service, pods))
    found = plane.get(ENDPOINTS, namespace, name)
    if found is None:
        metadata = {"name": name, "labels": labels, "annotations": {LAST_CHANGE: plane.stamp()}}
        plane.create(ENDPOINTS, namespace, {"metadata": metadata, "subsets": subsets or None})
    elif (found.get("subsets") or []) != subsets:

        def changed(old: Object) -> Object:
            annotations = dict(old["metadata"].get("annotations") or {}) | {LAST_CHANGE: plane.stamp()}
            metadata = old["metadata"] | {"annotations": annotations, "labels": labels}
            return {key: value for key, value in old.items() if key != "subsets"} | {
                "metadata": metadata,
                **({"subsets": subsets} if subsets else {}),
            }

        plane.update(ENDPOINTS, found, changed)


def old_subsets(service: Object, pods: list[Object], ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    plain = [{key: one[key] for key in ("name", "port", "protocol") if one.get(key)} for one in ports]
    found: dict[str, Any] = {}
    always = bool(service["spec"].get("publishNotReadyAddresses"))
    for key, chosen in (("addresses", True), ("notReadyAddresses", False)):
        addresses = [
            {
                "ip": one["status"]["podIP"],
                "nodeName": one["spec"].get("nodeName"),
                "targetRef": _reference(one),
            }
            for one in pods
            if (is_ready(one) or always) == chosen
        ]
        if addresses:
            found[key] = sorted(addresses, key=lambda one: one["ip"])
    return [found | ({"ports": plain} if plain else {})] if found else []


def _map_service(plane: Plane, event: Event) -> Iterable[str]:
    return () if event.type == "DELETED" else (event.key,)


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    """The Services that choose it, or did; a moment later, when more may have changed."""
    pod = event.object
    namespace = pod["metadata"]["namespace"]
    labels = (pod["metadata"].get("labels") or {}).items()
    before = ((event.previous or {"metadata": {}})["metadata"].get("labels") or {}).items()
    if (
        event.type == "MODIFIED"
        and event.previous is not None
        and _endpoint_fields(event.previous) == _endpoint_fields(pod)
    ):
        return ()
    for service in plane.cluster.store.items(SERVICES, namespace):
        selector = ((service.get("spec") or {}).get("selector") or {}).items()
        if selector and (selector <= labels or selector <= before):
            plane.requeue_after((NAME, f"{namespace}/{service['metadata']['name']}"), DELAY)
    return ()


def _endpoint_fields(pod: Object) -> Any:
    status = pod.get("status") or {}
    return pod["metadata"].get("labels"), status.get("podIP"), is_ready(pod), is_going(pod), is_over(pod)


CONTROLLER = Controller(NAME, {SERVICES: _map_service, PODS: _map_pod}, sync)
