"""Listing: opens the clusters, feeds and window of a list page under one user's permissions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, NotFound, TimedOut
from clusters.credentials.sealing import SealBroken
from clusters.credentials.suspension import CredentialSuspended
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect_all
from clusters.runtime import runtime
from clusters.sharing import visible_clusters
from clusters.tables.columns import LABEL
from clusters.tables.table_content import TableQuery
from clusters.tables.window import MOST_ROWS, ROWS, Source, Window, WindowQuery
from dashboard.address.paths import ALL, CLUSTER, MAX_CLUSTERS, MAX_NAMESPACES, Address
from dashboard.kinds.table import find_slug
from people.models import User

FIRST_ROWS_TIMEOUT = 2.5  # seconds that a page waits for first rows before it shows what is there
MAX_COLUMNS = 40
CONNECT_TIMEOUT = 6.0  # seconds that a cluster gets to answer before the page goes on without it, or says so


@dataclass
class ListedCluster:
    """One cluster of the page: its session and resource, or the error."""

    slug: str
    name: str
    cluster_session: ClusterSession | None = None
    resource: Resource | None = None
    namespaces: tuple[str, ...] = ()
    is_partial: bool = False  # all namespaces were requested, and only the known ones can be shown
    error: ApiError | None = None
    message: str = ""
    needs_credential: bool = False
    suspended: CredentialSuspended | None = None
    sources: list[Source] = field(default_factory=list)


@dataclass
class Listing:
    """An open list; give it back with `close`."""

    address: Address
    clusters: list[ListedCluster]
    window: Window

    @property
    def resource(self) -> Resource | None:
        """The kind, as the first cluster that serves it has it."""
        return next((cluster.resource for cluster in self.clusters if cluster.resource), None)

    def wait(self) -> None:
        """Let first rows come in, for a bounded time."""
        until = time.monotonic() + FIRST_ROWS_TIMEOUT
        for source in self.window.sources:
            source.feed.wait(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        for cluster in self.clusters:
            if cluster.cluster_session is not None:
                for source in cluster.sources:
                    cluster.cluster_session.release(source.feed)


def open_listing(user: User, address: Address, *, eager: bool = True) -> Listing:
    """Open the feeds of a list. With one cluster its NotShared, NoCredential, SealBroken or ApiError is raised;
    with several, each error is its own cluster's and the others go on.

    Unless `eager`, the rest of a long list is read once its first rows are painted: when the page's socket opens it.
    """
    slugs = _slugs(user, address)
    clusters = _connect_clusters(user, slugs)
    _prepare(clusters, address, alone=len(slugs) == 1)
    for cluster in clusters:
        if cluster.cluster_session is not None and cluster.resource is not None:
            _choose_namespaces(cluster, cluster.cluster_session, cluster.resource, address)
            _open(cluster, cluster.cluster_session, cluster.resource, address, eager=eager)
    sources = [source for cluster in clusters for source in cluster.sources]
    namespaced = any(cluster.resource.namespaced for cluster in clusters if cluster.resource)
    several = namespaced and (len(address.namespaces) > 1 or address.namespaces == (ALL,))
    return Listing(address, clusters, Window(sources, parse_query(address), with_namespaces=several))


def parse_query(address: Address) -> WindowQuery:
    """What the query asks of the window; what is out of bounds falls back to the nearest that is possible."""
    query = dict(address.query)
    limit = min(max(_number(query.get("limit", ""), ROWS), 10), MOST_ROWS)
    return WindowQuery(
        q=query.get("q", "")[:500],
        sort=(query.get("sort", "") or find_slug(address.resource).default_sort).lower()[:100],
        columns=_columns(address),
        wide=query.get("wide", "") not in ("", "0", "false"),
        offset=_number(query.get("offset", ""), 0) // limit * limit,
        limit=limit,
    )


def _columns(address: Address) -> tuple[str, ...]:
    """`columns` names them, once with commas or many times; each `label` adds a label's column."""
    keys = [key for name, value in address.query if name == "columns" for key in value.split(",")]
    labels = [LABEL + value.strip() for name, value in address.query if name == "label" and value.strip()]
    column_keys = [key if key.startswith(LABEL) else key.lower() for key in keys if key]
    return tuple(dict.fromkeys([*column_keys, *labels]))[:MAX_COLUMNS]


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def _slugs(user: User, address: Address) -> tuple[str, ...]:
    if address.clusters != (ALL,):
        return address.clusters
    label_filters = [
        pair.partition("=") for pair in dict(address.query).get("clusters", "").split(",") if pair
    ]
    found = [
        cluster.slug
        for cluster in visible_clusters(user)
        if all(cluster.labels.get(key) == value for key, _, value in label_filters)
    ]
    if not found:
        raise NotShared(ALL)
    return tuple(found[:MAX_CLUSTERS])


def _connect_clusters(user: User, slugs: Sequence[str]) -> list[ListedCluster]:
    """Sessions of all clusters at once; database only. The error of a single cluster is raised."""
    found = connect_all(user, slugs)
    listed = []
    for slug in slugs:
        connected = found[slug]
        if isinstance(connected, ClusterSession):
            listed.append(ListedCluster(slug, connected.cluster.name, connected))
        elif len(slugs) == 1:
            raise connected
        else:
            listed.append(_describe_failure(slug, connected))
    return listed


def _describe_failure(slug: str, error: NotShared | NoCredential | SealBroken) -> ListedCluster:
    if isinstance(error, NotShared):
        message = _("This cluster does not exist or is not shared with you.")
        return ListedCluster(slug, slug, message=message)
    if isinstance(error, CredentialSuspended):
        return ListedCluster(slug, error.credential.cluster.name, suspended=error)
    message = _("You have no usable credential for this cluster.")
    return ListedCluster(slug, slug, message=message, needs_credential=True)


def _prepare(clusters: Sequence[ListedCluster], address: Address, *, alone: bool) -> None:
    """Discovery of all clusters at once; network only, so that one dead cluster costs its own rows."""
    pool = runtime.create_batch("list")
    jobs = {pool.submit(_find, cluster, address): cluster for cluster in clusters if cluster.cluster_session}
    _done, timed_out = wait(jobs, timeout=CONNECT_TIMEOUT)
    for job in timed_out:
        jobs[job].error = TimedOut(_("The cluster did not respond within %(n)d s.") % {"n": CONNECT_TIMEOUT})
        jobs[job].cluster_session = None
    pool.shutdown(wait=False, cancel_futures=True)
    if alone and clusters[0].error is not None:
        raise clusters[0].error


def _find(cluster: ListedCluster, address: Address) -> None:
    if cluster.cluster_session is None:
        return
    try:
        cluster.resource = cluster.cluster_session.find(address.resource)
        if cluster.resource is None or "list" not in cluster.resource.verbs:
            raise NotFound(
                _("This cluster does not serve a listable resource “%(kind)s”.") % {"kind": address.resource},
                status=404,
            )
    except ApiError as error:
        cluster.error = error


def _choose_namespaces(
    cluster: ListedCluster, cluster_session: ClusterSession, resource: Resource, address: Address
) -> None:
    """All namespaces as one list where that is allowed; else the known ones, each as a list of its own."""
    if not resource.namespaced or address.namespaces == (CLUSTER,):
        cluster.namespaces = ("",)
        return
    if address.namespaces != (ALL,):
        cluster.namespaces = address.namespaces
        return
    check = resource.attributes("list")
    if cluster_session.review_menu([check])[check].state != "denied":
        cluster.namespaces = ("",)
        return
    known = cluster_session.namespaces()
    cluster.is_partial = True
    cluster.namespaces = known.names[:MAX_NAMESPACES] or ("",)


def _open(
    cluster: ListedCluster,
    cluster_session: ClusterSession,
    resource: Resource,
    address: Address,
    *,
    eager: bool,
) -> None:
    query = dict(address.query)
    for namespace in cluster.namespaces:
        table_query = TableQuery(resource, namespace, query.get("selector", ""), query.get("fields", ""))
        feed = cluster_session.table(table_query, eager=eager)
        cluster.sources.append(Source(cluster.slug, namespace, feed))
