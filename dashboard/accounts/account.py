"""Account views: a user's own name, password and signed-in browsers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.accounts import browsers, signin_failures
from dashboard.accounts.forms import ChangePasswordForm, NameForm, get_post_data
from dashboard.accounts.known_devices import find_device, remember_device
from dashboard.accounts.sign_in import leave
from people import control, throttle
from people.audit.changes import audited_change
from people.audit.origin import address_of, session_mark
from people.audit.record import draft_for_user, note, record
from people.decorators import get_session_id, person, require_sign_in
from people.models import Session, User


@dataclass(frozen=True)
class BrowserSession:
    """One browser on the page of sessions; `id` tells it apart and does not let anybody in."""

    id: str
    browser: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool


@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def me(request: HttpRequest) -> HttpResponse:
    """One's own name; the password has a form of its own beside it."""
    user = person(request)
    form = NameForm(get_post_data(request), instance=user)
    if request.method == "POST" and form.is_valid():
        with audited_change():
            form.save()
            record(draft_for_user(user, "name", target=f"person {user.username}"))
        messages.success(request, _("Name updated."))
        return redirect("accounts:me")
    return _me(request, name_form=form)


@sensitive_post_parameters("current", "password", "again")
@require_POST
@require_sign_in
@throttle.respond_if_busy
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; it ends one's sessions in all other browsers."""
    user = person(request)
    form = ChangePasswordForm(request.POST, user=user)
    if not form.is_valid() or not _knows_password(request, user, form):
        return _me(request, password_form=form)
    with throttle.hashing_slot():
        user.set_password(form.cleaned_data["password"])
    with audited_change():
        user.save(update_fields=["password", "access_version"])
        ended = control.end_sessions(user, but=get_session_id(request))
        record(
            draft_for_user(
                user, "password", target=f"person {user.username}", detail={"sessions ended": ended}
            )
        )
    before = get_session_id(request)
    update_session_auth_hash(request, user)
    control.notify_signed_out(before)
    messages.success(request, _("Password changed. All other sessions were signed out."))
    return remember_device(redirect("accounts:me"), user)


@require_safe
@require_sign_in
def sessions(request: HttpRequest) -> HttpResponse:
    """The browsers in which this person is signed in, this one first."""
    user = person(request)
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")[:200]
    listed = [_describe_session(session, get_session_id(request)) for session in rows]
    listed.sort(key=lambda each: not each.is_this)
    return render(request, "accounts/sessions.html", {"sessions": listed})


@require_POST
@require_sign_in
def end_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Sign one browser out; only one's own sessions are looked through."""
    for session in Session.objects.filter(user=person(request)):
        if control.short_id(session.pk) == session_id:
            if session.pk == get_session_id(request):
                return leave(request)
            ended = session.pk
            session.delete()
            control.notify_signed_out(ended)
            note(draft_for_user(person(request), "session-end", target=f"session {session_mark(ended)}"))
            messages.success(request, _("Session signed out."))
            return redirect("accounts:sessions")
    raise Http404


@require_POST
@require_sign_in
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Stay in this browser only."""
    count = control.end_sessions(person(request), but=get_session_id(request))
    note(
        draft_for_user(
            person(request), "session-end", target="other sessions", detail={"sessions ended": count}
        )
    )
    messages.success(request, _("Other sessions signed out: {count}.").format(count=count))
    return HttpResponseRedirect(reverse("accounts:sessions"))


@require_POST
@require_sign_in
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Leave all browsers, this one too."""
    count = control.end_sessions(person(request), but=get_session_id(request))
    note(
        draft_for_user(
            person(request), "session-end", target="all sessions", detail={"sessions ended": count}
        )
    )
    return leave(request)


def _me(
    request: HttpRequest,
    *,
    name_form: NameForm | None = None,
    password_form: ChangePasswordForm | None = None,
) -> HttpResponse:
    user = person(request)
    wrong = any(form is not None and form.errors for form in (name_form, password_form))
    context = {
        "name_form": name_form or NameForm(instance=user),
        "password_form": password_form or ChangePasswordForm(user=user),
        "memberships": user.memberships.select_related("team").order_by("team__name"),
    }
    return render(request, "accounts/me.html", context, status=422 if wrong else 200)


def _knows_password(request: HttpRequest, user: User, form: ChangePasswordForm) -> bool:
    """Guessing the present password here is counted like guessing it at sign-in."""
    if not user.has_usable_password():
        return True
    address = address_of(request)
    device = find_device(request, user.username)
    wait = throttle.attempt(user.username, address, device)
    if wait:
        signin_failures.record_throttled("password", user.username, wait)
        form.add_error("current", _("Too many attempts. Try again in 15 minutes."))
        return False
    with throttle.hashing_slot():
        is_right = user.check_password(form.cleaned_data["current"])
    if not is_right:
        signin_failures.record_failed("password", user.username)
        form.add_error("current", _("The current password is wrong."))
        return False
    throttle.record_success(user.username, address, device)
    return True


def _describe_session(session: Session, this: str) -> BrowserSession:
    return BrowserSession(
        id=control.short_id(session.pk),
        browser=browsers.describe_browser(session.agent),
        address=session.address or "",
        since=session.created_at,
        seen=session.seen_at,
        is_this=session.pk == this,
    )
