"""API group discovery: groups, versions and resources of an API server, aggregated or group by group."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from clusters.api.client import Client
from clusters.api.errors import ApiError, Busy, NotKubernetes, Unauthorized

# What kubectl sends: v2 (1.30), its beta, and whatever an older server has (kind APIVersions, APIGroupList).
_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
_AT_ONCE = 6
_MOST_VERSIONS = 1000  # group versions that are fetched one by one from an old API server
_SECONDS = 6.0  # as long as a page waits; meanwhile nobody else asks
_REFRESH_SECONDS = 5.0  # where an earlier copy is there: pages wait for this
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of a group version."""

    plural: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]
    singular: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    subresources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupVersion:
    """One version of a group. `stale`: the server behind it does not answer, and it may come without entries."""

    group: str
    version: str
    entries: tuple[Entry, ...]
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What `/api` or `/apis` answered; versions of a group stand in the server's order, the preferred one first."""

    etag: str
    served: tuple[GroupVersion, ...]


class _Kind(msgspec.Struct):
    kind: str = ""


class _Sub(msgspec.Struct):
    subresource: str = ""


class _Resource(msgspec.Struct):
    resource: str
    responseKind: _Kind | None = None
    scope: str = "Namespaced"
    singularResource: str = ""
    verbs: list[str] | None = None
    shortNames: list[str] | None = None
    categories: list[str] | None = None
    subresources: list[_Sub] | None = None


class _Version(msgspec.Struct):
    version: str = ""
    resources: list[_Resource] | None = None
    freshness: str = "Current"


class _Meta(msgspec.Struct):
    name: str = ""


class _Group(msgspec.Struct):
    metadata: _Meta | None = None
    versions: list[_Version] | None = None


class _OldGroup(msgspec.Struct):
    name: str = ""
    versions: list[_Version] | None = None
    preferredVersion: _Version | None = None


class _DiscoveryDocument(msgspec.Struct):
    kind: str = ""
    items: list[_Group] | None = None
    versions: list[str] | None = None
    groups: list[_OldGroup] | None = None


class _OldResource(msgspec.Struct):
    name: str
    kind: str = ""
    namespaced: bool = False
    singularName: str = ""
    verbs: list[str] | None = None
    shortNames: list[str] | None = None
    categories: list[str] | None = None


class _OldResources(msgspec.Struct):
    resources: list[_OldResource] | None = None


def fetch_part(client: Client, path: str, before: Part | None = None) -> Part:
    """What `path` (/api or /apis) serves now; `before` itself where the server says that nothing changed."""
    etag = before.etag if before is not None else ""
    seconds = _SECONDS if before is None else _REFRESH_SECONDS
    answer = client.request("GET", path, accept=_AGGREGATED, timeout=seconds, etag=etag)
    if answer.status == 304 and before is not None:
        return before
    found = _decode(answer.body, _DiscoveryDocument)
    if found.kind == "APIGroupDiscoveryList":
        return Part(answer.headers.get("etag", ""), tuple(_parse_aggregated(found.items or [])))
    if found.kind == "APIVersions":
        return Part("", _fetch_each(client, [("", version) for version in found.versions or []]))
    if found.kind == "APIGroupList":
        return Part("", _fetch_each(client, list(_old_versions(found.groups or []))))
    raise NotKubernetes("It responds, but not with API groups.")


def _parse_aggregated(groups: list[_Group]) -> Iterator[GroupVersion]:
    for group in groups:
        for one in group.versions or []:
            entries = tuple(_entry(resource) for resource in one.resources or [] if resource.responseKind)
            yield GroupVersion(
                group.metadata.name if group.metadata else "", one.version, entries, one.freshness == "Stale"
            )


def _entry(found: _Resource) -> Entry:
    return Entry(
        plural=found.resource,
        kind=found.responseKind.kind if found.responseKind else "",
        namespaced=found.scope == "Namespaced",
        verbs=frozenset(found.verbs or ()),
        singular=found.singularResource,
        short_names=tuple(found.shortNames or ()),
        categories=tuple(found.categories or ()),
        subresources=tuple(sub.subresource for sub in found.subresources or ()),
    )


def _old_versions(groups: list[_OldGroup]) -> Iterator[tuple[str, str]]:
    for group in groups:
        names = [one.version for one in group.versions or []]
        preferred = group.preferredVersion.version if group.preferredVersion else ""
        yield from ((group.name, name) for name in sorted(names, key=lambda name: name != preferred))


def _fetch_each(client: Client, versions: list[tuple[str, str]]) -> tuple[GroupVersion, ...]:
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
        return tuple(threads.map(lambda version: _old_form(client, *version), versions[:_MOST_VERSIONS]))


def _old_form(client: Client, group: str, version: str) -> GroupVersion:
    """One group version; where it alone does not answer it is stale, as aggregated discovery would say."""
    try:
        body = client.request(
            "GET", f"/apis/{group}/{version}" if group else f"/api/{version}", timeout=_SECONDS
        ).body
    except (Unauthorized, Busy):
        raise
    except ApiError:
        return GroupVersion(group, version, (), stale=True)
    found = _decode(body, _OldResources).resources or []
    subresources = [one.name.partition("/")[::2] for one in found if "/" in one.name]
    entries = (
        Entry(
            plural=one.name,
            kind=one.kind,
            namespaced=one.namespaced,
            verbs=frozenset(one.verbs or ()),
            singular=one.singularName,
            short_names=tuple(one.shortNames or ()),
            categories=tuple(one.categories or ()),
            subresources=tuple(sub for parent, sub in subresources if parent == one.name),
        )
        for one in found
        if "/" not in one.name
    )
    return GroupVersion(group, version, tuple(entries))


def _decode(body: bytes, form: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise NotKubernetes("It responds, but not with API discovery.") from unreadable
