"""Demo views: user picker, and sign-in as a demo user without a password.

These views exist in the demo alone (demo.settings), which listens on this machine alone (demo.safety).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.accounts import sign_in
from demo.users import SELECTABLE_USERS, USERS_BY_NAME
from people.audit.record import draft_for_user, note
from people.decorators import is_signed_in, person
from people.models import User

NO_RETURN_PATHS = ("/demo/", "/people/sign-in/", "/people/invitations/")  # where nobody wants to be back


@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Who one may be; the landing of everybody who is not signed in."""
    return _page(request, sign_in.safe_next_url(request.GET.get("next", "")))


@require_http_methods(["GET", "HEAD", "POST"])
def demo_sign_in(request: HttpRequest) -> HttpResponseBase:
    """In place of the product's page. Who was invited in the demo has a password, and signs in by it."""
    if request.method == "POST" or "password" in request.GET:
        return sign_in.sign_in(request)
    return people(request)


@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """Be that person from now on. The session before, if there was one, ends together with its sockets."""
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        raise PermissionDenied(_("You can only switch users from the demo's own pages."))
    name = request.POST.get("person", "")
    if name not in USERS_BY_NAME:
        raise Http404
    next_url = _next_url(request)
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        text = _("%(name)s has been deactivated by an administrator. Restart the demo to undo this.")
        return _page(request, next_url, text % {"name": USERS_BY_NAME[name].full_name})
    if is_signed_in(request):
        note(draft_for_user(person(request), "sign-out", detail={"way": "the demo"}))
    sign_in.start_session(request, user, "the demo")
    return HttpResponseRedirect(next_url)


def _next_url(request: HttpRequest) -> str:
    """The page that was named, else the one on which the visitor changed over: another person sees it differently."""
    requested = request.POST.get("next", "")
    if not requested:
        came_from = urlsplit(request.headers.get("Referer", ""))
        if came_from.netloc == request.get_host():
            requested = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return get_script_prefix() if requested.startswith(NO_RETURN_PATHS) else sign_in.safe_next_url(requested)


def _page(request: HttpRequest, next_url: str, error: str = "") -> HttpResponse:
    context = {
        "people": SELECTABLE_USERS,
        "next_url": next_url,
        "error": error,
        "password_href": f"{reverse('accounts:sign_in')}?password",
    }
    return render(request, "demo/people.html", context, status=422 if error else 200)
