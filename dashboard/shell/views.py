"""Shell views: theme choice, and the page on which a second sign-in ends."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.sign_in import safe_next_url
from dashboard.shell.context import THEME_COOKIE, THEMES
from people.decorators import require_sign_in

YEAR = 365 * 24 * 3600


@require_safe
@require_sign_in
def finish_sign_in(request: HttpRequest) -> HttpResponse:
    """Where the sign-in in a second tab ends: the first one, with what was typed there, goes on by itself."""
    return render(request, "shell/signed_in.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or "as the system" in a cookie, so that the first byte of a page has the right colors."""
    answer = _redirect_back(request)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=YEAR,
            path=settings.SESSION_COOKIE_PATH,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    else:
        answer.delete_cookie(THEME_COOKIE, path=settings.SESSION_COOKIE_PATH)
    return answer


def _redirect_back(request: HttpRequest) -> HttpResponse:
    """To the page it came from; nothing at all for the script, which has changed the page already."""
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return HttpResponseRedirect(safe_next_url(request.POST.get("next", "")))
