"""How does a person come in and leave? Sign-in by name and password, sign-out."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import control, failures, throttle
from people.audit import origin
from people.audit.origin import address_of
from people.audit.record import by, note
from people.decorators import is_signed_in, person, session_key, signed_in
from people.models import Session, User
from people.sessions import SessionStore

NAME_LENGTH = 150
ONWARD_LENGTH = 4000


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@throttle.when_busy
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; a wrong name and a wrong password give the same answer in the same time."""
    onward = safe_onward(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        if is_signed_in(request):
            return HttpResponseRedirect(onward)
        return _form(request, onward)
    return _try(request, onward, _written_name(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """By POST only, so that no other site's picture can do it."""
    return leave(request)


def leave(request: HttpRequest) -> HttpResponse:
    """End this session, tell its sockets, and have the browser forget the pages it kept."""
    key = session_key(request)
    if is_signed_in(request):
        note(by(person(request), "sign-out"))
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


def enter(request: HttpRequest, user: User, way: str) -> None:
    """Start a new session for this person in this browser; nothing of the one before lives on.

    `way` is how the person came in ("password", "link"). It is recorded where that can be: nobody is locked out of
    a dashboard whose disk is full.
    """
    before = session_key(request)
    request.session.flush()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    SessionStore.clear_expired()
    Session.objects.filter(pk=request.session.session_key).update(
        address=address_of(request) or None,
        agent=request.headers.get("User-Agent", "")[:200],
    )
    if before:
        control.signed_out(before)
    origin.begin(address_of(request), request.session.session_key or "")
    note(by(user, "sign-in", detail={"way": way}))


def safe_onward(onward: str) -> str:
    """A path of ours with its query; anything that could lead elsewhere becomes the first page."""
    if (
        onward.startswith(get_script_prefix())
        and len(onward) <= ONWARD_LENGTH
        and url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
    ):
        return onward
    return get_script_prefix()


def _written_name(request: HttpRequest) -> str:
    """Without NUL, which PostgreSQL refuses to look up."""
    return request.POST.get("username", "")[:NAME_LENGTH].replace("\x00", "")


def _try(request: HttpRequest, onward: str, username: str) -> HttpResponse:
    address = address_of(request)
    wait = throttle.attempt(username, address)
    if wait:
        failures.throttled("sign-in", username, wait)
        error = _("Too many attempts. Wait {minutes} min, or ask an administrator for a link.")
        response = _form(request, onward, username, error.format(minutes=-(-wait // 60)), 429)
        response["Retry-After"] = str(wait)
        return response
    with throttle.turn():
        user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(user, User):
        failures.failed("sign-in", username)
        error = _("Wrong username or password.")
        return _form(request, onward, username, error, 422)
    throttle.succeeded(username, address)
    enter(request, user, "password")
    return HttpResponseRedirect(onward)


def _form(
    request: HttpRequest, onward: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {"onward": onward, "username": username, "error": error}
    return render(request, "people/sign_in.html", context, status=status)
