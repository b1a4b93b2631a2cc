"""Explain pages: any field of a kind's schema, and a search over the whole schema of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.errors import ApiError
from clusters.discovery import Catalog, Resource
from clusters.gateway.connect import connect
from clusters.openapi.fields import Explanation, Field, SchemaTree
from clusters.openapi.kind_schemas import fetch_schema
from clusters.openapi.search import SchemaField, search_fields
from dashboard.address import kubectl
from dashboard.address.paths import CLUSTER
from dashboard.explore.frame import build_explore_frame
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import kinds
from people.decorators import person, require_sign_in

MAX_QUERY = 100
MAX_FIELD = 500
MAX_WORDS = 8
MAX_DESCRIPTION = 240  # characters of a description among the results of a search


@dataclass(frozen=True)
class FieldRow:
    """A field with a link to what is below it."""

    field: Field
    url: str


@dataclass(frozen=True)
class FoundRow:
    """A result of a search."""

    found: SchemaField
    path: str
    description: str
    url: str


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def explain_page(request: HttpRequest, cluster: str) -> HttpResponse:
    """`?q=` finds fields in the whole schema of the cluster; without it, the kinds."""
    cluster_session = connect(person(request), cluster)
    catalog = cluster_session.catalog()
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    words = query.lower().split()[:MAX_WORDS]
    context = {**build_explore_frame(cluster_session, "explain"), "q": query}
    if words:
        result = search_fields(cluster_session.client, words)
        context |= {
            "rows": [_build_found(cluster, catalog, one) for one in result.found],
            "total": result.total,
            "missing": len(result.missing),
        }
    else:
        context["kinds_to_explain"] = [
            (one.kind, one.api_version, _build_url(cluster, one, ()))
            for one in sorted(kinds(catalog), key=lambda one: (one.kind, one.group))
        ]
    return render(request, "explore/explain_search.html", context)


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def explain_kind_page(request: HttpRequest, cluster: str, resource: str) -> HttpResponse:
    """`?field=spec.template.spec` of one kind, with the fields below it."""
    cluster_session = connect(person(request), cluster)
    found = cluster_session.find(resource)
    if found is None:
        raise Http404(_("This cluster does not serve this resource."))
    path = [one for one in request.GET.get("field", "").strip()[:MAX_FIELD].split(".") if one]
    explanation, error = None, None
    try:
        content = msgspec.json.decode(fetch_schema(cluster_session.client, found).content)
        tree = SchemaTree(
            content["root"], content["definitions"], lambda schema: str(schema.get("$ref") or "")
        )
        explanation = tree.explain(path)
    except ApiError as failed:
        if failed.status != 404:
            raise
        error = failed
    context = {
        **build_explore_frame(cluster_session, "explain"),
        "explained": found,
        "path": path,
        "explanation": explanation,
        "error": error,
        "steps": [(name, _build_url(cluster, found, path[: number + 1])) for number, name in enumerate(path)],
        "root_url": _build_url(cluster, found, ()),
        "rows": _build_fields(cluster, found, path, explanation),
        "command": kubectl.command(
            cluster,
            CLUSTER,
            "explain",
            ".".join([found.plural, *path]),
            f"--api-version={found.api_version}",
        ),
    }
    return render(request, "explore/explain.html", context, status=404 if error else 200)


def _build_fields(
    cluster: str, resource: Resource, path: Sequence[str], explanation: Explanation | None
) -> list[FieldRow]:
    fields = explanation.fields if explanation else ()
    return [FieldRow(one, _build_url(cluster, resource, [*path, one.name])) for one in fields]


def _build_found(cluster: str, catalog: Catalog, found: SchemaField) -> FoundRow:
    """Of a kind that is no resource (an Eviction, a Scale) there is no page."""
    resource = catalog.kind(found.api_version, found.kind)
    is_same = resource is not None and resource.api_version == found.api_version
    cut = found.description[:MAX_DESCRIPTION] + ("…" if len(found.description) > MAX_DESCRIPTION else "")
    url = _build_url(cluster, resource, found.path) if resource is not None and is_same else ""
    return FoundRow(found, ".".join(found.path), cut, url)


def _build_url(cluster: str, resource: Resource, path: Sequence[str]) -> str:
    url = reverse("resources:explain_kind", args=[cluster, resource.slug])
    return f"{url}?{urlencode({'field': '.'.join(path)})}" if path else url
