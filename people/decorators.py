"""Permission decorators for views: signed-in users, all but auditors, or administrators only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from people.models import User
from people.sessions import hash_key

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def require_sign_in(view: View[P]) -> View[P]:
    """Ask for sign-in first; the page that was asked for, with its query, comes after it."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not is_signed_in(request):
            return ask_for_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def require_administrator(view: View[P]) -> View[P]:
    """Let administrators in; others get 403, strangers are asked to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not is_signed_in(request):
            return ask_for_sign_in(request)
        if not person(request).is_administrator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def forbid_auditors(view: View[P]) -> View[P]:
    """Answer auditors 403: they change nothing but what is their own. For views that are behind `require_sign_in`."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if person(request).is_auditor:
            raise PermissionDenied(_("Auditors have read-only access."))
        return view(request, *args, **kwargs)

    return guarded


def is_signed_in(request: HttpRequest) -> bool:
    """An inactive person is not signed in, whatever the session says."""
    return bool(request.user.is_authenticated and request.user.is_active)


def person(request: HttpRequest) -> User:
    """The signed-in person, for views behind one of the decorators."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def get_session_id(request: HttpRequest) -> str:
    """The ID of the session of this request (`people.sessions.hash_key`), "" without one; it signs nobody in.

    An error page can be of a request that failed before it had a session.
    """
    session = getattr(request, "session", None)
    return hash_key(session.session_key) if session else ""


def ask_for_sign_in(request: HttpRequest) -> HttpResponse:
    """A redirect for a page; 401 with a link for a part of a page, so that what was typed in it stays."""
    is_part = request.headers.get("HX-Request") == "true"
    is_boosted_read = request.headers.get("HX-Boosted") == "true" and request.method in ("GET", "HEAD")
    if is_part and not is_boosted_read:
        response = render(request, "accounts/sign_in_needed.html", {"sign_in": sign_in_url("")}, status=401)
        response["HX-Trigger"] = "sign-in-needed"
        return response
    return HttpResponseRedirect(sign_in_url(request.get_full_path() if request.method == "GET" else ""))


def sign_in_url(next_url: str) -> str:
    """The sign-in page that leads on to a path of ours, its query included."""
    address = reverse("accounts:sign_in")
    return f"{address}?{urlencode({'next': next_url})}" if next_url else address
