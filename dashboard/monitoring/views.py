"""Views for probes and Prometheus: `/healthz`, `/readyz` and `/metrics`, without a session."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from dashboard.monitoring import metrics as exposed
from dashboard.monitoring.draining import draining
from dashboard.monitoring.health import readiness

TEXT = "text/plain; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all; nothing else is asked."""
    return HttpResponse("ok", content_type=TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 or 503; the reason is in the log. 503 from the moment on that this process is to end."""
    if not draining.is_under_way and readiness.is_ready():
        return HttpResponse("ok", content_type=TEXT)
    response = HttpResponse("not ready", content_type=TEXT, status=503)
    response._has_been_logged = True  # type: ignore[attr-defined] # once by Readiness, not at every probe by Django
    return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 unless QUARTERDECK_METRICS_TOKEN is set, 401 without that token."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("not found", content_type=TEXT, status=404)
    if not is_token_valid(request.headers.get("Authorization", "")):
        return HttpResponse(
            "unauthorized", content_type=TEXT, status=401, headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(exposed.render(), content_type=exposed.CONTENT_TYPE)


def is_token_valid(authorization: str) -> bool:
    """Whether the value of the Authorization header is `Bearer` with the token of the settings."""
    scheme, _space, token = authorization.partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)


def is_address(host: str) -> bool:
    """Whether a Host header holds an IP address, with or without a port."""
    try:
        ipaddress.ip_address(split_domain_port(host.lower())[0].strip("[]"))
    except ValueError:
        return False
    return True
