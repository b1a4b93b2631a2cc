"""Pods and DaemonSets as a drain reads them: the fields that decide, of lists by pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from clusters.actions.metadata_lists import METADATA
from clusters.api.client import Client
from clusters.api.errors import NotKubernetes
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.selectors import build_field_selector

PAGE = 500  # as kubectl's chunks
MAX_PAGES = 20  # of one node
WHOLE = "application/json"
FINISHED = ("Succeeded", "Failed")
MIRROR = "kubernetes.io/config.mirror"
LIST_PODS = ResourceAttributes("list", "", "v1", "pods")


class OwnerReference(msgspec.Struct):
    kind: str = ""
    name: str = ""
    apiVersion: str = ""
    controller: bool | None = None


class Metadata(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    ownerReferences: list[OwnerReference] | None = None
    deletionTimestamp: datetime | None = None


class Volume(msgspec.Struct):
    name: str = ""
    emptyDir: dict[str, Any] | None = None


class PodSpec(msgspec.Struct):
    volumes: list[Volume] | None = None


class Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class PodStatus(msgspec.Struct):
    phase: str = ""
    conditions: list[Condition] | None = None


class Pod(msgspec.Struct):
    """A pod of a node. Names are as the API reference spells them."""

    metadata: Metadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def path(self) -> str:
        """`namespace/name`, as kubectl's sentences have it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def controller(self) -> OwnerReference | None:
        return next((one for one in self.metadata.ownerReferences or () if one.controller), None)

    @property
    def is_finished(self) -> bool:
        return self.status.phase in FINISHED

    @property
    def is_ready(self) -> bool:
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions or ())

    @property
    def empty_dirs(self) -> tuple[str, ...]:
        """The names of its emptyDir volumes, whose data goes with it."""
        return tuple(one.name for one in self.spec.volumes or () if one.emptyDir is not None)


class ListMetadata(msgspec.Struct):
    continue_: str = msgspec.field(default="", name="continue")


class PodList(msgspec.Struct):
    metadata: ListMetadata = msgspec.field(default_factory=ListMetadata)
    items: list[Pod] | None = None


_DECODER = msgspec.json.Decoder(PodList)


def list_pods(client: Client, node: str, pod_selector: str = "") -> list[Pod]:
    """All pods of a node, in all namespaces. Raises ApiError, BadRequest for a selector that is none."""
    return [pod for page in _list_pages(client, node, pod_selector, WHOLE) for pod in page.items or ()]


def list_metadata(client: Client, node: str) -> dict[str, Metadata]:
    """Those pods by UID, with their metadata alone."""
    pages = _list_pages(client, node, "", METADATA)
    return {pod.metadata.uid: pod.metadata for page in pages for pod in page.items or ()}


def _list_pages(client: Client, node: str, pod_selector: str, accept: str) -> Iterator[PodList]:
    query = [("fieldSelector", build_field_selector({"spec.nodeName": node})), ("limit", str(PAGE))]
    if pod_selector:
        query.append(("labelSelector", pod_selector))
    following = ""
    for _page in range(MAX_PAGES):
        more = [("continue", following)] if following else []
        body = client.request("GET", resource_path(LIST_PODS), query=[*query, *more], accept=accept).body
        try:
            page = _DECODER.decode(body)
        except (msgspec.DecodeError, RecursionError) as unreadable:
            raise NotKubernetes("The list of pods is not readable.") from unreadable
        yield page
        following = page.metadata.continue_
        if not following:
            return
    raise NotKubernetes(f"The node has more than {PAGE * MAX_PAGES:,} pods.")


def get_workload(pod: Pod) -> tuple[str, str]:
    """Kind and name of what a pod belongs to; the Deployment of a ReplicaSet, by the hash in its name."""
    controller = pod.controller
    if controller is None:
        return "", ""
    template = (pod.metadata.labels or {}).get("pod-template-hash", "")
    if controller.kind == "ReplicaSet" and template and controller.name.endswith(f"-{template}"):
        return "Deployment", controller.name.removesuffix(f"-{template}")
    return controller.kind, controller.name
