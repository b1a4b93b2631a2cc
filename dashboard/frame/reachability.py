"""Reachability probe: asks a cluster's /readyz, for pages that wait until it answers again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.concurrency import PROBES
from clusters.api.errors import Forbidden, NotFound, Unauthorized
from clusters.gateway.connect import ClusterSession, connect
from dashboard.frame.entrance import handle_cluster_errors
from people.decorators import person, require_sign_in

TIMEOUT = 2.0  # seconds: one that hangs is probed again rather than waited for


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def check_reachability(request: HttpRequest, cluster: str) -> HttpResponse:
    """204 where it answers, 202 where it refuses; else the page of what went wrong.

    An API server that has just started refuses, for a moment, what RBAC will allow: who asks believes only the third.
    """
    return HttpResponse(status=204 if check_ready(connect(person(request), cluster)) else 202)


def check_ready(cluster_session: ClusterSession) -> bool:
    """Whether it says that it is ready; False where it refuses to say. Raises the ApiError of an outage."""
    try:
        cluster_session.client.request("GET", "/readyz", timeout=TIMEOUT, concurrency=PROBES)
    except (Unauthorized, Forbidden, NotFound):
        return False
    return True
