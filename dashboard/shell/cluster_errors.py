"""Cluster error page: title, advice, HTTP status and kubectl command for an API error."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
from dashboard.pieces.notice import Button, Detail, Notice, Retry
from dashboard.shell.context import Shell, page_url

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
    if request.headers.get("HX-Request-Type") == "partial":
        notice = replace(describe_error(error), buttons=_retry_buttons(request, error), is_announced=True)
        response = render(request, "parts/notice.html", {"notice": notice}, status=code)
    else:
        context = _page_context(request, error, cluster) | {"kubectl": kubectl or _raw_command(error)}
        response = render(request, "errors/cluster_error.html", context, status=code)
    if code in (429, 503):
        response["Retry-After"] = str(math.ceil(error.retry_after or BUSY_SECONDS))
    return response


def _page_context(request: HttpRequest, error: ApiError, cluster: Cluster | None) -> dict[str, Any]:
    buttons = (
        *_retry_buttons(request, error),
        *_renew_buttons(request, error, cluster),
        Button(_("Overview"), Shell(request, None).home),
    )
    return {
        "notice": replace(describe_error(error), buttons=buttons),
        "retrying": _describe_retry(request, error, cluster),
        "warnings": error.warnings,
        "cluster": cluster,
        "method": error.method,
        "path": error.path,
    }


def describe_error(error: ApiError) -> Notice:
    """The error in our words, and in those of the API server."""
    source = _("Connection error")
    if error.status:
        source = _("The API server returned %(status)s") % {"status": error.status}
        source += f" ({error.reason})" if error.reason else ""
    return Notice(
        _(error.title),
        _(error.advice),
        message=error.message,
        source=source,
        details=tuple(Detail(one.message or one.reason, one.field) for one in error.causes),
    )


def _describe_retry(request: HttpRequest, error: ApiError, cluster: Cluster | None) -> Notice | None:
    """That the page tries again by itself, where the error can pass."""
    if request.method != "GET" or not (error.is_transient or _is_starting(error)):
        return None
    wait = math.ceil(error.retry_after or 0)
    text = _("Retrying every few seconds. This page opens automatically once the API server responds.")
    if wait:
        text = ngettext(
            "The API server asked to wait %(n)s second. This page then opens automatically.",
            "The API server asked to wait %(n)s seconds. This page then opens automatically.",
            wait,
        ) % {"n": wait}
    probe = page_url("resources:answers", cluster.slug) if cluster and isinstance(error, Unreachable) else ""
    return Notice(
        advice=text,
        severity="info",
        is_announced=True,
        retry=Retry(probe, until="ok" if _is_starting(error) else "", wait=wait),
    )


def _retry_buttons(request: HttpRequest, error: ApiError) -> tuple[Button, ...]:
    if request.method != "GET":
        return ()
    is_first = not isinstance(error, CredentialMissing | Unauthorized)
    return (Button(_("Try again"), request.get_full_path(), is_first, icon="refresh"),)


def _renew_buttons(request: HttpRequest, error: ApiError, cluster: Cluster | None) -> tuple[Button, ...]:
    url = _renew_url(request, cluster)
    if not url or not isinstance(error, CredentialMissing | Unauthorized):
        return ()
    label = _("Add credential") if isinstance(error, CredentialMissing) else _("Renew credential")
    return (Button(label, url, primary=True, icon="key"),)


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
