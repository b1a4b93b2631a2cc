"""What does metrics.k8s.io answer? NodeMetrics and PodMetrics, as metrics-server writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from simulator.cluster import Cluster
from simulator.metrics.usage import Used
from simulator.quantities import quantity
from simulator.reading.options import read_options
from simulator.reading.shapes import partial
from simulator.requests.answers import answer
from simulator.requests.call import Call
from simulator.requests.negotiation import Form, accepted
from simulator.requests.statuses import not_found, refusal
from simulator.schemas.resources import Object, Resource

PODS, NODES = ("", "pods"), ("", "nodes")
GROUP = "metrics.k8s.io"
WINDOW = 15  # seconds between two scrapes
PAGE = 4096  # bytes: memory is used by the page
SYSTEM = Used(80.0, 400 * 2**20)  # what a node itself uses
COLUMNS = [
    {"name": name, "type": "string", "format": form, "description": about, "priority": 0}
    for name, form, about in (
        ("Name", "name", "Name of the resource"),
        ("cpu", "quantity", ""),
        ("memory", "quantity", ""),
        ("Window", "duration", ""),
    )
]


async def get_measured(call: Call) -> web.StreamResponse:
    """One pod or node; raises 404 where there is none, or nothing is known of it."""
    form = accepted(call.headers.get("Accept", ""), ("Table",))
    name = call.info.name
    if call.cluster.store.get(_storage(call), call.namespace, name) is None:
        which = "pods" if call.resource.is_namespaced else "node"
        raise refusal(404, f'{which} "{name}" not found', {"name": name, "kind": which})
    found = next(_measured(call, name), None)
    if found is None:
        qualified = "podmetrics" if call.resource.is_namespaced else "nodemetrics"
        path = f"{call.info.namespace}/{name}" if call.resource.is_namespaced else name
        raise not_found(Resource(GROUP, "v1beta1", qualified, "", "", True, ()), path)
    if form.shape == "Table":
        return await answer(call, _table(call, form, [found]), media=form.media)
    return await answer(call, _head(call.resource.kind) | found, media=form.media)


async def list_measured(call: Call) -> web.StreamResponse:
    """By labels and by name, in one page."""
    form = accepted(call.headers.get("Accept", ""), ("Table",))
    selection = read_options(call.query, call.resource).selection
    items = [one for one in _measured(call) if selection.holds(one)]
    if form.shape == "Table":
        return await answer(call, _table(call, form, items), media=form.media)
    found = _head(call.resource.list_kind) | {"metadata": {}, "items": items}
    return await answer(call, found, media=form.media)


async def refuse_watch(call: Call) -> web.StreamResponse:
    """metrics-server has none: who wants to know asks again."""
    kind = call.resource.plural
    message = f'watch is not supported on resources of kind "{kind}.{GROUP}"'
    raise refusal(405, message, {"group": GROUP, "kind": kind})


def _head(kind: str) -> Object:
    return {"kind": kind, "apiVersion": f"{GROUP}/v1beta1"}


def _storage(call: Call) -> tuple[str, str]:
    return PODS if call.resource.plural == "pods" else NODES


def _measured(call: Call, name: str = "") -> Iterator[Object]:
    """Of all in the namespace or cluster, or of the one with that name, without kind and apiVersion."""
    cluster = call.cluster
    storage, namespace = _storage(call), call.namespace
    one = cluster.store.get(storage, namespace, name) if name else None
    things = cluster.store.items(storage, namespace) if not name else [one] if one else []
    of_nodes = _by_node(cluster, name) if storage == NODES else {}
    for thing in things:
        if storage == PODS:
            found = _of_pod(cluster, thing)
        else:
            found = _of_node(cluster, thing, of_nodes.get(thing["metadata"]["name"], []))
        if found is not None:
            yield found


def _of_pod(cluster: Cluster, pod: Object) -> Object | None:
    containers = dict(_used(cluster, pod))
    if not containers:
        return None
    shown = [{"name": name, "usage": _amounts(used)} for name, used in containers.items()]
    return _begun(cluster, pod) | {"containers": shown}


def _of_node(cluster: Cluster, node: Object, pods: list[Object]) -> Object | None:
    """The sum of its pods and of what the node itself uses; of one that is not ready nothing is known."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    if any(one.get("type") == "Ready" and one.get("status") != "True" for one in conditions):
        return None
    every = [SYSTEM, *(used for pod in pods for _, used in _used(cluster, pod))]
    total = Used(sum(one.cpu for one in every), sum(one.memory for one in every))
    return _begun(cluster, node) | {"usage": _amounts(total)}


def _used(cluster: Cluster, pod: Object) -> Iterator[tuple[str, Used]]:
    """Of the containers of a running pod of which anything is known."""
    if (pod.get("status") or {}).get("phase") != "Running":
        return
    for container in (pod.get("spec") or {}).get("containers") or ():
        used = cluster.usage.of(pod, container["name"])
        if used is not None:
            yield container["name"], used


def _by_node(cluster: Cluster, name: str) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for pod in cluster.store.items(PODS):
        node = (pod.get("spec") or {}).get("nodeName")
        if node and name in ("", node):
            found.setdefault(node, []).append(pod)
    return found


def _begun(cluster: Cluster, thing: Object) -> Object:
    metadata = thing["metadata"]
    own: dict[str, Any] = {"name": metadata["name"]}
    if "namespace" in metadata:
        own["namespace"] = metadata["namespace"]
    own["creationTimestamp"] = cluster.clock.stamp()
    if metadata.get("labels"):
        own["labels"] = metadata["labels"]
    scraped = cluster.clock.seconds() // WINDOW * WINDOW
    return {"metadata": own, "timestamp": cluster.clock.written(scraped), "window": f"{WINDOW}s"}


def _amounts(used: Used) -> dict[str, str]:
    """As Go writes quantities: in the largest unit that leaves no fraction."""
    return {"cpu": _written(_nano(used), 1000, ("n", "u", "m", "")), "memory": _memory(used)}


def _nano(used: Used) -> int:
    return round(used.cpu * 1_000_000)


def _memory(used: Used) -> str:
    return _written(used.memory // PAGE * PAGE, 1024, ("", "Ki", "Mi", "Gi", "Ti"))


def _written(number: int, step: int, units: tuple[str, ...]) -> str:
    if number == 0:
        return "0"
    rest = list(units)
    while len(rest) > 1 and number % step == 0:
        number //= step
        rest.pop(0)
    return f"{number}{rest[0]}"


def _table(call: Call, form: Form, items: list[Object]) -> Object:
    """Its columns come with its rows: without any there are none."""
    head = {"kind": "Table", "apiVersion": form.api_version, "metadata": {}}
    include = call.query.get("includeObject") or "Metadata"
    rows = [_row(call, form, include, one) for one in items]
    return head | {"columnDefinitions": COLUMNS if rows else None, "rows": rows or None}


def _row(call: Call, form: Form, include: str, item: Object) -> Object:
    every = [one["usage"] for one in item["containers"]] if "containers" in item else [item["usage"]]
    cpu, memory = (sum(quantity(one[key]) for one in every) for key in ("cpu", "memory"))
    total = _amounts(Used(float(cpu * 1000), int(memory)))
    shown: Object | None = None
    if include == "Object":
        shown = _head(call.resource.kind) | item
    elif include == "Metadata":
        shown = partial(item, form.api_version)
    cells = [item["metadata"]["name"], total["cpu"], total["memory"], item["window"]]
    return {"cells": cells, "object": shown}
