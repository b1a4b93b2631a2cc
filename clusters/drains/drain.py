"""Drain: cordons nodes and empties them, several at a time within a limit, as an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clusters.actions.change import ActionObject
from clusters.actions.cordon import cordon
from clusters.api.errors import ApiError, NotFound
from clusters.api.paths import resource_path
from clusters.discovery import Resource
from clusters.drains.node import NodeDrain, NodeProgress, PermissionEnded
from clusters.drains.options import DrainOptions, read_options
from clusters.drains.pacing import Bucket
from clusters.drains.timings import DrainTimings
from clusters.gateway.connect import DeniedByRole
from clusters.models import Operation, OperationItem, OperationState
from clusters.operations.job import End, Job, JobEnded
from people.audit.record import AuditTrailUnavailable

KIND = "drain"
MAX_NODES = 50  # of one drain
MAX_AT_ONCE = 10


class Drain:
    """The work of one operation. Without `timings`, those of the settings hold.

    `nodes` are drained in their order; `progress` and `items` are those of an earlier run.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        options: DrainOptions,
        *,
        progress: Mapping[str, Any] | None = None,
        items: Sequence[OperationItem] = (),
        timings: DrainTimings | None = None,
    ) -> None:
        self._options = options
        self._timings = timings or settings.TIMINGS.drains
        known = read_nodes(progress or {})
        self._nodes = [known.get(name) or NodeProgress(name) for name in nodes]
        self._budgets: dict[str, dict[str, Any]] = dict((progress or {}).get("budgets", {}))
        self._items = items
        self._bucket = Bucket(self._timings.rate, self._timings.burst)

    def build_progress(self) -> Mapping[str, Any]:
        return {"nodes": [asdict(one) for one in self._nodes], "budgets": self._budgets}

    async def run(self, job: Job) -> End:
        pods = await job.call(job.cluster_session.find, "pods")
        if pods is None or ("eviction" not in pods.subresources and not self._options.disable_eviction):
            return End(OperationState.FAILED, _("This cluster does not serve evictions."))
        open_nodes = [one for one in self._nodes if one.state != "drained"]
        for node in open_nodes:
            await self._cordon(job, node)
        slots = asyncio.Semaphore(self._options.at_once)
        runs = [self._drain(job, node, pods, slots) for node in open_nodes if node.state != "failed"]
        for result in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        left = [one for one in self._nodes if one.state != "drained"]
        if not left:
            return End(OperationState.DONE)
        names = ", ".join(one.name for one in left)
        return End(OperationState.FAILED, _("Not drained: %(names)s.") % {"names": names})

    async def _cordon(self, job: Job, node: NodeProgress) -> None:
        """First, so that nothing new is scheduled there; a node that cannot be cordoned is not drained."""
        node.state, node.errors, node.notice = "pending", [], ""
        try:
            await job.call(_cordon_now, job, node.name)
        except (ApiError, AuditTrailUnavailable) as error:
            node.state, node.errors = "failed", [f'unable to cordon node "{node.name}": {error}']
        except (PermissionEnded, DeniedByRole) as error:
            job.stop(End(OperationState.STOPPED, str(error)))
            raise JobEnded from None
        else:
            node.state = "cordoned"
        job.change()

    async def _drain(self, job: Job, node: NodeProgress, pods: Resource, slots: asyncio.Semaphore) -> None:
        async with slots:
            job.require_open()
            items = [one for one in self._items if one.detail.get("node") == node.name]
            await NodeDrain(
                job,
                node,
                items,
                pods=pods,
                options=self._options,
                timings=self._timings,
                budgets=self._budgets,
                bucket=self._bucket,
            ).run()


def resume(operation: Operation) -> Drain:
    """The work of an operation that was begun before; its nodes, options and items are in the database."""
    stored = operation.options
    return Drain(
        list_nodes(operation),
        read_options(stored),
        progress=operation.progress,
        items=list(operation.items.all()),
    )


def list_nodes(operation: Operation) -> list[str]:
    """The names of the nodes of a drain."""
    return [name for name in operation.options.get("nodes", []) if isinstance(name, str)]


def read_nodes(progress: Mapping[str, Any]) -> dict[str, NodeProgress]:
    """The nodes of saved progress, by name."""
    names = {one.name for one in fields(NodeProgress)}
    stored = [{key: value for key, value in one.items() if key in names} for one in progress.get("nodes", [])]
    found = [NodeProgress(**one) for one in stored]
    return {one.name: one for one in found}


def _cordon_now(job: Job, name: str) -> None:
    """In a thread: nothing is sent where the node is cordoned already."""
    cluster_session = job.cluster_session
    nodes = cluster_session.find("nodes")
    if nodes is None:
        raise NotFound(_("This cluster does not serve nodes."), status=404)
    check = nodes.attributes("patch", "", name)
    if cluster_session.review_access([check])[check].state == "denied":
        raise PermissionEnded(_("The permission to change node %(name)s is gone.") % {"name": name})
    found = cluster_session.client.get(resource_path(nodes.attributes("get", "", name)))
    if found.get("spec", {}).get("unschedulable") is True:
        return
    cordon(ActionObject(nodes, "", name, found["metadata"]["uid"])).send(cluster_session)
