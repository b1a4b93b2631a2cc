"""How do I get to this cluster? My own credential: add, renew in place, remove."""

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

from clusters.credentials.stored import Owner, keep, remove, server_of
from clusters.models import Cluster, Credential
from clusters.pages.account import account_for
from clusters.pages.offer import NAMESPACE, WAYS, Refused, empty_form, offer_form, take
from clusters.pages.states import credential_state
from clusters.visible import roles, team_credentials, visible_cluster
from people.decorators import person, signed_in
from people.models import Role, User
from people.signing import safe_onward

SECRETS = ("token", "certificate", "key", "kubeconfig")


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@never_cache
def credential(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a token, a certificate and key, or a kubeconfig; the cluster says who it is before it is kept."""
    user = person(request)
    cluster = visible_cluster(user, slug)
    way = way_of(request)
    if request.method != "POST":
        own = Credential.objects.filter(cluster=cluster, user=user).first()
        return _page(request, user, cluster, way, empty_form(way, own.namespace if own else ""))
    form = offer_form(way, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, user, cluster, way, form)
    taken = take(form, way, server_of(cluster))
    if isinstance(taken, Refused):
        return _page(request, user, cluster, way, form, taken)
    owner = Owner(user=user)
    keep(cluster, owner, taken.identity, taken.who, namespace=taken.namespace, read_only=False, actor=user)
    told = {"cluster": cluster.name, "identity": taken.who.username}
    messages.success(
        request, _("%(cluster)s accepted the credential. Your identity there is %(identity)s.") % told
    )
    return HttpResponseRedirect(_onward(request) or reverse("clusters:credential", args=[cluster.slug]))


@require_POST
@signed_in
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
    refused: Refused | None = None,
) -> HttpResponse:
    own = Credential.objects.filter(cluster=cluster, user=user).select_related("cluster").first()
    namespace = _namespace(request, own)
    role = roles(user).get(cluster.pk, Role.READER)
    context: dict[str, Any] = {
        "cluster": cluster,
        "own": credential_state(own),
        "shared": credential_state(team_credentials(user).get(cluster.pk)),
        "way": way,
        "ways": WAYS,
        "form": form,
        "problem": refused.problem if refused else None,
        "account": account_for(user, role, namespace=namespace, context=refused.context if refused else None),
        "onward": (onward := _onward(request)),
        "onward_query": f"&{urlencode({'next': onward})}" if onward else "",
    }
    failed = refused or form.errors
    return render(request, "clusters/credential.html", context, status=422 if failed else 200)


def way_of(request: HttpRequest) -> str:
    way = (request.POST if request.method == "POST" else request.GET).get("way", WAYS[0])
    if way not in WAYS:
        raise Http404
    return way


def _namespace(request: HttpRequest, own: Credential | None) -> str:
    asked = request.GET.get("namespace", "")
    if asked and NAMESPACE.regex.fullmatch(asked):  # type: ignore[union-attr]  # compiled lazily
        return asked
    return own.namespace if own else ""


def _onward(request: HttpRequest) -> str:
    """A page of ours to go on to, "" where none was asked for."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    return safe_onward(asked) if asked else ""
