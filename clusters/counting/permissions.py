"""Permissions: access reviews that decide what a credential may count on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clusters.access.reviews import Budget, ReviewResult, review_async
from clusters.api.connection import Connection
from clusters.api.errors import ApiError, Unauthorized, Unreachable
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, decode_page
from clusters.counting.snapshot import NamespacePermissions, Permissions

MAX_NAMESPACES = 10  # namespaces that are reviewed and counted, where the whole cluster may not be
NAMES = 500  # names of namespaces that are read to find them
REVIEWS = 40  # of one review of all permissions (design, section 5)
AT_ONCE = 10
REVIEW_TIMEOUT = 4.0  # seconds that one review may take

EVERYTHING = ResourceAttributes("*", "*", "*", "*")
PODS = ResourceAttributes("list", "", "v1", "pods")
NODES = ResourceAttributes("list", "", "v1", "nodes")
EVENTS = ResourceAttributes("list", "", "v1", "events")
EDIT = ResourceAttributes("patch", "apps", "v1", "deployments")
NAMESPACES = ResourceAttributes("list", "", "v1", "namespaces")
PROJECTS = ResourceAttributes("list", "project.openshift.io", "v1", "projects")


@dataclass(frozen=True)
class _Reviewer:
    """One review of all permissions: at most so many requests, so many of them at once."""

    streams: Streams
    connection: Connection
    budget: Budget
    slots: asyncio.Semaphore

    async def review_all(self, checks: Sequence[ResourceAttributes]) -> list[ReviewResult]:
        """The results in the order of `checks`; raises Unauthorized and Unreachable, which meet all alike."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._review(check)) for check in checks]
        return [task.result() for task in tasks]

    async def _review(self, check: ResourceAttributes) -> ReviewResult:
        if not self.budget.spend():
            return ReviewResult("unknown", source="budget")
        async with self.slots:
            try:
                async with asyncio.timeout(REVIEW_TIMEOUT):
                    return await review_async(self.streams, self.connection, check)
            except TimeoutError:
                return ReviewResult("unknown")
            except (Unauthorized, Unreachable):
                raise
            except ApiError as error:
                return ReviewResult("unknown", error.message)


async def review_permissions(streams: Streams, connection: Connection, known: Sequence[str]) -> Permissions:
    """The permissions now. `known` are namespaces that the person knows of, the likeliest first."""
    reviewer = _Reviewer(streams, connection, Budget(REVIEWS), asyncio.Semaphore(AT_ONCE))
    try:
        everything, pods, nodes, events, edit, namespaces = await reviewer.review_all(
            (EVERYTHING, PODS, NODES, EVENTS, EDIT, NAMESPACES)
        )
        granted = Permissions(True, everything, pods, nodes, events, edit)
        if edit.state == "allowed" and pods.state == "allowed":
            return granted
        names = list(dict.fromkeys(known))
        if pods.state == "denied":
            names = list(dict.fromkeys([*names, *await _names(reviewer, namespaces)]))
        per_namespace = await _review_namespaces(reviewer, names[:MAX_NAMESPACES])
        return replace(granted, namespaces=per_namespace, left_out=max(0, len(names) - MAX_NAMESPACES))
    except ExceptionGroup as several:
        raise _first_error(several) from None


async def _review_namespaces(reviewer: _Reviewer, names: Sequence[str]) -> tuple[NamespacePermissions, ...]:
    checks = [replace(check, namespace=name) for name in names for check in (PODS, EVENTS, EDIT)]
    results = iter(await reviewer.review_all(checks))
    return tuple(NamespacePermissions(name, next(results), next(results), next(results)) for name in names)


async def _names(reviewer: _Reviewer, namespaces: ReviewResult) -> list[str]:
    """The namespaces that can be listed, else OpenShift's projects; never more than one page of either."""
    kind = NAMESPACES
    if namespaces.state == "denied":
        kind = PROJECTS
        (projects,) = await reviewer.review_all((PROJECTS,))
        if projects.state != "allowed":
            return []
    query = [("limit", str(NAMES)), ("includeObject", "None")]
    path = resource_path(kind)
    try:
        body = await reviewer.streams.get(
            reviewer.connection, path, query, accept=TABLE_ACCEPT, timeout=REVIEW_TIMEOUT
        )
    except (Unauthorized, Unreachable):
        raise
    except ApiError:
        return []
    return [row.name for row in decode_page(body).rows if row.name]


def _first_error(several: ExceptionGroup[Exception]) -> Exception:
    """What met one of the reviews meets all of them: one of the errors tells it."""
    one = several.exceptions[0]
    return _first_error(one) if isinstance(one, ExceptionGroup) else one
