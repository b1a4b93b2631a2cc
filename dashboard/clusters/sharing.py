"""Team sharing: which teams see a cluster, and the credential that a team shares."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clusters.audit_details import draft_share_entry
from clusters.credentials.invalidation import invalidate_shares
from clusters.credentials.store import Owner, remove, save_credential, server_of
from clusters.models import Cluster, Credential, Share
from dashboard.clusters.credential import SECRETS, way_of
from dashboard.clusters.credential_form import WAYS, Rejected, empty_form, offer_form, verify_form
from dashboard.clusters.credential_states import credential_status
from dashboard.clusters.service_account import account_for
from people.audit.changes import audited_change
from people.audit.record import record
from people.decorators import person, require_administrator
from people.models import Team, TeamRole, User


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def teams(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the teams that see the cluster. A team that no longer does loses its shared credential too."""
    cluster = get_object_or_404(Cluster, slug=slug)
    if request.method == "POST":
        chosen = set(Team.objects.filter(slug__in=request.POST.getlist("team")))
        _share(person(request), cluster, chosen)
        messages.success(request, _("Access to %(cluster)s updated.") % {"cluster": cluster.name})
        return redirect("clusters:teams", cluster.slug)
    shared = set(cluster.shares.values_list("team_id", flat=True))
    credentials = {
        one.team_id: one for one in cluster.credentials.filter(team__isnull=False).select_related("cluster")
    }
    rows = [
        {"team": team, "is_shared": team.pk in shared, "state": credential_status(credentials.get(team.pk))}
        for team in Team.objects.order_by("name")
    ]
    return render(request, "clusters/teams.html", {"cluster": cluster, "rows": rows})


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
@never_cache
def team_credential(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """A credential that a team's members act with where they have none; read-only unless chosen otherwise."""
    share = get_object_or_404(
        Share.objects.select_related("cluster", "team"), cluster__slug=slug, team__slug=team
    )
    way = way_of(request)
    if request.method != "POST":
        return _page(request, share, way, empty_form(way))
    form = offer_form(way, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, share, way, form)
    verified = verify_form(form, way, server_of(share.cluster))
    if isinstance(verified, Rejected):
        return _page(request, share, way, form, verified)
    read_only = not request.POST.get("can_write")
    owner = Owner(team=share.team)
    save_credential(
        share.cluster,
        owner,
        verified.identity,
        verified.who,
        namespace=verified.namespace,
        read_only=read_only,
        actor=person(request),
    )
    values = {"team": share.team.name, "identity": verified.who.username}
    messages.success(
        request, _("Members of %(team)s without their own credential now act as %(identity)s.") % values
    )
    return redirect("clusters:teams", slug)


@require_POST
@require_administrator
def remove_team_credential(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Remove a team's shared credential."""
    credential = get_object_or_404(
        Credential.objects.select_related("cluster", "team"), cluster__slug=slug, team__slug=team
    )
    remove(credential, person(request))
    messages.success(request, _("The shared credential was removed."))
    return redirect("clusters:teams", slug)


@audited_change()
def _share(user: User, cluster: Cluster, chosen: set[Team]) -> None:
    before = {share.team_id: share for share in cluster.shares.select_related("team")}
    ids = {team.pk for team in chosen}
    for credential in cluster.credentials.filter(team__isnull=False).exclude(team_id__in=ids):
        remove(credential, user)
    Share.objects.filter(cluster=cluster, team_id__in=before.keys() - ids).delete()
    Share.objects.bulk_create(
        [Share(cluster=cluster, team=team) for team in chosen if team.pk not in before], ignore_conflicts=True
    )
    invalidate_shares(before.keys() ^ ids)
    for team in sorted(chosen, key=lambda one: one.slug):
        if team.pk not in before:
            record(draft_share_entry(user, "share-add", cluster, team))
    for share in before.values():
        if share.team_id not in ids:
            record(draft_share_entry(user, "share-remove", cluster, share.team))


def _page(
    request: HttpRequest, share: Share, way: str, form: forms.Form, rejected: Rejected | None = None
) -> HttpResponse:
    credential = (
        Credential.objects.filter(cluster=share.cluster, team=share.team).select_related("cluster").first()
    )
    context = {
        "cluster": share.cluster,
        "team": share.team,
        "own": credential_status(credential),
        "confirm_url": reverse(
            "clusters:confirm_team_credential", args=[share.cluster.slug, share.team.slug]
        ),
        "way": way,
        "ways": WAYS,
        "form": form,
        "can_write": bool(request.POST.get("can_write")),
        "notice": rejected.notice if rejected else None,
        "needs_account": rejected is not None and rejected.needs_account,
        "account": account_for(
            person(request), TeamRole.VIEWER, context=rejected.context if rejected else None
        ),
    }
    failed = rejected or form.errors
    return render(request, "clusters/team_credential.html", context, status=422 if failed else 200)
