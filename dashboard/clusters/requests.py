"""Cluster requests: a member's own requests; administrators approve or decline."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clusters.audit_details import draft_request_entry
from clusters.models import Cluster, ClusterRequest, RequestState
from people.audit.changes import audited_change
from people.audit.record import record
from people.decorators import forbid_auditors, person, require_administrator, require_sign_in

MAX_REQUESTS = 200


@require_safe
@require_sign_in
def requests(request: HttpRequest) -> HttpResponse:
    """Mine; an administrator's page shows everybody's. Open ones come first."""
    user = person(request)
    found = ClusterRequest.objects.select_related("user", "cluster", "decided_by")
    if not user.is_administrator:
        found = found.filter(user=user)
    decided = found.exclude(state=RequestState.OPEN).order_by("-decided_at")[:MAX_REQUESTS]
    context = {
        "open": found.filter(state=RequestState.OPEN).order_by("created_at")[:MAX_REQUESTS],
        "decided": decided,
    }
    return render(request, "clusters/requests.html", context)


@require_POST
@require_administrator
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes with a cluster that is here already; what is left is to share it with a team of the member's."""
    cluster_request = get_object_or_404(ClusterRequest, pk=pk, state=RequestState.OPEN)
    cluster = get_object_or_404(Cluster, slug=request.POST.get("cluster", ""))
    with audited_change():
        ClusterRequest.objects.filter(pk=cluster_request.pk, state=RequestState.OPEN).update(
            state=RequestState.APPROVED,
            cluster=cluster,
            decided_by=person(request),
            decided_at=timezone.now(),
        )
        record(draft_request_entry(person(request), "request-approve", cluster_request, cluster=cluster.slug))
    messages.success(
        request, _("Approved. Choose which teams can see %(cluster)s.") % {"cluster": cluster.name}
    )
    return redirect("clusters:teams", cluster.slug)


@require_POST
@require_administrator
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no; the member sees it. Otherwise the administrator adds the cluster from the request."""
    cluster_request = get_object_or_404(ClusterRequest, pk=pk, state=RequestState.OPEN)
    with audited_change():
        ClusterRequest.objects.filter(pk=cluster_request.pk, state=RequestState.OPEN).update(
            state=RequestState.DECLINED, decided_by=person(request), decided_at=timezone.now()
        )
        record(draft_request_entry(person(request), "request-decline", cluster_request))
    messages.success(request, _("The request for %(name)s was declined.") % {"name": cluster_request.name})
    return redirect("clusters:requests")


@require_POST
@require_sign_in
@forbid_auditors
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an own open request back."""
    cluster_request = get_object_or_404(ClusterRequest, pk=pk, user=person(request), state=RequestState.OPEN)
    with audited_change():
        record(draft_request_entry(person(request), "request-withdraw", cluster_request))
        cluster_request.delete()
    messages.success(request, _("Your request for %(name)s was withdrawn.") % {"name": cluster_request.name})
    return redirect("clusters:requests")
