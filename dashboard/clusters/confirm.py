"""Confirm pages: old and new connection settings of a cluster, and the owner's yes to sending a credential there."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.audit_details import find_last_edit
from clusters.credentials.confirmation import confirm, describe_change, may_confirm
from clusters.credentials.sealing import SealBroken
from clusters.credentials.suspension import Suspension
from clusters.models import Credential
from clusters.sharing import visible_cluster
from dashboard.clusters.credential import next_url_of
from dashboard.clusters.credential_states import credential_status
from dashboard.clusters.settings_comparison import compare_settings
from dashboard.clusters.suspensions import describe_suspension
from dashboard.pieces.notice import Detail, Notice
from people.decorators import person, require_administrator, require_sign_in
from people.models import User


@dataclass(frozen=True)
class _Page:
    """Where a credential is confirmed, and where it is shown and added again."""

    here: str
    back: str


@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@never_cache
def confirm_credential(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own credential, for a cluster whose connection settings have changed since it was added."""
    user = person(request)
    cluster = visible_cluster(user, slug)
    page = _Page(request.path, reverse("clusters:credential", args=[slug]))
    own = Credential.objects.filter(cluster=cluster, user=user).select_related("cluster", "user").first()
    return _respond(request, user, own, page)


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
@never_cache
def confirm_team_credential(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """A team's; only the administrator who added it can say yes."""
    shared = get_object_or_404(
        Credential.objects.select_related("cluster", "team"), cluster__slug=slug, team__slug=team
    )
    page = _Page(request.path, reverse("clusters:team_credential", args=[slug, team]))
    return _respond(request, person(request), shared, page)


def _respond(request: HttpRequest, user: User, credential: Credential | None, page: _Page) -> HttpResponse:
    """What is not suspended, or cannot be opened, is shown by the credential's own page."""
    state = credential_status(credential)
    suspension = state.suspension
    if credential is None or suspension is None or not suspension.is_moved:
        return redirect(page.back)
    is_outdated = False
    if request.method == "POST" and (answer := _confirm(request, user, credential, page)) is not None:
        return answer
    if request.method == "POST":
        is_outdated = may_confirm(credential, user)
    context = {
        "cluster": credential.cluster,
        "credential": credential,
        "rows": compare_settings(suspension),
        "digest": suspension.after.digest if suspension.after else "",
        "notices": _build_notices(credential, suspension, is_outdated=is_outdated),
        "may_confirm": may_confirm(credential, user),
        "next_url": next_url_of(request),
        "page": page,
    }
    return render(request, "clusters/confirm.html", context, status=422 if request.method == "POST" else 200)


def _build_notices(credential: Credential, suspension: Suspension, *, is_outdated: bool) -> list[Notice]:
    """What is wrong, what a yes means, and who changed the settings as far as the audit trail knows."""
    values = {"name": credential.cluster.name, "identity": credential.identity}
    title, _advice, _label = describe_suspension(credential, suspension)
    advice = _(
        "The connection settings of %(name)s have changed since the credential for %(identity)s was added. Nothing is "
        "sent there until you confirm that this is still the same cluster: whoever answers at the new address gets the "
        "credential."
    )
    edit = find_last_edit(credential.cluster, describe_change(suspension), credential.updated_at)
    if edit is None:
        trail = _(
            "The audit trail has no edit of these settings. Do not confirm them before you have asked an administrator."
        )
    else:
        trail = _(
            "The last edit of these settings in the audit trail is by %(who)s, %(when)s UTC. If you did not expect it, "
            "ask before you confirm."
        ) % {"who": edit.person, "when": f"{edit.at:%Y-%m-%d %H:%M}"}
    found = [Notice(title, advice % values, "warning", details=(Detail(trail),))]
    if is_outdated:
        again = _("The settings have changed again since this page was opened.")
        found.insert(0, Notice(again, _("Nothing was confirmed: compare them once more."), is_announced=True))
    return found


def _confirm(request: HttpRequest, user: User, credential: Credential, page: _Page) -> HttpResponse | None:
    """The way on, None where the settings are not those that were shown, or the yes is not this person's to give."""
    try:
        done = confirm(credential, user, request.POST.get("shown", ""))
    except SealBroken:
        messages.error(request, _("The credential cannot be decrypted. Add it again."))
        return redirect(page.back)
    if not done:
        return None
    messages.success(
        request,
        _("Confirmed. The credential for %(cluster)s is in use again.")
        % {"cluster": credential.cluster.name},
    )
    return HttpResponseRedirect(next_url_of(request) or page.back)
