"""Monitoring middleware: answers probes before sessions and the database, and names the route of each request."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from dashboard.monitoring.request_ids import set_route
from dashboard.monitoring.views import TEXT, healthz, is_address, metrics, readyz

ROUTES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}  # as dashboard.urls has them too


def monitoring_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Runs after those that only add headers: a probe costs no session, no cookie and no query."""

    def respond(request: HttpRequest) -> HttpResponse:
        view = ROUTES.get(request.path_info)
        if view is None:
            response = get_response(request)
            set_route(request.resolver_match.view_name if request.resolver_match else "")
            return response
        set_route(view.__name__)
        if not is_host_allowed(request):
            return HttpResponseBadRequest("bad request", content_type=TEXT)
        return view(request)

    return respond


def is_host_allowed(request: HttpRequest) -> bool:
    """A host of this installation, an IP address as kubelets and load balancers send it, or none at all.

    What is answered holds no link and no name, so an address that is not ours cannot lead anybody anywhere.
    """
    try:
        request.get_host()
    except DisallowedHost:
        host = request.META.get("HTTP_HOST")
        return host is None or is_address(host)
    return True
