"""Namespaces: listed by Kubernetes where permitted, else OpenShift projects and remembered names."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cachetools import TTLCache
from django.utils import timezone

from clusters.api.client import Client
from clusters.api.errors import ApiError, Forbidden, NotFound
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.tables import TABLE_ACCEPT, decode_page
from clusters.discovery import Catalog
from clusters.models import Cluster, Credential, KnownNamespace
from people.models import User
from people.storage import try_write

PAGE = 500
# Names, pages and seconds of one list; beyond any of them it says that it is not complete.
MAX_NAMES, MAX_PAGES, MAX_SECONDS = 20_000, 100, 15.0
FRESH = 30.0  # seconds that a list is kept for one credential
MAX_CACHED_LISTS = 256  # lists kept at once
MAX_REMEMBERED = 200  # names for one person and cluster
LIST_NAMESPACES = ResourceAttributes("list", version="v1", resource="namespaces")
LIST_PODS = ResourceAttributes("list", version="v1", resource="pods")


@dataclass(frozen=True)
class Namespaces:
    """`is_complete` is true only where Kubernetes listed them all for this very person."""

    names: tuple[str, ...]
    is_complete: bool


_lists: TTLCache[str, Namespaces] = TTLCache(MAX_CACHED_LISTS, FRESH)  # by fingerprint
_lock = threading.Lock()


def namespaces(
    client: Client, user: User, cluster: Cluster, credential: Credential, catalog: Catalog
) -> Namespaces:
    """What can be listed; else OpenShift's projects, the credential's own and the remembered ones."""
    found = fetch_namespaces(client, catalog)
    if found.is_complete:
        return found
    known = KnownNamespace.objects.filter(user=user, cluster=cluster).values_list("name", flat=True)[
        :MAX_REMEMBERED
    ]
    own = [credential.namespace] if credential.namespace else []
    return Namespaces(tuple(sorted({*found.names, *own, *known})), False)


def fetch_namespaces(client: Client, catalog: Catalog) -> Namespaces:
    """What Kubernetes itself lists, at most 30 s old: all namespaces, or OpenShift's projects, or none."""
    fingerprint = client.connection.fingerprint
    found = _get_cached(fingerprint)
    if found is None:
        try:
            found = _list_names(client, resource_path(LIST_NAMESPACES))
        except Forbidden:
            found = _projects(client, catalog)
        _cache_list(fingerprint, found)
    return found


def is_there(client: Client, name: str) -> bool:
    """Does the namespace exist for this person? A real GET; where that is forbidden, a real list in it.

    A review proves nothing: it says yes to namespaces that are not there (reference: observed, section 1).
    Raises Forbidden where neither is allowed: hidden and not there look the same.
    """
    try:
        client.get(resource_path(replace(LIST_NAMESPACES, verb="get", name=name)))
    except NotFound:
        return False
    except Forbidden:
        client.get(resource_path(replace(LIST_PODS, namespace=name)), query=[("limit", "1")])
    return True


def remember(user: User, cluster: Cluster, name: str) -> None:
    """Keep a name that was proven; the oldest go beyond 200. It is not kept while nothing can be saved."""
    try_write(lambda: _remember(user, cluster, name))


def _remember(user: User, cluster: Cluster, name: str) -> None:
    KnownNamespace.objects.update_or_create(
        user=user, cluster=cluster, name=name, defaults={"seen_at": timezone.now()}
    )
    mine = KnownNamespace.objects.filter(user=user, cluster=cluster).order_by("-seen_at")
    beyond = list(mine.values_list("pk", flat=True)[MAX_REMEMBERED:])
    if beyond:
        KnownNamespace.objects.filter(pk__in=beyond).delete()


def list_remembered(user: User) -> dict[int, list[str]]:
    """By cluster id: the names that this person is remembered for, the last visited first."""
    found: dict[int, list[str]] = {}
    for cluster_id, name in (
        KnownNamespace.objects.filter(user=user).order_by("-seen_at").values_list("cluster_id", "name")
    ):
        names = found.setdefault(cluster_id, [])
        if len(names) < MAX_REMEMBERED:
            names.append(name)
    return found


def forget(fingerprint: str) -> None:
    """Drop the kept list of one credential: at its change, at a 401 or 403, at sign-out."""
    with _lock:
        _lists.pop(fingerprint, None)


def _projects(client: Client, catalog: Catalog) -> Namespaces:
    """OpenShift lists just the person's own projects; elsewhere nothing."""
    projects = catalog.find("projects.project.openshift.io")
    if projects is None:
        return Namespaces((), False)
    try:
        return Namespaces(_list_names(client, projects.list_path()).names, False)
    except ApiError:
        return Namespaces((), False)


def _list_names(client: Client, path: str, timer: Callable[[], float] = time.monotonic) -> Namespaces:
    """A page may have no names and a continue token all the same, so pages and time are bounded as well."""
    names: list[str] = []
    token, end = "", timer() + MAX_SECONDS
    for _page in range(MAX_PAGES):
        query = [("limit", str(PAGE)), ("includeObject", "None")]
        answer = client.request(
            "GET", path, query=[*query, ("continue", token)] if token else query, accept=TABLE_ACCEPT
        )
        page = decode_page(answer.body)
        names += [row.name for row in page.rows]
        token = page.continue_token
        if not token or len(names) >= MAX_NAMES or timer() > end:
            break
    return Namespaces(tuple(sorted(names)), not token)


def _get_cached(fingerprint: str) -> Namespaces | None:
    with _lock:
        return _lists.get(fingerprint)


def _cache_list(fingerprint: str, found: Namespaces) -> None:
    with _lock:
        _lists[fingerprint] = found
