"""Team views: teams, their members and team roles, changed by administrators."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.forms import MembershipForm, RoleForm, TeamForm, get_post_data
from people import control
from people.audit.changes import audited_change
from people.audit.record import AuditDraft, draft_for_user, record
from people.decorators import person, require_administrator
from people.models import Membership, Team, User


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def teams(request: HttpRequest) -> HttpResponse:
    """All teams, and a form for a new one."""
    form = TeamForm(get_post_data(request))
    if request.method == "POST" and form.is_valid():
        with audited_change():
            team = form.save()
            record(
                draft_for_user(
                    person(request), "team-create", target=_audit_target(team), detail={"name": team.name}
                )
            )
        messages.success(request, _("Team created."))
        return redirect("accounts:team", slug=team.slug)
    listed = Team.objects.annotate(member_count=Count("memberships")).order_by("name")
    return render(
        request, "accounts/teams.html", {"teams": listed, "form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """The members, and the team's names."""
    found = get_object_or_404(Team, slug=slug)
    form = TeamForm(get_post_data(request), instance=found)
    if request.method == "POST" and form.is_valid():
        with audited_change():
            before = Team.objects.get(pk=found.pk)
            form.save()
            change = {"name": [before.name, found.name], "slug": [before.slug, found.slug]}
            record(draft_for_user(person(request), "team-edit", target=_audit_target(before), detail=change))
        messages.success(request, _("Team renamed."))
        return redirect("accounts:team", slug=found.slug)
    found.refresh_from_db()
    return _page(request, found, team_form=form)


@require_POST
@require_administrator
def delete_team(request: HttpRequest, slug: str) -> HttpResponse:
    """Its members lose what only this team shared with them."""
    found = get_object_or_404(Team, slug=slug)
    with audited_change():
        members = dict(found.memberships.values_list("user_id", "user__username"))
        control.bump_access(members)
        _total, went = found.delete()  # shares and shared credentials as well
        detail = {"members": sorted(members.values()), "deleted": went}
        record(draft_for_user(person(request), "team-delete", target=_audit_target(found), detail=detail))
    messages.success(request, _("Team deleted."))
    return redirect("accounts:teams")


@require_POST
@require_administrator
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """A person joins, or gets another role."""
    found = get_object_or_404(Team, slug=slug)
    form = MembershipForm(request.POST)
    if not form.is_valid():
        return _page(request, found, member_form=form)
    with audited_change():
        Membership.objects.update_or_create(
            team=found, user=form.cleaned_data["user"], defaults={"role": form.cleaned_data["role"]}
        )
        control.bump_access([form.cleaned_data["user"].pk])
        record(
            _draft_membership_entry(
                request, "member-add", found, form.cleaned_data["user"], form.cleaned_data["role"]
            )
        )
    return redirect("accounts:team", slug=slug)


@require_POST
@require_administrator
def change_role(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """Viewer or editor."""
    membership = get_object_or_404(Membership, team__slug=slug, user_id=user_id)
    form = RoleForm(request.POST, instance=membership)
    if not form.is_valid():
        messages.error(request, _("Invalid role."))
        return redirect("accounts:team", slug=slug)
    with audited_change():
        form.save()
        control.bump_access([user_id])
        record(
            _draft_membership_entry(request, "member-role", membership.team, membership.user, membership.role)
        )
    messages.success(request, _("Role changed."))
    return redirect("accounts:team", slug=slug)


@require_POST
@require_administrator
def remove_member(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """A person leaves the team."""
    membership = get_object_or_404(Membership, team__slug=slug, user_id=user_id)
    with audited_change():
        membership.delete()
        control.bump_access([user_id])
        record(
            _draft_membership_entry(
                request, "member-remove", membership.team, membership.user, membership.role
            )
        )
    return redirect("accounts:team", slug=slug)


def _audit_target(found: Team) -> str:
    """How the audit trail names a team."""
    return f"team {found.slug}"


def _draft_membership_entry(
    request: HttpRequest, verb: str, found: Team, user: User, role: str
) -> AuditDraft:
    detail = {"person": user.username, "person id": user.pk, "role": role}
    return draft_for_user(person(request), verb, target=_audit_target(found), detail=detail)


def _page(
    request: HttpRequest,
    found: Team,
    *,
    team_form: TeamForm | None = None,
    member_form: MembershipForm | None = None,
) -> HttpResponse:
    wrong = any(form is not None and form.errors for form in (team_form, member_form))
    context = {
        "team": found,
        "team_form": team_form or TeamForm(instance=found),
        "member_form": member_form or MembershipForm(),
        "memberships": found.memberships.select_related("user").order_by("user__name", "user__username"),
        "roles": Membership.role.field.choices,
    }
    return render(request, "accounts/team.html", context, status=422 if wrong else 200)
