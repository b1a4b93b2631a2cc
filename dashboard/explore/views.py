"""API resources page: all resources of a cluster by API group, searchable, reviewed on unfolding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address.paths import Address, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import KINDS, entry, kinds, label_of, navigation, review_lists
from dashboard.frame.switcher import switcher
from dashboard.shell.navigation import Entry
from people.decorators import person, require_sign_in

MAX_UNFOLDED = 30  # kinds found by a search that are all unfolded and reviewed
MAX_REVIEWED = 40  # kinds of one group that are reviewed


@dataclass(frozen=True)
class KindGroup:
    """An API group. Entries of a folded one were not reviewed."""

    name: str
    is_open: bool
    entries: Sequence[tuple[Resource, Entry]]


@require_safe
@require_sign_in
@handle_cluster_errors
def kinds_page(request: HttpRequest, clusters: str, namespaces: str) -> HttpResponse:
    """`?q=` finds kinds, `?group=` unfolds one group (`core` is the one without a name)."""
    address = parse({"clusters": clusters, "namespaces": namespaces, "resource": "pods"}, request.GET)
    address = Address(address.clusters, address.namespaces, KINDS)
    cluster_session = connect(person(request), address.cluster)
    words, group = request.GET.get("q", "")[:100], request.GET.get("group", "")
    found = [one for one in kinds(cluster_session.catalog()) if _matches(one, words.lower().split())]
    groups = _groups(
        cluster_session,
        address,
        found,
        lambda name: name == group or (bool(words) and len(found) <= MAX_UNFOLDED),
    )
    if request.headers.get("HX-Request-Type") == "partial":
        matching = [one for one in groups if one.name == group][:1]
        return render(request, "explore/kinds.html#group", {"group": matching[0] if matching else None})
    context = {
        **build_frame_context(address, [cluster_session]),
        "navigation": navigation(cluster_session, address),
        "switcher": switcher(cluster_session, address),
        "kinds": _("API resources"),
        "groups": groups,
        "q": words,
        "total": len(found),
        "kinds_path": request.path,
    }
    return render(request, "explore/kinds.html", context)


def _matches(resource: Resource, words: Sequence[str]) -> bool:
    text = " ".join((resource.kind, resource.plural, resource.group, *resource.short_names)).lower()
    return all(word in text for word in words)


def _groups(
    cluster_session: ClusterSession,
    address: Address,
    found: Sequence[Resource],
    is_open: Callable[[str], bool],
) -> Sequence[KindGroup]:
    groups = []
    for name, members in groupby(
        sorted(found, key=lambda one: (one.group, one.kind)), key=lambda one: one.group
    ):
        resources, title = list(members), name or "core"
        results = review_lists(cluster_session, address, resources[:MAX_REVIEWED]) if is_open(title) else {}
        entries = [(one, entry(address, one, label_of(one), results.get(one.slug))) for one in resources]
        groups.append(KindGroup(title, is_open(title), entries))
    return groups
