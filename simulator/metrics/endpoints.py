"""Endpoints of metrics.k8s.io: NodeMetrics and PodMetrics, as objects and as Tables."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

from aiohttp import web

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.metrics.usage import WINDOW, ContainerUsage
from simulator.quantities import parse_quantity
from simulator.reading.options import read_options
from simulator.reading.rendering import make_partial_metadata
from simulator.requests.call import Call
from simulator.requests.negotiation import Form, negotiate
from simulator.requests.responses import respond
from simulator.requests.statuses import not_found_error, status_error
from simulator.schemas.resources import Object, Resource

PODS, NODES = ("", "pods"), ("", "nodes")
GROUP = "metrics.k8s.io"
PACE = 500  # pods that are measured before other requests are served
PAGE = 4096  # bytes: memory is used by the page
SYSTEM = ContainerUsage(80.0, 400 * 2**20)  # what a node itself uses
COLUMNS = [
    {"name": name, "type": "string", "format": form, "description": about, "priority": 0}
    for name, form, about in (
        ("Name", "name", "Name of the resource"),
        ("cpu", "quantity", ""),
        ("memory", "quantity", ""),
        ("Window", "duration", ""),
    )
]


async def get_metrics(call: Call) -> web.StreamResponse:
    """One pod or node; raises 404 where there is none, or nothing is known of it."""
    form = negotiate(call.headers.get("Accept", ""), ("Table",))
    name = call.info.name
    thing = call.cluster.store.get(_storage(call), call.namespace, name)
    if thing is None:
        which = "pods" if call.resource.is_namespaced else "node"
        raise status_error(404, f'{which} "{name}" not found', {"name": name, "kind": which})
    found = await _collect_metrics(call, [thing])
    if not found:
        qualified = "podmetrics" if call.resource.is_namespaced else "nodemetrics"
        path = f"{call.info.namespace}/{name}" if call.resource.is_namespaced else name
        raise not_found_error(Resource(GROUP, "v1beta1", qualified, "", "", True, ()), path)
    if form.kind == "Table":
        return await respond(call, _table(call, form, found), media=form.media)
    return await respond(call, _type_fields(call.resource.kind) | found[0], media=form.media)


async def list_metrics(call: Call) -> web.StreamResponse:
    """By labels and by name, in one page."""
    form = negotiate(call.headers.get("Accept", ""), ("Table",))
    selection = read_options(call.query, call.resource).selection
    things = call.cluster.store.items(_storage(call), call.namespace)
    items = await _collect_metrics(call, [one for one in things if selection.holds(one)])
    if form.kind == "Table":
        return await respond(call, _table(call, form, items), media=form.media)
    found = _type_fields(call.resource.list_kind) | {"metadata": {}, "items": items}
    return await respond(call, found, media=form.media)


async def reject_watch(call: Call) -> web.StreamResponse:
    """metrics-server has none: clients poll."""
    kind = call.resource.plural
    message = f'watch is not supported on resources of kind "{kind}.{GROUP}"'
    raise status_error(405, message, {"group": GROUP, "kind": kind})


def _type_fields(kind: str) -> Object:
    return {"kind": kind, "apiVersion": f"{GROUP}/v1beta1"}


def _storage(call: Call) -> tuple[str, str]:
    return PODS if call.resource.plural == "pods" else NODES


async def _collect_metrics(call: Call, things: list[Object]) -> list[Object]:
    """Of those of which anything is known, without kind and apiVersion. Others are served in between."""
    if call.resource.plural == "pods":
        return [
            found
            async for pod in _yield_to_loop(things)
            if (found := _pod_metrics(call.cluster, pod)) is not None
        ]
    cluster, names = call.cluster, {one["metadata"]["name"] for one in things}
    totals = {name: SYSTEM for name in names}
    async for pod in _yield_to_loop(cluster.store.items(PODS)):
        node = (pod.get("spec") or {}).get("nodeName")
        if node in totals:
            total = totals[node]
            for _, used in _iterate_usage(cluster, pod):
                total = ContainerUsage(total.cpu + used.cpu, total.memory + used.memory)
            totals[node] = total
    known = [one for one in things if _is_known(one)]
    return [
        _new_metrics(cluster, one) | {"usage": _amounts(totals[one["metadata"]["name"]])} for one in known
    ]


async def _yield_to_loop(things: list[Object]) -> AsyncIterator[Object]:
    for number, thing in enumerate(things):
        if number % PACE == PACE - 1:
            await asyncio.sleep(0)
        yield thing


def _pod_metrics(cluster: Cluster, pod: Object) -> Object | None:
    containers = [{"name": name, "usage": _amounts(used)} for name, used in _iterate_usage(cluster, pod)]
    return _new_metrics(cluster, pod) | {"containers": containers} if containers else None


def _is_known(node: Object) -> bool:
    """Of a node that does not answer nothing is."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    return all(one.get("status") == "True" for one in conditions if one.get("type") == "Ready")


def _iterate_usage(cluster: Cluster, pod: Object) -> Iterator[tuple[str, ContainerUsage]]:
    """Of the containers of a running pod of which anything is known."""
    if (pod.get("status") or {}).get("phase") != "Running":
        return
    for container in (pod.get("spec") or {}).get("containers") or ():
        used = cluster.usage.measure(pod, container["name"])
        if used is not None:
            yield container["name"], used


def _new_metrics(cluster: Cluster, thing: Object) -> Object:
    now, scraped = (
        _stamp(int(timestamp)) for timestamp in (cluster.clock.seconds(), cluster.usage.last_scrape_at())
    )
    metadata = thing["metadata"]
    own: dict[str, Any] = {"name": metadata["name"]}
    if "namespace" in metadata:
        own["namespace"] = metadata["namespace"]
    own["creationTimestamp"] = now
    if metadata.get("labels"):
        own["labels"] = metadata["labels"]
    return {"metadata": own, "timestamp": scraped, "window": f"{WINDOW}s"}


@functools.lru_cache(8)
def _stamp(timestamp: int) -> str:
    """The same for all of a list."""
    return Clock.format_timestamp(timestamp)


def _amounts(used: ContainerUsage) -> dict[str, str]:
    """As Go writes quantities: in the largest unit that leaves no fraction."""
    return {"cpu": _format_quantity(_nano(used), 1000, ("n", "u", "m", "")), "memory": _memory(used)}


def _nano(used: ContainerUsage) -> int:
    return round(used.cpu * 1_000_000)


def _memory(used: ContainerUsage) -> str:
    return _format_quantity(used.memory // PAGE * PAGE, 1024, ("", "Ki", "Mi", "Gi", "Ti"))


def _format_quantity(number: int, step: int, units: tuple[str, ...]) -> str:
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
    cpu, memory = (sum(parse_quantity(one[key]) for one in every) for key in ("cpu", "memory"))
    total = _amounts(ContainerUsage(float(cpu * 1000), int(memory)))
    shown: Object | None = None
    if include == "Object":
        shown = _type_fields(call.resource.kind) | item
    elif include == "Metadata":
        shown = make_partial_metadata(item, form.api_version)
    cells = [item["metadata"]["name"], total["cpu"], total["memory"], item["window"]]
    return {"cells": cells, "object": shown}
