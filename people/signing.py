"""How does a person come in and leave? Sign-in by name and password, sign-out."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import control
from people.decorators import is_signed_in, person, session_key, signed_in
from people.models import Session, User


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; a wrong name and a wrong password give the same answer in the same time."""
    onward = safe_onward(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        if is_signed_in(request):
            return HttpResponseRedirect(onward)
        return _form(request, onward)
    username, password = request.POST.get("username", ""), request.POST.get("password", "")
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        return _form(
            request, onward, username, _("User name or password is wrong. Check both and try again.")
        )
    enter(request, user)
    return HttpResponseRedirect(onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, tell its sockets, and have the browser forget the pages it kept."""
    key = session_key(request)
    logout(request)
    rotate_token(request)
    if key:
        control.signed_out(key)
    response = HttpResponseRedirect(reverse("people:sign_in"))
    response["Clear-Site-Data"] = '"cache"'
    return response


@never_cache
@require_safe
@signed_in
def here(request: HttpRequest) -> HttpResponse:
    """A page whose session ended asks this after the sign-in in another tab: a fresh token for its forms."""
    return render(request, "people/here.html", {"person": person(request)})


def enter(request: HttpRequest, user: User) -> None:
    """Start a new session for this person in this browser; nothing of the one before lives on."""
    before = session_key(request)
    request.session.flush()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    Session.objects.filter(pk=request.session.session_key).update(
        address=request.META.get("REMOTE_ADDR") or None,
        agent=request.headers.get("User-Agent", "")[:200],
    )
    if before:
        control.signed_out(before)


def safe_onward(onward: str) -> str:
    """A path of ours with its query; anything that could lead elsewhere becomes the first page."""
    if onward.startswith("/") and url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        return onward
    return reverse("people:sign_in")[: -len("people/sign-in/")]


def _form(request: HttpRequest, onward: str, username: str = "", error: str = "") -> HttpResponse:
    context = {"onward": onward, "username": username, "error": error}
    return render(request, "people/sign_in.html", context, status=422 if error else 200)
