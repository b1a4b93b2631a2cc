"""What does a person see when an address leads nowhere, or something breaks?"""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from dashboard.shell import outage as outages


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(
        request,
        400,
        _("This request cannot be read"),
        _("The browser sent something that this server does not take. Go back and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 of our own, not of a cluster."""
    return _page(
        request,
        403,
        _("This is not for you"),
        str(exception or "")
        or _("Your standing does not allow this page. An administrator can change that."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; what is not shared looks the same as what is not there."""
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("It was removed, never existed, or is not shared with one of your teams."),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a token that fits the session."""
    return _page(
        request,
        403,
        _("This form is too old"),
        _(
            "You signed in or out since the form was opened, or the browser keeps no cookies for this site. "
            "Go back, reload the page and send the form again. Nothing was changed."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without the request: whatever broke must not break this page too; 503 where the database did."""
    raised = sys.exc_info()[1]
    outage = outages.answer(request, raised) if raised is not None else None
    if outage is not None:
        return outage
    text = {
        "layout": "base_plain.html",
        "status": 500,
        "title": _("Something broke on this server"),
        "advice": _(
            "It has been written to the server's log. Try again; if it stays, tell whoever runs Quarterdeck."
        ),
    }
    return HttpResponse(render_to_string("errors/page.html", text), status=500)


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    context = {
        "layout": "base.html" if signed_in else "base_plain.html",
        "status": status,
        "title": title,
        "advice": advice,
    }
    return render(request, "errors/page.html", context, status=status)
