"""Requests on a node: what its pods request of what is allocatable, as the scheduler and a resize count it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clusters.actions.images import FIELDS
from clusters.api.errors import ApiError
from clusters.api.selectors import build_field_selector
from clusters.gateway.connect import ClusterSession
from clusters.quick_edits.container_resources import RESOURCES, list_containers
from clusters.quick_edits.quantities import parse_quantity

SECONDS = 5.0
MOST_PODS = 1000  # of one node
COMPLETED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class NodeRequests:
    """By resource, in its base unit (cores, bytes): what is allocatable and what all pods of the node request."""

    node: str
    allocatable: Mapping[str, Decimal]
    requested: Mapping[str, Decimal]


def find_node_requests(session: ClusterSession, node: str) -> NodeRequests | None:
    """None where the node or the pods of all namespaces cannot be read."""
    catalog = session.catalog()
    nodes, pods = catalog.kind("", "Node"), catalog.kind("", "Pod")
    if not node or nodes is None or pods is None:
        return None
    checks = [nodes.attributes("get", "", node), pods.attributes("list")]
    if any(one.state == "denied" for one in session.review_access(checks).values()):
        return None
    query = (("fieldSelector", build_field_selector({"spec.nodeName": node})), ("limit", str(MOST_PODS)))
    try:
        found = session.client.get(nodes.object_path("", node), timeout=SECONDS)
        listed = session.client.get(pods.list_path(""), query=query, timeout=SECONDS)
    except ApiError:
        return None
    status = found.get("status") if isinstance(found, Mapping) else None
    allocatable = status.get("allocatable") if isinstance(status, Mapping) else None
    items = listed.get("items") if isinstance(listed, Mapping) else None
    if not isinstance(allocatable, Mapping) or not isinstance(items, list):
        return None
    return NodeRequests(
        node,
        {one: parse_quantity(allocatable.get(one)) or Decimal(0) for one in RESOURCES},
        {one: sum_requests(items, one) for one in RESOURCES},
    )


def sum_requests(pods: Iterable[Any], resource: str) -> Decimal:
    """What pods that have not ended request together."""
    running = (one for one in pods if isinstance(one, Mapping) and not _has_ended(one))
    return sum((_request_of(one, resource) for one in running), Decimal(0))


def _request_of(pod: Mapping[str, Any], resource: str) -> Decimal:
    """The containers together, or the largest init container where that is more. Sidecars count as init containers."""
    init, main = Decimal(0), Decimal(0)
    for one in list_containers(pod, ("spec",)):
        request = parse_quantity(one.values.get(("requests", resource), "0")) or Decimal(0)
        if one.field == FIELDS[0]:
            init = max(init, request)
        else:
            main += request
    return max(init, main)


def _has_ended(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status")
    return isinstance(status, Mapping) and status.get("phase") in COMPLETED
