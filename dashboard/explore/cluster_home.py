"""Cluster home page: its namespaces, complete if they can be listed, else the known ones and a form."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from clusters.api.errors import Forbidden
from clusters.api.paths import DNS_LABEL
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import ALL, Address, address, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import build_create_entry, navigation
from dashboard.frame.switcher import switcher
from people.decorators import person, require_sign_in

MAX_LISTED_NAMESPACES = 500  # namespaces on the page; the filter finds the others
NAMESPACE = RegexValidator(
    rf"^{DNS_LABEL}\Z", gettext_lazy("A namespace name can contain lowercase letters, digits and hyphens.")
)


class NamespaceForm(forms.Form):
    """A namespace that the person knows of."""

    namespace = forms.CharField(
        label=gettext_lazy("Namespace"),
        max_length=63,
        validators=[NAMESPACE],
    )


@require_safe
@require_sign_in
def landing(request: HttpRequest) -> HttpResponse:
    """`/c/` names no cluster: choose one."""
    return redirect("clusters:clusters")


@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@handle_cluster_errors
def cluster(request: HttpRequest, cluster: str) -> HttpResponse:
    """Namespaces to choose from; where just one is known, its pods at once. POST opens a typed one."""
    page_address = parse({"clusters": cluster, "namespaces": ALL, "resource": "pods"}, request.GET)
    cluster_session = connect(person(request), page_address.cluster)
    form = NamespaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = _open(request, cluster_session, form)
        if response:
            return response
    known = cluster_session.namespaces()
    if (
        request.method != "POST"
        and not known.is_complete
        and len(known.names) == 1
        and "choose" not in request.GET
    ):
        return redirect(_pods(cluster, known.names[0]).url())
    return render(request, "explore/cluster.html", _context(request, cluster_session, page_address, form))


def _open(
    request: HttpRequest, cluster_session: ClusterSession, form: NamespaceForm
) -> HttpResponseRedirect | None:
    """Only a real answer proves that a namespace is there, to this person."""
    name = form.cleaned_data["namespace"]
    try:
        if cluster_session.remember(name):
            return redirect(_pods(cluster_session.cluster.slug, name).url())
        form.add_error("namespace", _("Namespace “%(name)s” does not exist.") % {"name": name})
    except Forbidden as refusal:
        messages.error(request, refusal.message)
        form.add_error(
            "namespace",
            _(
                "You do not have permission to view namespace “%(name)s” or to list pods in it. Kubernetes "
                "gives the same answer for a namespace that does not exist: check the name, "
                "or ask your cluster administrator."
            )
            % {"name": name},
        )
    return None


def _context(
    request: HttpRequest, cluster_session: ClusterSession, page_address: Address, form: NamespaceForm
) -> dict[str, object]:
    known = cluster_session.namespaces()
    words = request.GET.get("q", "").strip().lower()[:63]
    matching = [name for name in known.names if words in name]
    cluster_address = Address(
        page_address.clusters, (ALL,), ""
    )  # no kind: the page is about the whole cluster
    return {
        **build_frame_context(page_address, [cluster_session]),
        "address": cluster_address,
        "navigation": navigation(cluster_session, cluster_address),
        "switcher": switcher(cluster_session, cluster_address),
        "create": build_create_entry(cluster_session, cluster_address),
        "known": known,
        "q": request.GET.get("q", "")[:63],
        "namespaces": [
            (name, _pods(cluster_session.cluster.slug, name).url())
            for name in matching[:MAX_LISTED_NAMESPACES]
        ],
        "matching": len(matching),
        "more": max(0, len(matching) - MAX_LISTED_NAMESPACES),
        "all_pods_url": _pods(cluster_session.cluster.slug, "").url(),
        "kinds_url": reverse("resources:kinds", args=[cluster_session.cluster.slug, ALL]),
        "form": form,
        "command": kubectl.command(cluster_session.cluster.slug, "_cluster", "get", "namespaces"),
    }


def _pods(slug: str, namespace: str) -> Address:
    return address(slug, "pods", namespace=namespace)
