"""Error views: 400, 403, 404, 500 and rejected CSRF tokens."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from dashboard.pieces.notice import Notice
from dashboard.shell import outage

# How Django begins what is wrong with a token; a foreign origin is another reason.
TOKEN_REASON = "CSRF token"  # noqa: S105 - no password


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(
        request,
        400,
        _("Bad request"),
        _("Your browser sent something this server does not accept. Go back and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 of our own, not of a cluster."""
    return _page(
        request,
        403,
        _("Access denied"),
        str(exception or "") or _("Your role does not allow access to this page. Ask an administrator."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; what is not shared looks the same as what is not there."""
    return _page(
        request,
        404,
        _("Page not found"),
        _("It was removed, never existed, or is not shared with any of your teams."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a token that fits the session; a text that was typed in it is shown, to be copied."""
    return _page(
        request,
        403,
        _("This form has expired"),
        _(
            "Nothing was changed. You signed in or out after opening it, or your browser blocks cookies for "
            "this site. Go back, reload the page and submit the form again."
        ),
        typed=request.POST.get("text", "") if reason.startswith(TOKEN_REASON) else "",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without the request: whatever broke must not break this page too; 503 where the database did."""
    raised = sys.exc_info()[1]
    response = outage.render_unavailable(request, raised) if raised is not None else None
    if response is not None:
        return response
    text = {
        "layout": "base_plain.html",
        "status": 500,
        "notice": Notice(
            _("Something went wrong"),
            _("The error has been logged. Try again; if it persists, contact whoever runs this Quarterdeck."),
        ),
    }
    return HttpResponse(render_to_string("errors/page.html", text), status=500)


def _page(request: HttpRequest, status: int, title: str, advice: str, *, typed: str = "") -> HttpResponse:
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    context = {
        "layout": "base.html" if signed_in else "base_plain.html",
        "status": status,
        "notice": Notice(title, advice),
        "typed": typed if signed_in else "",
    }
    return render(request, "errors/page.html", context, status=status)
