"""Credential page: add, renew or remove the user's own credential for a cluster."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clusters.credentials.store import Owner, remove, save_credential, server_of
from clusters.gateway.team_credentials import team_credentials, team_roles
from clusters.models import Cluster, Credential
from clusters.sharing import roles, visible_cluster
from dashboard.accounts.sign_in import safe_next_url
from dashboard.clusters.credential_form import (
    NAMESPACE,
    WAYS,
    Rejected,
    empty_form,
    offer_form,
    verify_form,
)
from dashboard.clusters.credential_states import credential_status
from dashboard.clusters.service_account import account_for
from people.decorators import person, require_sign_in
from people.models import TeamRole, User

SECRETS = ("token", "certificate", "key", "kubeconfig")


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@never_cache
def credential(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a token, a certificate and key, or a kubeconfig; the cluster says who it is before it is stored."""
    user = person(request)
    cluster = visible_cluster(user, slug)
    way = way_of(request)
    if request.method != "POST":
        own = Credential.objects.filter(cluster=cluster, user=user).first()
        return _page(request, user, cluster, way, empty_form(way, own.namespace if own else ""))
    form = offer_form(way, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, user, cluster, way, form)
    verified = verify_form(form, way, server_of(cluster))
    if isinstance(verified, Rejected):
        return _page(request, user, cluster, way, form, verified)
    owner = Owner(user=user)
    save_credential(
        cluster,
        owner,
        verified.identity,
        verified.who,
        namespace=verified.namespace,
        read_only=False,
        actor=user,
    )
    values = {"cluster": cluster.name, "identity": verified.who.username}
    messages.success(
        request, _("%(cluster)s accepted the credential. Your identity there is %(identity)s.") % values
    )
    return HttpResponseRedirect(next_url_of(request) or reverse("clusters:credential", args=[cluster.slug]))


@require_POST
@require_sign_in
def remove_credential(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove an own credential, also of a cluster that is no longer shared with me."""
    own = Credential.objects.filter(pk=pk, user=person(request)).select_related("cluster").first()
    if own is None:
        raise Http404
    remove(own, person(request))
    messages.success(
        request, _("Your credential for %(cluster)s was removed.") % {"cluster": own.cluster.name}
    )
    return redirect("clusters:credentials")


def _page(
    request: HttpRequest,
    user: User,
    cluster: Cluster,
    way: str,
    form: forms.Form,
    rejected: Rejected | None = None,
) -> HttpResponse:
    own = Credential.objects.filter(cluster=cluster, user=user).select_related("cluster").first()
    namespace = _namespace(request, own)
    role = roles(user).get(cluster.pk, TeamRole.VIEWER)
    next_url = next_url_of(request)
    context: dict[str, Any] = {
        "cluster": cluster,
        "own": credential_status(own),
        "shared": credential_status(team_credentials(user, team_roles(user)).get(cluster.pk)),
        "way": way,
        "ways": WAYS,
        "form": form,
        "notice": rejected.notice if rejected else None,
        "needs_account": rejected is not None and rejected.needs_account,
        "account": account_for(
            user, role, namespace=namespace, context=rejected.context if rejected else None
        ),
        "next_url": next_url,
        "confirm_url": reverse("clusters:confirm_credential", args=[cluster.slug])
        + (f"?{urlencode({'next': next_url})}" if next_url else ""),
        "next_query": f"&{urlencode({'next': next_url})}" if next_url else "",
    }
    failed = rejected or form.errors
    return render(request, "clusters/credential.html", context, status=422 if failed else 200)


def way_of(request: HttpRequest) -> str:
    way = (request.POST if request.method == "POST" else request.GET).get("way", WAYS[0])
    if way not in WAYS:
        raise Http404
    return way


def _namespace(request: HttpRequest, own: Credential | None) -> str:
    requested = request.GET.get("namespace", "")
    if requested and NAMESPACE.regex.fullmatch(requested):  # type: ignore[union-attr]  # compiled lazily
        return requested
    return own.namespace if own else ""


def next_url_of(request: HttpRequest) -> str:
    """A page of ours to go on to, "" where none is named."""
    requested = request.POST.get("next") or request.GET.get("next", "")
    return safe_next_url(requested) if requested else ""
