"""API discovery: resources that a cluster serves, cached per cluster and refreshed conditionally.

Aggregated discovery (KEP-3352), or the old form group by group. What is learned is shared by all people of a
cluster, but handed only to those whose own credential that cluster accepted within five minutes.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from clusters.api.client import Client
from clusters.api.errors import ApiError, TimedOut
from clusters.api.groups import Entry, GroupVersion, Part, fetch_part
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes

_FRESH_SECONDS = 30.0  # so a new CRD is in the menus soon; asking again is a conditional GET
_ACCEPTED_SECONDS = 300.0
_REFRESH_SECONDS = 2.0
_WAIT_SECONDS = 6.0  # for the response that another thread is waiting for
_CLUSTERS = 64
_PEOPLE = 4096
_PARTS = ("/api", "/apis")
_CORE_VERSION = re.compile(r"v[0-9]")


@dataclass(frozen=True)
class Resource:
    """A kind as one version of one API group serves it. `stale` where only our earlier copy tells of it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    preferred: bool = False
    stale: bool = False

    @property
    def api_version(self) -> str:
        """As objects name it: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def slug(self) -> str:
        """Its name in URLs: `pods`, `deployments.apps`; with the version where that is not the preferred one."""
        return ".".join(
            part for part in (self.plural, "" if self.preferred else self.version, self.group) if part
        )

    def attributes(
        self, verb: str, namespace: str = "", name: str = "", subresource: str = ""
    ) -> ResourceAttributes:
        """What Kubernetes authorizes. A namespace is left out where the kind has none; a Namespace has its own."""
        found = ResourceAttributes(
            verb=verb,
            group=self.group,
            version=self.version,
            resource=self.plural,
            subresource=subresource,
            namespace=namespace if self.namespaced else "",
            name=name,
        )
        is_one_namespace = found.is_of_namespaces and not found.is_of_collection
        return replace(found, namespace=name) if is_one_namespace else found

    def list_path(self, namespace: str = "") -> str:
        """The API path of its collection, in one namespace or in all."""
        return resource_path(self.attributes("list", namespace))

    def object_path(self, namespace: str, name: str) -> str:
        """The API path of one object; BadRequest without its name."""
        return resource_path(self.attributes("get", namespace, name))


@dataclass(frozen=True)
class Catalog:
    """All that a cluster serves, and since when we know. `stale_groups` did not answer the API server."""

    resources: tuple[Resource, ...]
    stale_groups: tuple[str, ...]
    fetched_at: datetime

    def find(self, slug: str) -> Resource | None:
        """By the name in URLs; `deployments.v1.apps` finds the preferred version as well."""
        return self._by_slug.get(slug)

    def kind(self, group: str, kind: str) -> Resource | None:
        """By kind and group, or apiVersion (`apps/v1`, `v1`); where that version is gone, the preferred one."""
        name, _, version = group.partition("/")
        if not version and _CORE_VERSION.match(name):
            name, version = "", name
        of_kind = [one for one in self.resources if one.group == name and one.kind == kind]
        exact = [one for one in of_kind if one.version == version]
        preferred = [one for one in of_kind if one.preferred]
        return next(iter(exact or preferred or of_kind), None)

    def groups(self) -> tuple[str, ...]:
        """The API groups, in the server's order; the core group is the empty name."""
        return tuple(dict.fromkeys(one.group for one in self.resources))

    @cached_property
    def _by_slug(self) -> dict[str, Resource]:
        full = {
            ".".join(part for part in (one.plural, one.version, one.group) if part): one
            for one in self.resources
        }
        return full | {one.slug: one for one in self.resources}


@dataclass
class _CachedDiscovery:
    """What is known of one cluster: the two parts (/api, /apis), and whose credential it accepted when."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    parts: dict[str, Part] = field(default_factory=dict)
    catalog: Catalog | None = None
    fetched: float = float("-inf")  # when the fetch began, on the monotonic clock
    dropped: float = float("-inf")
    accepted: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def is_fresh(self) -> bool:
        is_young = time.monotonic() - self.fetched < _FRESH_SECONDS
        return self.catalog is not None and is_young and self.fetched > self.dropped

    def accepts(self, fingerprint: str) -> bool:
        return time.monotonic() - self.accepted.get(fingerprint, float("-inf")) < _ACCEPTED_SECONDS

    def accept(self, fingerprint: str) -> None:
        self.accepted[fingerprint] = time.monotonic()
        self.accepted.move_to_end(fingerprint)
        while len(self.accepted) > _PEOPLE:
            self.accepted.popitem(last=False)


_clusters: OrderedDict[tuple[object, ...], _CachedDiscovery] = OrderedDict()
_clusters_lock = threading.Lock()


def fetch_catalog(client: Client) -> Catalog:
    """What the cluster serves, at most 30 seconds old. ApiError where it does not answer this credential.

    While somebody else fetches anew, and while the cluster cannot answer, those who were accepted within five
    minutes read the earlier copy: a page that is loaded in an outage shows what was known.
    """
    known, fingerprint = _find_cached(client), client.connection.fingerprint
    accepted = known.accepts(fingerprint)
    if known.catalog is not None and accepted and (known.is_fresh() or known.lock.locked()):
        return known.catalog
    try:
        return _refresh_locked(known, client, lambda: not known.is_fresh())
    except ApiError as error:
        if error.is_transient and accepted and known.catalog is not None:
            return known.catalog
        raise


def refresh(client: Client) -> Catalog:
    """Fetched anew because a name was not found; at most every two seconds."""
    known = _find_cached(client)
    return _refresh_locked(known, client, lambda: time.monotonic() - known.fetched >= _REFRESH_SECONDS)


def drop(cluster: str) -> None:
    """A CRD or an APIService of `cluster` changed: whoever asks next fetches anew."""
    with _clusters_lock:
        for key, known in _clusters.items():
            if key[0] == cluster:
                known.dropped = time.monotonic()


def forget(fingerprint: str) -> None:
    """A credential was refused or changed: the cluster has to accept it anew."""
    with _clusters_lock:
        for known in _clusters.values():
            known.accepted.pop(fingerprint, None)


def _refresh_locked(known: _CachedDiscovery, client: Client, is_stale: Callable[[], bool]) -> Catalog:
    """One fetch serves all who wait for it; a credential that is new here proves itself by a small GET of its own."""
    fingerprint = client.connection.fingerprint
    with _acquire(known.lock):
        try:
            if is_stale() or known.catalog is None:
                _fetch(known, client)
            elif not known.accepts(fingerprint):
                _fetch_part(known, client, "/api")
        except ApiError as error:
            if not error.is_transient:
                known.accepted.pop(fingerprint, None)
            raise
        known.accept(fingerprint)
        assert known.catalog is not None  # noqa: S101 - _fetch sets it
        return known.catalog


@contextmanager
def _acquire(lock: threading.Lock) -> Iterator[None]:
    """The lock, for a bounded time: where a cluster hangs, whoever waits must not wait for all before them."""
    if not lock.acquire(timeout=_WAIT_SECONDS):
        raise TimedOut("Too many requests are already waiting for this cluster's API discovery.")
    try:
        yield
    finally:
        lock.release()


def _find_cached(client: Client) -> _CachedDiscovery:
    connection = client.connection
    key = (connection.cluster, connection.server)
    with _clusters_lock:
        known = _clusters.setdefault(key, _CachedDiscovery())
        _clusters.move_to_end(key)
        while len(_clusters) > _CLUSTERS:
            _clusters.popitem(last=False)
    return known


def _fetch(known: _CachedDiscovery, client: Client) -> None:
    started = time.monotonic()
    for path in _PARTS:
        _fetch_part(known, client, path)
    known.fetched = started
    if known.catalog is not None:
        known.catalog = replace(known.catalog, fetched_at=datetime.now(UTC))


def _fetch_part(known: _CachedDiscovery, client: Client, path: str) -> None:
    before = known.parts.get(path)
    known.parts[path] = fetch_part(client, path, before)
    if before is None or before.served != known.parts[path].served:
        served = [one for name in _PARTS if name in known.parts for one in known.parts[name].served]
        known.catalog = _build_catalog(served, known.catalog)


def _build_catalog(served: Iterable[GroupVersion], before: Catalog | None) -> Catalog:
    """A group that does not answer keeps the resources that it had when it last did."""
    resources: list[Resource] = []
    stale: dict[str, None] = {}
    seen: set[tuple[str, str]] = set()
    for one in served:
        found = [_resource(one, entry) for entry in one.entries]
        if one.stale:
            stale[one.group] = None
            found = found or [earlier for earlier in _resources(before) if _is_of(earlier, one)]
        for resource in found:
            name = (resource.group, resource.plural)
            resources.append(replace(resource, preferred=name not in seen, stale=one.stale))
        seen |= {(resource.group, resource.plural) for resource in found}
    return Catalog(tuple(resources), tuple(stale), datetime.now(UTC))


def _resources(before: Catalog | None) -> tuple[Resource, ...]:
    return before.resources if before is not None else ()


def _is_of(resource: Resource, served: GroupVersion) -> bool:
    return resource.group == served.group and resource.version == served.version


def _resource(served: GroupVersion, entry: Entry) -> Resource:
    return Resource(
        group=served.group,
        version=served.version,
        plural=entry.plural,
        kind=entry.kind,
        namespaced=entry.namespaced,
        verbs=entry.verbs,
        singular=entry.singular or entry.kind.lower(),
        short_names=entry.short_names,
        categories=entry.categories,
        subresources=entry.subresources,
    )
