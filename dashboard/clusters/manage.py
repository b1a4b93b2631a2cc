"""Cluster administration: add, edit and delete a cluster."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.audit_details import changes, draft_cluster_entry, draft_request_entry, settings_of
from clusters.credentials.confirmation import carry_over
from clusters.credentials.invalidation import invalidate_cluster
from clusters.credentials.suspension import count_suspended
from clusters.models import Cluster, ClusterRequest, RequestState
from dashboard.clusters.cluster_form import ClusterForm, check_cluster
from dashboard.pieces.notice import Notice
from people.audit.changes import audited_change
from people.audit.record import record
from people.decorators import person, require_administrator


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """A new cluster; `?request=7` fills in what a member requested, and saving it approves that request."""
    cluster_request = _find_request(request)
    if request.method != "POST":
        return _page(
            request, ClusterForm(initial=_initial_values(cluster_request)), cluster_request=cluster_request
        )
    form = ClusterForm(request.POST)
    if not form.is_valid():
        return _page(request, form, cluster_request=cluster_request)
    cluster = form.save(commit=False)
    if (notice := _check_reachable(request, cluster)) is not None:
        return _page(request, form, notice, cluster_request)
    with audited_change():
        cluster.save()
        record(draft_cluster_entry(person(request), "cluster-add", cluster, detail=settings_of(cluster)))
        if cluster_request:
            _approve(cluster_request, cluster, request)
    messages.success(
        request, _("Cluster %(cluster)s added. Choose which teams can see it.") % {"cluster": cluster.name}
    )
    return redirect("clusters:teams", cluster.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
@never_cache
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the cluster is and how it is verified; what depended on the old settings ends."""
    cluster = get_object_or_404(Cluster, slug=slug)
    if request.method != "POST":
        return _page(request, ClusterForm(instance=cluster), cluster=cluster)
    stored = get_object_or_404(Cluster, slug=slug)  # the form writes into its own
    form = ClusterForm(request.POST, instance=cluster)
    if not form.is_valid():
        return _page(request, form, cluster=stored)
    changed = form.save(commit=False)
    if (notice := _check_reachable(request, changed)) is not None:
        return _page(request, form, notice, cluster=stored)
    with audited_change():
        invalidate_cluster(stored)
        changed.save()
        carried, waiting = carry_over(stored, changed), count_suspended(changed)
        detail = {
            **changes(stored, changed, form.changed_data),
            **({"credentials kept": carried} if carried else {}),
            **({"credentials suspended": waiting} if waiting else {}),
        }
        record(draft_cluster_entry(person(request), "cluster-edit", changed, detail=detail))
    messages.success(request, _("%(cluster)s updated.") % {"cluster": changed.name})
    if waiting:
        messages.warning(request, _describe_suspended(waiting))
    return redirect("clusters:clusters")


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget a cluster and every credential for it, once its short name was typed."""
    cluster = get_object_or_404(Cluster, slug=slug)
    typed = request.POST.get("slug", "")
    if request.method == "POST" and typed == cluster.slug:
        with audited_change():
            invalidate_cluster(cluster)
            record(
                draft_cluster_entry(
                    person(request), "cluster-delete", cluster, detail=_describe_deletion(cluster)
                )
            )
            cluster.delete()
        messages.success(request, _("%(cluster)s was removed from Quarterdeck.") % {"cluster": cluster.name})
        return redirect("clusters:clusters")
    context = {
        "cluster": cluster,
        "credentials": cluster.credentials.count(),
        "teams": cluster.shares.count(),
        "typed": typed,
        "is_wrong": request.method == "POST",
    }
    return render(request, "clusters/delete.html", context, status=422 if request.method == "POST" else 200)


def _describe_suspended(waiting: int) -> str:
    return ngettext(
        "%(n)d credential is suspended until its owner confirms the new settings.",
        "%(n)d credentials are suspended until their owners confirm the new settings.",
        waiting,
    ) % {"n": waiting}


def _describe_deletion(cluster: Cluster) -> dict[str, Any]:
    """What goes with a cluster."""
    return {
        "server": cluster.server,
        "teams": list(cluster.shares.values_list("team__slug", flat=True)),
        "credentials": cluster.credentials.count(),
    }


def _page(
    request: HttpRequest,
    form: ClusterForm,
    notice: Notice | None = None,
    cluster_request: ClusterRequest | None = None,
    cluster: Cluster | None = None,
) -> HttpResponse:
    here = Cluster.objects.filter(server=cluster_request.server).first() if cluster_request else None
    context = {
        "form": form,
        "notice": notice,
        "cluster_request": cluster_request,
        "here": here,
        "cluster": cluster,
    }
    return render(request, "clusters/cluster.html", context, status=422 if notice or form.errors else 200)


def _check_reachable(request: HttpRequest, cluster: Cluster) -> Notice | None:
    return None if request.POST.get("save_anyway") else check_cluster(cluster)


def _find_request(request: HttpRequest) -> ClusterRequest | None:
    number = request.POST.get("request") or request.GET.get("request", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    return (
        ClusterRequest.objects.filter(pk=int(number), state=RequestState.OPEN).select_related("user").first()
    )


def _initial_values(cluster_request: ClusterRequest | None) -> dict[str, str]:
    if cluster_request is None:
        return {}
    return {
        "name": cluster_request.name,
        "server": cluster_request.server,
        "ca": cluster_request.ca,
        "tls_server_name": cluster_request.tls_server_name,
    }


def _approve(cluster_request: ClusterRequest, cluster: Cluster, request: HttpRequest) -> None:
    ClusterRequest.objects.filter(pk=cluster_request.pk, state=RequestState.OPEN).update(
        state=RequestState.APPROVED, cluster=cluster, decided_by=person(request), decided_at=timezone.now()
    )
    record(draft_request_entry(person(request), "request-approve", cluster_request, cluster=cluster.slug))
