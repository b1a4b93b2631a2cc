"""Bulk reading: the selected objects as they are now, with few requests, and an access review of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clusters.access.reviews import Budget, ReviewResult
from clusters.api.errors import ApiError, NotFound
from clusters.bulk.actions import BulkAction
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession

MAX_ITEMS = 500  # of one run
FEW = 8  # objects of a namespace that are read one by one
PAGE = 500
MAX_PAGES = 10  # of one namespace; what is not among them is read one by one
SECONDS = 10.0  # for one request
MAX_REVIEWS = 2 * MAX_ITEMS
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True)
class BulkTarget:
    """A selected object. `version` is its resourceVersion as somebody saw it; empty where nobody did."""

    cluster: str
    namespace: str
    name: str
    uid: str
    version: str = ""


@dataclass(frozen=True)
class FoundObject:
    """What is there now under a target's name, or why it cannot be read; with the result of the access review."""

    target: BulkTarget
    found: Mapping[str, Any] | None
    error: str
    review: ReviewResult


def read_objects(
    cluster_session: ClusterSession, resource: Resource, action: BulkAction, targets: Sequence[BulkTarget]
) -> Sequence[FoundObject]:
    """The targets of one cluster. One review answers for a namespace where it allows; else each has its own."""
    session = replace(cluster_session, budget=Budget(MAX_REVIEWS))
    checks = {
        one: resource.attributes(action.verb, one.namespace, one.name, action.subresource) for one in targets
    }
    results = session.review_access(list(checks.values()))
    found: dict[BulkTarget, Mapping[str, Any]] = {}
    errors: dict[BulkTarget, str] = {}
    by_namespace: dict[str, list[BulkTarget]] = defaultdict(list)
    for one in targets:
        by_namespace[one.namespace].append(one)
    for namespace, group in by_namespace.items():
        if len(group) > FEW:
            found |= _list(session, resource, namespace, group, is_whole=action.needs_spec)
        for one in group:
            if one not in found:
                _get(session, resource, one, found, errors, is_whole=action.needs_spec)
    return [FoundObject(one, found.get(one), errors.get(one, ""), results[checks[one]]) for one in targets]


def _list(
    session: ClusterSession,
    resource: Resource,
    namespace: str,
    group: Iterable[BulkTarget],
    *,
    is_whole: bool,
) -> Mapping[BulkTarget, Mapping[str, Any]]:
    """Those of a namespace that are among its first objects; none where they cannot be listed."""
    by_name = {one.name: one for one in group}
    found: dict[BulkTarget, Mapping[str, Any]] = {}
    query: tuple[tuple[str, str], ...] = (("limit", str(PAGE)),)
    accept = "application/json" if is_whole else METADATA_LIST
    for _number in range(MAX_PAGES):
        try:
            page = session.client.get(
                resource.list_path(namespace), query=query, accept=accept, timeout=SECONDS
            )
        except ApiError:
            break
        items = page.get("items") if isinstance(page, Mapping) else None
        for item in items if isinstance(items, list) else []:
            metadata = item.get("metadata") if isinstance(item, Mapping) else None
            name = metadata.get("name") if isinstance(metadata, Mapping) else None
            if isinstance(name, str) and name in by_name:
                found[by_name[name]] = item
        token = page.get("metadata", {}).get("continue") if isinstance(page, Mapping) else None
        if len(found) == len(by_name) or not isinstance(token, str) or not token:
            break
        query = (("limit", str(PAGE)), ("continue", token))
    return found


def _get(
    session: ClusterSession,
    resource: Resource,
    one: BulkTarget,
    found: dict[BulkTarget, Mapping[str, Any]],
    errors: dict[BulkTarget, str],
    *,
    is_whole: bool,
) -> None:
    accept = "application/json" if is_whole else METADATA
    path = resource.object_path(one.namespace, one.name)
    try:
        item = session.client.get(path, accept=accept, timeout=SECONDS)
    except NotFound:
        return
    except ApiError as error:
        errors[one] = str(error)
        return
    if isinstance(item, Mapping):
        found[one] = item
