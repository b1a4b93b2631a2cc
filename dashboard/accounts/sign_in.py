"""Sign-in and sign-out views: username and password, session start and end."""

from __future__ import annotations

from django.contrib import messages
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

from dashboard.accounts import signin_failures
from dashboard.accounts.known_devices import find_device, remember_device
from dashboard.accounts.password_links import describe_password_links
from people import control, throttle
from people.audit import origin
from people.audit.origin import address_of
from people.audit.record import draft_for_user, note
from people.decorators import get_session_id, is_signed_in, person, require_sign_in
from people.models import Session, User
from people.sessions import SessionStore

NAME_LENGTH = 150
NEXT_URL_LENGTH = 4000


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@throttle.respond_if_busy
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; a wrong name and a wrong password give the same answer in the same time."""
    next_url = safe_next_url(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        if is_signed_in(request):
            return HttpResponseRedirect(next_url)
        return _form(request, next_url)
    return _attempt_sign_in(request, next_url, _read_username(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """By POST only, so that no other site's picture can do it."""
    return leave(request)


def leave(request: HttpRequest) -> HttpResponse:
    """End this session, tell its sockets, and have the browser forget the pages it kept."""
    ended = get_session_id(request)
    if is_signed_in(request):
        note(draft_for_user(person(request), "sign-out"))
    logout(request)
    rotate_token(request)
    if ended:
        control.notify_signed_out(ended)
    response = HttpResponseRedirect(reverse("accounts:sign_in"))
    response["Clear-Site-Data"] = '"cache"'
    return response


@never_cache
@require_safe
@require_sign_in
def check_session(request: HttpRequest) -> HttpResponse:
    """A page whose session ended asks this after the sign-in in another tab: a fresh token for its forms."""
    return render(request, "accounts/here.html", {"person": person(request)})


def start_session(request: HttpRequest, user: User, method: str) -> None:
    """Start a new session for this person in this browser; nothing of the one before lives on.

    `method` is how the person came in ("password", "link"). It is recorded where that can be: nobody is locked out of
    a dashboard whose disk is full.
    """
    before = get_session_id(request)
    request.session.flush()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    SessionStore.clear_expired()
    Session.objects.filter(pk=get_session_id(request)).update(
        address=address_of(request) or None,
        agent=request.headers.get("User-Agent", "")[:200],
    )
    if before:
        control.notify_signed_out(before)
    origin.begin(address_of(request), get_session_id(request))
    note(draft_for_user(user, "sign-in", detail={"way": method}))
    for text in describe_password_links(user):
        messages.warning(request, text)


def safe_next_url(next_url: str) -> str:
    """A path of ours with its query; anything that could lead elsewhere becomes the first page."""
    if (
        next_url.startswith(get_script_prefix())
        and len(next_url) <= NEXT_URL_LENGTH
        and url_has_allowed_host_and_scheme(next_url, allowed_hosts=None)
    ):
        return next_url
    return get_script_prefix()


def _read_username(request: HttpRequest) -> str:
    """Without NUL, which PostgreSQL refuses to look up."""
    return request.POST.get("username", "")[:NAME_LENGTH].replace("\x00", "")


def _attempt_sign_in(request: HttpRequest, next_url: str, username: str) -> HttpResponse:
    address = address_of(request)
    device = find_device(request, username)
    wait = throttle.attempt(username, address, device)
    if wait:
        signin_failures.record_throttled("sign-in", username, wait)
        error = _("Too many attempts. Wait {minutes} min, or ask an administrator for a link.")
        response = _form(request, next_url, username, error.format(minutes=-(-wait // 60)), 429)
        response["Retry-After"] = str(wait)
        return response
    with throttle.hashing_slot():
        user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(user, User):
        signin_failures.record_failed("sign-in", username)
        error = _("Wrong username or password.")
        return _form(request, next_url, username, error, 422)
    throttle.record_success(username, address, device)
    start_session(request, user, "password")
    return remember_device(HttpResponseRedirect(next_url), user)


def _form(
    request: HttpRequest, next_url: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {"next_url": next_url, "username": username, "error": error}
    return render(request, "accounts/sign_in.html", context, status=status)
