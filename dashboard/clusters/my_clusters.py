"""My clusters: the clusters that the user sees, and their own credentials."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.models import ClusterRequest, Credential, RequestState
from clusters.sharing import visible_clusters
from dashboard.clusters.credential_states import credential_status, list_cluster_access
from people.decorators import person, require_sign_in


@require_safe
@require_sign_in
@never_cache
def clusters(request: HttpRequest) -> HttpResponse:
    """The clusters that I see, with my role and credential for each."""
    user = person(request)
    requests = ClusterRequest.objects.filter(state=RequestState.OPEN)
    if not user.is_administrator:
        requests = requests.filter(user=user)
    context = {
        "cluster_access": list_cluster_access(user),
        "open_requests": requests.count(),
        "total": visible_clusters(user).count(),
    }
    return render(request, "clusters/clusters.html", context)


@require_safe
@require_sign_in
@never_cache
def credentials(request: HttpRequest) -> HttpResponse:
    """My own credentials, those of clusters that I no longer see included, so that they can be removed."""
    user = person(request)
    seen = set(visible_clusters(user).values_list("pk", flat=True))
    own = (
        Credential.objects.filter(user=user)
        .select_related("cluster")
        .order_by("cluster__name", "cluster__slug")
    )
    rows = [
        {"cluster": one.cluster, "state": credential_status(one), "is_visible": one.cluster_id in seen}
        for one in own
    ]
    missing = visible_clusters(user).exclude(pk__in=[one.cluster_id for one in own])
    return render(request, "clusters/credentials.html", {"rows": rows, "missing": missing})
