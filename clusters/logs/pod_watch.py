"""Pod watch: the pods whose logs a view shows, as they come, change and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from clusters.api.errors import ApiError, Forbidden, Gone, NotFound, StreamBroken
from clusters.api.selectors import build_field_selector
from clusters.api.streams import Streams
from clusters.logs.options import MAX_PODS, LogTarget
from clusters.logs.pods import Owner, Pod, decode, find_controller, read_list, read_pod
from clusters.logs.timings import LogTimings

META_ONLY = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
# What stands between a workload and its pods, and where it is read.
THROUGH = {("apps/v1", "ReplicaSet"): "replicasets", ("batch/v1", "Job"): "jobs"}
MAX_OWNERS = 2_000  # that are remembered
CALL_SECONDS = 10.0


@dataclass(frozen=True)
class PodChange:
    """A pod as it is now; the first answer is all pods at once. `is_gone`: it was deleted, or is no longer selected.

    `has_more`: more pods are selected than a view takes.
    """

    pods: tuple[Pod, ...]
    is_first: bool = False
    is_gone: bool = False
    has_more: bool = False


class PodWatch:
    """The pods of one target. It uses the caller's credential, and every request of it is bounded."""

    def __init__(self, streams: Streams, target: LogTarget, timings: LogTimings) -> None:
        self._streams = streams
        self._target = target
        self._timings = timings
        self._connection = target.session.connection
        self._owners: dict[str, str] = {}  # uid of a controller -> uid of what controls that
        self._known: dict[str, Pod] = {}
        self._path = f"/api/v1/namespaces/{quote(target.namespace, safe='')}/pods"

    async def follow(self) -> AsyncIterator[PodChange]:
        """All pods, and then each change, until an ApiError. What was read before is not repeated by another call."""
        if self._target.name:
            async for change in self._follow_one():
                yield change
            return
        async for change in self._list_and_watch(labels=self._target.selector):
            yield change

    async def read(self) -> PodChange:
        """The pods now."""
        if self._target.name:
            pod = await self._read_one()
            return PodChange((pod,) if pod else (), is_first=True)
        change, _version = await self._list(self._target.selector, "")
        return change

    async def _follow_one(self) -> AsyncIterator[PodChange]:
        """One pod by its name. Who may not list pods may get this one: it is read again and again then."""
        fields = build_field_selector({"metadata.name": self._target.name})
        try:
            async for change in self._list_and_watch(fields=fields):
                yield change
        except Forbidden:
            while True:
                pod = await self._read_one()
                for one in self._compare((pod,) if pod else ()):
                    yield one
                await asyncio.sleep(self._timings.pods)

    async def _list_and_watch(self, *, labels: str = "", fields: str = "") -> AsyncIterator[PodChange]:
        while True:
            began = asyncio.get_running_loop().time()
            first, version = await self._list(labels, fields)
            for one in self._compare(first.pods, has_more=first.has_more):
                yield one
            try:
                async with aclosing(self._watch(version, labels, fields)) as changes:
                    async for change in changes:
                        yield change
            except (Gone, StreamBroken):
                pass
            shortest = self._timings.backoff[0]
            await asyncio.sleep(max(0.0, began + shortest - asyncio.get_running_loop().time()))

    async def _list(self, labels: str, fields: str) -> tuple[PodChange, str]:
        query = [*_selectors(labels, fields), ("limit", str(MAX_PODS))]
        body = await self._streams.get(self._connection, self._path, query, timeout=CALL_SECONDS)
        pods, version, has_more = read_list(body)
        belonging = tuple([one for one in pods if await self._belongs(one)])
        return PodChange(belonging, is_first=True, has_more=has_more), version

    def _compare(self, pods: tuple[Pod, ...], *, has_more: bool = False) -> list[PodChange]:
        """What a new list of all pods changes."""
        is_first = not self._known
        by_uid = {one.uid: one for one in pods}
        gone = tuple(one for uid, one in self._known.items() if uid not in by_uid)
        self._known = by_uid
        changes = [PodChange(gone, is_gone=True)] if gone else []
        return [*changes, PodChange(pods, is_first=is_first, has_more=has_more)]

    async def _watch(self, version: str, labels: str, fields: str) -> AsyncGenerator[PodChange, None]:
        query = [
            *_selectors(labels, fields),
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(self._timings.watch)),
        ]
        lines = self._streams.watch(self._connection, self._path, query, accept="application/json")
        async with aclosing(lines):
            async for line in lines:
                event = decode(line)
                kind = event.get("type") if isinstance(event, dict) else None
                if kind == "ERROR":
                    raise Gone("The position of the watch is too old.", status=410)
                if kind in ("ADDED", "MODIFIED", "DELETED"):
                    change = await self._apply(read_pod(event.get("object")), is_gone=kind == "DELETED")
                    if change is not None:
                        yield change

    async def _apply(self, pod: Pod, *, is_gone: bool) -> PodChange | None:
        if is_gone:
            return PodChange((pod,), is_gone=True) if self._known.pop(pod.uid, None) else None
        if pod.uid not in self._known:
            if len(self._known) >= MAX_PODS:
                return PodChange((), has_more=True)
            if not await self._belongs(pod):
                return None
        self._known[pod.uid] = pod
        return PodChange((pod,))

    async def _read_one(self) -> Pod | None:
        path = f"{self._path}/{quote(self._target.name, safe='')}"
        try:
            return read_pod(decode(await self._streams.get(self._connection, path, timeout=CALL_SECONDS)))
        except NotFound:
            return None

    async def _belongs(self, pod: Pod) -> bool:
        """Whether the target's workload controls the pod; where that cannot be read, its labels decide."""
        uid, controller = self._target.owner_uid, pod.controller
        if not uid or (controller is not None and controller.uid == uid):
            return True
        if controller is None or (controller.api_version, controller.kind) not in THROUGH:
            return False
        if controller.uid not in self._owners:
            try:
                found = await self._read_owner(pod.namespace, controller)
            except NotFound:
                return False
            except ApiError:
                return True
            if len(self._owners) >= MAX_OWNERS:
                self._owners.clear()
            self._owners[controller.uid] = found.uid if found is not None else ""
        return self._owners[controller.uid] == uid

    async def _read_owner(self, namespace: str, controller: Owner) -> Owner | None:
        path = f"/apis/{controller.api_version}/namespaces/{quote(namespace, safe='')}"
        path += f"/{THROUGH[controller.api_version, controller.kind]}/{quote(controller.name, safe='')}"
        body = await self._streams.get(self._connection, path, accept=META_ONLY, timeout=CALL_SECONDS)
        found = decode(body)
        return find_controller(found.get("metadata")) if isinstance(found, dict) else None


def _selectors(labels: str, fields: str) -> list[tuple[str, str]]:
    selectors = [("labelSelector", labels), ("fieldSelector", fields)]
    return [(name, value) for name, value in selectors if value]
