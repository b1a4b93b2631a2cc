"""Metadata lists: the objects of one kind with their owners, in pages, within bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from clusters.api.client import Client
from clusters.api.errors import NotKubernetes, TimedOut
from clusters.discovery import Resource

PAGE = 500
MAX_PAGES = 4  # of one list: 2,000 objects
SECONDS = 5.0  # for one page
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


class OwnerReference(msgspec.Struct):
    """An entry of `metadata.ownerReferences`."""

    uid: str = ""


class Metadata(msgspec.Struct):
    """Of ObjectMeta what is needed here."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    ownerReferences: list[OwnerReference] | None = None


class _Claim(msgspec.Struct):
    claimName: str = ""


class _Volume(msgspec.Struct):
    persistentVolumeClaim: _Claim | None = None


class _Spec(msgspec.Struct):
    volumes: list[_Volume] | None = None


class Item(msgspec.Struct):
    """An object of a list; `spec` is there where pods were listed whole."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: _Spec | None = None

    @property
    def claims(self) -> set[str]:
        """The PersistentVolumeClaims that a pod mounts."""
        volumes = (self.spec.volumes if self.spec else None) or []
        return {one.persistentVolumeClaim.claimName for one in volumes if one.persistentVolumeClaim}


class _ListMeta(msgspec.Struct):
    continue_: str = msgspec.field(default="", name="continue")
    remainingItemCount: int | None = None


class _Page(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[Item] | None = None


@dataclass
class Listing:
    """The items of a kind; `count` may be higher than their number, and `is_cut` means that there are more."""

    resource: Resource
    items: list[Item] = field(default_factory=list)
    count: int = 0
    is_cut: bool = False


def list_all(
    client: Client,
    resource: Resource,
    namespace: str,
    *,
    until: float,
    fields: str = "",
    is_whole: bool = False,
) -> Listing:
    """All objects up to MAX_PAGES, by `time.monotonic` until `until`. Raises ApiError.

    `fields` is a field selector; `is_whole` lists objects with their spec, which is for pods alone.
    """
    found = Listing(resource)
    for number, page in enumerate(_pages(client, resource, namespace, until, fields, is_whole), 1):
        found.items += page.items or []
        found.count = len(found.items) + (page.metadata.remainingItemCount or 0)
        found.is_cut = bool(page.metadata.continue_)
        if number == MAX_PAGES:
            break
    return found


def count_all(client: Client, resource: Resource, namespace: str, *, until: float, examples: int) -> Listing:
    """How many objects there are, by one page and what the API server says remains. Raises ApiError."""
    page = _fetch(client, resource, namespace, until, (("limit", str(examples)),), METADATA)
    items = page.items or []
    remaining = page.metadata.remainingItemCount
    is_cut = bool(page.metadata.continue_) and remaining is None
    return Listing(resource, items, len(items) + (remaining or 0), is_cut)


def _pages(
    client: Client, resource: Resource, namespace: str, until: float, fields: str, is_whole: bool
) -> Iterator[_Page]:
    query = (("limit", str(PAGE)), *((("fieldSelector", fields),) if fields else ()))
    accept = "application/json" if is_whole else METADATA
    token = ""
    while True:
        page = _fetch(
            client, resource, namespace, until, (*query, *((("continue", token),) if token else ())), accept
        )
        yield page
        token = page.metadata.continue_
        if not token:
            return


def _fetch(
    client: Client,
    resource: Resource,
    namespace: str,
    until: float,
    query: tuple[tuple[str, str], ...],
    accept: str,
) -> _Page:
    if time.monotonic() >= until:
        raise TimedOut("The time for this search is over.")
    path = resource.list_path(namespace)
    body = client.request("GET", path, query=query, accept=accept, timeout=SECONDS).body
    try:
        return msgspec.json.decode(body, type=_Page)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise NotKubernetes("The response is no list.") from unreadable
