"""API groups page: versions with their stability, resources of each, who serves it, deprecated versions in use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.deprecations import Deprecation, list_deprecations
from clusters.api.errors import ApiError
from clusters.api_services import ApiService, fetch_api_services
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import CLUSTER, Address
from dashboard.explore.frame import build_explore_frame
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import list_url
from people.decorators import person, require_sign_in
from people.models import User

CORE = "core"  # stands for the group without a name, as in kubectl's help
MAX_DEPRECATIONS = 50
_LEVEL = re.compile(r"v[0-9]+(?:(alpha|beta)[0-9]+)?")


@dataclass(frozen=True)
class VersionRow:
    """One version of a group. `available` is empty where nothing is wrong."""

    group: str
    version: str
    stability: str
    is_preferred: bool
    url: str
    count: int
    served_by: str
    available: str = ""
    message: str = ""


@dataclass(frozen=True)
class ResourceRow:
    """One resource, with its links."""

    resource: Resource
    scope: str
    verbs: str
    short_names: str
    categories: str
    subresources: str
    list_url: str
    explain_url: str


@dataclass(frozen=True)
class DeprecationRow:
    """What is called, and by whom."""

    deprecation: Deprecation
    username: str


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def api_page(request: HttpRequest, cluster: str) -> HttpResponse:
    """All groups and versions of a cluster."""
    cluster_session = connect(person(request), cluster)
    resources = cluster_session.catalog().resources
    services, services_error = _fetch_services(cluster_session)
    context = {
        **build_explore_frame(cluster_session, "api"),
        "rows": _build_versions(cluster, resources, services),
        "services_error": services_error,
        "deprecations": _build_deprecations(person(request), cluster),
        "command": kubectl.command(cluster, CLUSTER, "get", "apiservices"),
    }
    return render(request, "explore/api.html", context)


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def api_version_page(request: HttpRequest, cluster: str, group: str, version: str) -> HttpResponse:
    """The resources of one group version."""
    cluster_session = connect(person(request), cluster)
    name = "" if group == CORE else group
    found = [
        one for one in cluster_session.catalog().resources if (one.group, one.version) == (name, version)
    ]
    if not found:
        raise Http404(_("This cluster does not serve this version of an API group."))
    api_version = found[0].api_version
    context = {
        **build_explore_frame(cluster_session, "api"),
        "api_version": api_version,
        "stability": describe_stability(version),
        "rows": [
            _build_resource(cluster, one) for one in sorted(found, key=lambda resource: resource.plural)
        ],
        "command": kubectl.command(cluster, CLUSTER, "api-resources", f"--api-group={name}", "-o", "wide"),
    }
    return render(request, "explore/api_version.html", context)


def describe_stability(version: str) -> str:
    """By its name, as https://kubernetes.io/docs/reference/using-api/#api-versioning has it."""
    found = _LEVEL.fullmatch(version)
    if found is None:
        return _("Unknown")
    return {"alpha": _("Alpha"), "beta": _("Beta")}.get(found[1] or "", _("Stable"))


def _fetch_services(
    cluster_session: ClusterSession,
) -> tuple[Mapping[tuple[str, str], ApiService], ApiError | None]:
    """Who may not list them sees the page without."""
    try:
        return fetch_api_services(cluster_session.client), None
    except ApiError as error:
        return {}, error


def _build_versions(
    cluster: str, resources: Sequence[Resource], services: Mapping[tuple[str, str], ApiService]
) -> list[VersionRow]:
    members: dict[tuple[str, str], list[Resource]] = {}
    for one in resources:  # in the server's order, the preferred version of a group first
        members.setdefault((one.group, one.version), []).append(one)
    preferred = {group: version for group, version in reversed(members)}
    for key in services:  # one that never answered has no resources
        members.setdefault(key, [])
    rows = [
        _build_version(
            cluster,
            group,
            version,
            found,
            services.get((group, version)),
            preferred.get(group, ""),
            knows=bool(services),
        )
        for (group, version), found in members.items()
    ]
    return sorted(rows, key=lambda one: (one.group != CORE, one.group))


def _build_version(
    cluster: str,
    group: str,
    version: str,
    resources: Sequence[Resource],
    service: ApiService | None,
    preferred: str,
    *,
    knows: bool,
) -> VersionRow:
    """`knows`: the APIServices could be read, and what has none is the API server's own."""
    is_aggregated = service is not None and bool(service.service)
    is_down = any(one.stale for one in resources)
    if service is not None and is_aggregated:
        is_down = service.available != "True"
    reason = service.reason if service is not None else ""
    return VersionRow(
        group=group or CORE,
        version=version,
        stability=describe_stability(version),
        is_preferred=version == preferred,
        url=reverse("resources:api_version", args=[cluster, group or CORE, version]) if resources else "",
        count=len(resources),
        served_by=(service.service if service is not None else "") or (_("API server") if knows else ""),
        available=(reason or _("API unavailable")) if is_down else "",
        message=service.message if service is not None and is_down else "",
    )


def _build_resource(cluster: str, resource: Resource) -> ResourceRow:
    is_listed = "list" in resource.verbs
    address = Address((cluster,), (CLUSTER,), "")
    return ResourceRow(
        resource=resource,
        scope=_("Namespaced") if resource.namespaced else _("Cluster"),
        verbs=", ".join(sorted(resource.verbs)),
        short_names=", ".join(resource.short_names),
        categories=", ".join(resource.categories),
        subresources=", ".join(resource.subresources),
        list_url=list_url(address, resource) if is_listed else "",
        explain_url=reverse("resources:explain_kind", args=[cluster, resource.slug]),
    )


def _build_deprecations(user: User, cluster: str) -> list[DeprecationRow]:
    """One's own calls; administrators and auditors see everybody's."""
    people = None if user.is_administrator or user.is_auditor else {str(user.pk)}
    found = list_deprecations(cluster, people)[:MAX_DEPRECATIONS]
    ids = {int(one.person) for one in found if one.person.isdigit()}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))
    return [
        DeprecationRow(one, names.get(int(one.person), "") if one.person.isdigit() else "") for one in found
    ]
