"""One-time link views: shown with a button, and used up when the button is pressed."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clusters.credentials.suspension import suspend_credentials
from dashboard.accounts.forms import AccountForm, PasswordForm, get_post_data
from dashboard.accounts.known_devices import remember_device
from dashboard.accounts.sign_in import start_session
from people import control, one_time_links, throttle
from people.audit.changes import audited_change
from people.audit.record import draft_for_user, note, record
from people.decorators import get_session_id, is_signed_in, person
from people.models import Invitation, Membership, Purpose, Session, User
from people.usernames import check_new_username, lock_names


class LinkNotUsable(Exception):
    """Somebody else was faster, or time was."""


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@throttle.respond_if_busy
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Opening the page uses nothing up: previews and scanners open links too."""
    link = one_time_links.find(secret)
    try:
        response = _render_link_not_usable(request) if link is None else _dispatch(request, link)
    except LinkNotUsable:
        return _render_link_not_usable(request)
    if response.status_code == 302 and is_signed_in(request):
        remember_device(response, person(request))
    return response


def _dispatch(request: HttpRequest, link: Invitation) -> HttpResponse:
    if link.purpose == Purpose.INVITATION:
        return _join(request, link)
    if link.user is None:
        raise LinkNotUsable
    if link.purpose == Purpose.PASSWORD:
        return _set_password(request, link, link.user)
    return _sign_in(request, link, link.user)


def _join(request: HttpRequest, link: Invitation) -> HttpResponse:
    form = AccountForm(get_post_data(request))
    if request.method != "POST" or not form.is_valid():
        return _show(request, "accounts/join.html", link, form)
    user = User(
        username=form.cleaned_data["username"], name=form.cleaned_data["name"], global_role=link.global_role
    )
    with throttle.hashing_slot():
        user.set_password(form.cleaned_data["password"])
    try:
        with audited_change():
            _use(link)
            lock_names()
            check_new_username(user.username)  # somebody may have taken it since the form was checked
            user.save()
            if link.team:
                Membership.objects.create(user=user, team=link.team, role=link.role)
            record(
                draft_for_user(
                    user, "link-used", target=_audit_target(link), detail=_invitation_details(link)
                )
            )
    except ValidationError as error:
        form.add_error("username", error)
        return _show(request, "accounts/join.html", link, form)
    except IntegrityError:
        form.add_error("username", _("This username is taken. Choose another."))
        return _show(request, "accounts/join.html", link, form)
    start_session(request, user, "link")
    return HttpResponseRedirect(get_script_prefix())


def _set_password(request: HttpRequest, link: Invitation, user: User) -> HttpResponse:
    form = PasswordForm(get_post_data(request), user=user)
    if request.method != "POST" or not form.is_valid():
        return _show(request, "accounts/new_password.html", link, form)
    with throttle.hashing_slot():
        user.set_password(form.cleaned_data["password"])
    with audited_change():
        _use(link)
        user.save(update_fields=["password", "access_version"])
        Invitation.objects.filter(user=user, used_at=None).delete()
        waiting = 0 if _is_own_doing(request, link, user) else suspend_credentials(user, link.created_by)
        control.end_sessions(user)
        made_by = {"made by": link.created_by.username} if link.created_by else {}
        detail = {**made_by, **({"credentials suspended": waiting} if waiting else {})}
        record(draft_for_user(user, "link-used", target=_audit_target(link), detail=detail))
        record(draft_for_user(user, "password", target=f"person {user.username}"))
    start_session(request, user, "link")
    return HttpResponseRedirect(get_script_prefix())


def _sign_in(request: HttpRequest, link: Invitation, user: User) -> HttpResponse:
    if request.method != "POST":
        return _show(request, "accounts/link_sign_in.html", link, None)
    _use(link)
    note(draft_for_user(user, "link-used", target=_audit_target(link)))
    start_session(request, user, "link")
    if user.has_usable_password():
        return HttpResponseRedirect(get_script_prefix())
    messages.info(request, _("Choose a password now: the link you used cannot be used again."))
    return HttpResponseRedirect(reverse("accounts:me"))


def _is_own_doing(request: HttpRequest, link: Invitation, user: User) -> bool:
    """Whether it is this person who sets the password: their own link, or a browser in which they were signed in before
    there was the link. Somebody else's link alone proves nothing, whoever it was meant for."""
    if link.created_by_id == user.pk:
        return True
    mine = Session.objects.filter(pk=get_session_id(request), user=user, created_at__lt=link.created_at)
    return is_signed_in(request) and person(request).pk == user.pk and mine.exists()


def _audit_target(link: Invitation) -> str:
    """Which link it was; nothing in it lets anybody in."""
    return f"{link.purpose} link {link.pk}"


def _invitation_details(link: Invitation) -> dict[str, str]:
    team = {"team": link.team.slug, "role": link.role} if link.team else {}
    made_by = {"made by": link.created_by.username} if link.created_by else {}
    return {"global_role": link.global_role, **team, **made_by}


def _use(link: Invitation) -> None:
    if not one_time_links.use(link):
        raise LinkNotUsable


def _show(request: HttpRequest, template: str, link: Invitation, form: PasswordForm | None) -> HttpResponse:
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {"link": link, "form": form}, status=status)


def _render_link_not_usable(request: HttpRequest) -> HttpResponse:
    """The same for a link that never was, that was used and that is over."""
    return render(request, "accounts/dead_link.html", status=410)
