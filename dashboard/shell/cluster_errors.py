"""Cluster error page: title, advice, HTTP status and kubectl command for an API error."""

from __future__ import annotations

import math
import shlex
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clusters.api.errors import (
    ApiError,
    Busy,
    CredentialMissing,
    Forbidden,
    ResponseTooLarge,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from clusters.models import Cluster
from dashboard.shell.context import page_url

BUSY_SECONDS = 1


def render_cluster_error(
    request: HttpRequest,
    error: ApiError,
    *,
    cluster: Cluster | None = None,
    status: int | None = None,
    kubectl: str = "",
) -> HttpResponse:
    """The error as a page, or as a notice where htmx asked for a part of one.

    `status` overrides the HTTP status; `kubectl` is the command that would have met the same error.
    """
    code = status or status_of(error)
    context = {
        "title": _(error.title),
        "advice": _(error.advice),
        "error": error,
        "cluster": cluster,
        "status": code,
        "kubectl": kubectl or _raw_command(error),
        "again": request.get_full_path() if request.method == "GET" else "",
        "needs_credential": isinstance(error, CredentialMissing | Unauthorized),
        "is_missing": isinstance(error, CredentialMissing),
        "passes": request.method == "GET" and (error.is_transient or _is_starting(error)),
        "until": "ok" if _is_starting(error) else "",
        "wait": math.ceil(error.retry_after or 0),
        "probe": page_url("resources:answers", cluster.slug)
        if cluster and isinstance(error, Unreachable)
        else "",
        "renew": _renew_url(request, cluster),
    }
    part = request.headers.get("HX-Request-Type") == "partial"
    response = render(
        request, "errors/notice.html" if part else "errors/cluster_error.html", context, status=code
    )
    if code in (429, 503):
        response["Retry-After"] = str(math.ceil(error.retry_after or BUSY_SECONDS))
    return response


def _is_starting(error: ApiError) -> bool:
    """Everybody may read what a cluster serves; one that refuses has just started and has not read its RBAC yet."""
    return isinstance(error, Forbidden) and error.path in ("/api", "/apis")


def _renew_url(request: HttpRequest, cluster: Cluster | None) -> str:
    """Where the credential for this cluster is renewed, and the way back; of all clusters where it is not known."""
    if cluster is None:
        return page_url("clusters:credentials")
    return f"{page_url('clusters:credential', cluster.slug)}?{urlencode({'next': request.get_full_path()})}"


def status_of(error: ApiError) -> int:
    """Our HTTP status for an error of a cluster; never 401, which would say that the session here has ended."""
    if isinstance(error, Busy):
        return 503
    if isinstance(error, CredentialMissing | Unauthorized):
        return 403
    if isinstance(error, TimedOut):
        return 504
    if isinstance(error, Unreachable | ResponseTooLarge):
        return 502
    if 400 <= error.status < 500 or error.status in (503, 504):
        return error.status
    return 502


def _raw_command(error: ApiError) -> str:
    if error.method != "GET" or not error.path:
        return ""
    return f"kubectl get --raw {shlex.quote(error.path)}"
