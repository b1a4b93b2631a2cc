"""Administration views: list and invite users, change global roles, deactivate, create links."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.accounts.forms import GlobalRoleForm, InvitationForm, get_post_data
from people import control, one_time_links
from people.audit.changes import audited_change
from people.audit.record import draft_for_user, record
from people.decorators import get_session_id, person, require_administrator
from people.models import GlobalRole, Invitation, Purpose, TeamRole, User

PAGE = 500  # people on the list


class LastAdministrator(Exception):
    """Afterwards nobody could administrate."""


@require_safe
@require_administrator
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and the invitations that still work."""
    everybody = (
        User.objects.annotate(seen_at=Max("sessions__seen_at"))
        .prefetch_related("memberships__team")
        .order_by("-is_active", "name", "username")
    )
    context = {
        "people": everybody[:PAGE],
        "count": User.objects.count(),
        "invitations": one_time_links.open_links()
        .filter(user=None)
        .select_related("team", "created_by")[:PAGE],
    }
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link for somebody new; it is shown on the answer and never again."""
    form = InvitationForm(get_post_data(request))
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/invite.html", {"form": form}, status=422 if form.errors else 200)
    team, global_role = form.cleaned_data["team"], GlobalRole(form.cleaned_data["global_role"])
    role = TeamRole(form.cleaned_data["role"])
    with audited_change():
        secret = one_time_links.invite(
            global_role=global_role, team=team, role=role, created_by=person(request)
        )
        detail = {"global_role": global_role, **({"team": team.slug, "role": role} if team else {})}
        record(draft_for_user(person(request), "invite", detail=detail))
    return _show_link(request, secret, Purpose.INVITATION)


@require_POST
@require_administrator
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """The link stops working."""
    with audited_change():
        get_object_or_404(Invitation, pk=pk, user=None, used_at=None).delete()
        record(draft_for_user(person(request), "invite-withdraw", target=f"invitation link {pk}"))
    messages.success(request, _("Invitation revoked."))
    return redirect("accounts:people")


@require_safe
@require_administrator
def one_person(request: HttpRequest, pk: int) -> HttpResponse:
    """What this person is, and what can be done about it."""
    user = get_object_or_404(User, pk=pk)
    return _page(request, user, GlobalRoleForm({"global_role": user.global_role}))


@require_POST
@require_administrator
def change_global_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Member, auditor or administrator. No session outlives the global role that it began with."""
    user = get_object_or_404(User, pk=pk)
    form = GlobalRoleForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form, status=422)
    try:
        with audited_change():
            _keep_an_administrator(user, stays=form.cleaned_data["global_role"] == GlobalRole.ADMINISTRATOR)
            User.objects.filter(pk=pk).update(global_role=form.cleaned_data["global_role"])
            control.end_sessions(user, but=get_session_id(request))
            control.bump_access([pk])
            change = {"from": user.global_role, "to": form.cleaned_data["global_role"]}
            record(draft_for_user(person(request), "global-role", target=_audit_target(user), detail=change))
    except LastAdministrator:
        return _refuse_last(request, user)
    if user.pk == person(request).pk:
        _renew_session(request)
    messages.success(request, _("Global role changed."))
    return redirect("accounts:person", pk=pk)


@require_POST
@require_administrator
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing of the person is deleted; sessions, sockets and links end."""
    user = get_object_or_404(User, pk=pk)
    try:
        with audited_change():
            _keep_an_administrator(user, stays=False)
            User.objects.filter(pk=pk).update(is_active=False)
            Invitation.objects.filter(user=user, used_at=None).delete()
            ended = control.end_sessions(user)
            control.bump_access([pk])
            record(
                draft_for_user(
                    person(request),
                    "deactivate",
                    target=_audit_target(user),
                    detail={"sessions ended": ended},
                )
            )
    except LastAdministrator:
        return _refuse_last(request, user)
    messages.success(request, _("This user can no longer sign in."))
    return redirect("accounts:person", pk=pk)


@require_POST
@require_administrator
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person in again."""
    user = get_object_or_404(User, pk=pk)
    with audited_change():
        User.objects.filter(pk=pk).update(is_active=True)
        control.bump_access([user.pk])
        record(draft_for_user(person(request), "activate", target=_audit_target(user)))
    messages.success(request, _("This user can sign in again."))
    return redirect("accounts:person", pk=pk)


@require_POST
@require_administrator
def new_password_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link with which the person chooses a new password; the administrator never knows it."""
    user = get_object_or_404(User, pk=pk, is_active=True)
    with audited_change():
        secret = one_time_links.link_for(user, Purpose.PASSWORD, created_by=person(request))
        record(draft_for_user(person(request), "password-link", target=_audit_target(user)))
    return _show_link(request, secret, Purpose.PASSWORD, user)


def _renew_session(request: HttpRequest) -> None:
    """Gives people who changed their own global role a new session key; the old one stops working."""
    before = get_session_id(request)
    request.session.cycle_key()
    rotate_token(request)
    control.notify_signed_out(before)


def _audit_target(user: User) -> str:
    """How the audit trail names the user that something is done to."""
    return f"person {user.username}"


def _page(request: HttpRequest, user: User, form: GlobalRoleForm, status: int = 200) -> HttpResponse:
    context = {
        "member": user,
        "form": form,
        "memberships": user.memberships.select_related("team").order_by("team__name"),
        "session_count": user.sessions.count(),
        "is_self": user.pk == person(request).pk,
    }
    return render(request, "accounts/person.html", context, status=status)


def _show_link(request: HttpRequest, secret: str, purpose: Purpose, user: User | None = None) -> HttpResponse:
    context = {
        "link_url": one_time_links.link_url(secret, here=request.build_absolute_uri("/")[:-1]),
        "purpose": purpose,
        "days": one_time_links.LIFETIMES[purpose].days,
        "member": user,
    }
    return render(request, "accounts/link.html", context)


def _keep_an_administrator(user: User, *, stays: bool) -> None:
    """Inside a transaction: two administrators who demote each other at once wait for each other."""
    rows = User.objects.select_for_update().filter(global_role=GlobalRole.ADMINISTRATOR, is_active=True)
    if not stays and {row.pk for row in rows} == {user.pk}:
        raise LastAdministrator


def _refuse_last(request: HttpRequest, user: User) -> HttpResponse:
    messages.error(
        request, _("This is the last active administrator. Make someone else an administrator first.")
    )
    return redirect("accounts:person", pk=user.pk)
