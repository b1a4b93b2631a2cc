"""Pages of drains: the progress of one, stop and resume, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clusters.api.errors import Forbidden
from clusters.api.resource_attributes import ResourceAttributes
from clusters.drains.drain import list_nodes
from clusters.drains.operations import AlreadyRunning, CannotResume, TooManyRunning, resume_drain, stop_drain
from clusters.gateway.connect import ClusterSession, connect
from clusters.models import Operation, OperationState
from clusters.operations.runner import runner
from clusters.operations.watch import OperationSnapshot, read_snapshot
from dashboard.address.paths import ALL, Address, parse
from dashboard.drains.pieces import render_pieces, render_rows, window_of
from dashboard.drains.planning import show_denied
from dashboard.drains.presenter import RESUMABLE, build_link, build_rows
from dashboard.drains.visibility import can_see, find_drain, list_drains
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import navigation
from dashboard.frame.switcher import switcher
from dashboard.kinds.table import find_slug
from dashboard.objects.opening import open_object
from dashboard.objects.views import build_object_frame
from people.decorators import get_session_id, person, require_sign_in
from people.models import TeamRole


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def drain_page(request: HttpRequest, cluster: str, number: int) -> HttpResponse:
    """How far a drain is; what changes comes live."""
    cluster_session, operation = _open(request, cluster, number)
    snapshot = read_snapshot(operation.pk, runner.timings.lease)
    if snapshot is None:
        raise Http404
    rows = build_rows(snapshot)
    pieces = render_pieces(snapshot, **build_controls(cluster_session, snapshot))
    context = {
        **_build_frame(cluster_session, cluster),
        "page": request.get_full_path(),
        "number": operation.pk,
        "nodes": ", ".join(list_nodes(operation)),
        "summary_html": pieces["drain-summary"],
        "controls": pieces["drain-controls"],
        "rows": render_rows(rows),
        "window": window_of(rows),
    }
    return render(request, "drains/drain.html", context)


@require_POST
@require_sign_in
@handle_cluster_errors
def stop_page(request: HttpRequest, cluster: str, number: int) -> HttpResponse:
    """Have a drain stop: whoever started it, or who can change its nodes."""
    cluster_session, operation = _open(request, cluster, number, with_role=True)
    if operation.user_id != cluster_session.user.pk and not _can_change(cluster_session, operation):
        raise PermissionDenied(_("You do not have permission to change the nodes of this drain."))
    if not stop_drain(cluster_session, operation):
        messages.info(request, _("This drain is over already."))
    return redirect("resources:drain", cluster, number)


@require_POST
@require_sign_in
@handle_cluster_errors
def resume_page(request: HttpRequest, cluster: str, number: int) -> HttpResponse:
    """Go on with a drain that was stopped, interrupted or failed: only who started it, whose credential it uses."""
    cluster_session, operation = _open(request, cluster, number, with_role=True, is_own=True)
    if not _can_change(cluster_session, operation):
        messages.error(request, _("You do not have permission to change the nodes of this drain."))
        return redirect("resources:drain", cluster, number)
    try:
        resume_drain(cluster_session, get_session_id(request), operation)
    except CannotResume:
        messages.info(request, _("This drain is running, or it is done."))
    except (AlreadyRunning, TooManyRunning) as running:
        messages.warning(request, str(running))
    return redirect("resources:drain", cluster, number)


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def drains_page(request: HttpRequest, cluster: str) -> HttpResponse:
    """The newest drains of a cluster."""
    cluster_session = connect(person(request), cluster)
    context = {
        **_build_frame(cluster_session, cluster),
        "drains": _build_links(list_drains(cluster_session)),
    }
    return render(request, "drains/drains.html", context)


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def node_drains_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The newest drains of one node, as a tab of its page."""
    page_address = parse(path, request.GET)
    kind = find_slug(page_address.resource)
    if (kind.group, kind.plural) != ("", "nodes"):
        raise Http404(_("Objects of this kind have no such page."))
    try:
        opened = open_object(person(request), page_address, with_related=False)
    except Forbidden as error:
        cluster_session = connect(person(request), page_address.cluster)
        return show_denied(request, cluster_session, page_address, error)
    try:
        context = {
            **build_object_frame(opened),
            "tab": "drains",
            "kind": opened.resource.kind,
            "drains": _build_links(list_drains(opened.cluster_session, page_address.name)),
            "plan_url": page_address.path("drain"),
        }
        return render(request, "drains/node_drains.html", context)
    finally:
        opened.close()


def build_controls(cluster_session: ClusterSession, snapshot: OperationSnapshot) -> dict[str, Any]:
    """Which buttons the person has. What a button does is checked again when it is used."""
    operation = snapshot.operation
    is_mine = operation.user_id == cluster_session.user.pk
    is_editor = cluster_session.role == TeamRole.EDITOR
    return {
        "can_stop": is_editor and snapshot.state == OperationState.RUNNING,
        "can_resume": is_editor and is_mine and snapshot.state in RESUMABLE,
        "stop_url": reverse("resources:drain_stop", args=[operation.cluster.slug, operation.pk]),
        "resume_url": reverse("resources:drain_resume", args=[operation.cluster.slug, operation.pk]),
    }


def _open(
    request: HttpRequest, cluster: str, number: int, *, with_role: bool = False, is_own: bool = False
) -> tuple[ClusterSession, Operation]:
    """The drain as far as the person sees it; `with_role` for editors alone, `is_own` for who started it."""
    cluster_session = connect(person(request), cluster)
    if with_role:
        cluster_session.require_role(ResourceAttributes("patch", "", "v1", "nodes"))
    operation = find_drain(cluster_session, number)
    if operation is None:
        raise Http404(_("There is no such drain."))
    if is_own and operation.user_id != cluster_session.user.pk:
        raise PermissionDenied(
            _("Only the person who started this drain can resume it. Start another one instead.")
        )
    if not can_see(cluster_session, operation):
        raise PermissionDenied(
            _(
                "A drain is shown to the person who started it, and to everybody with permission to list "
                "pods in all namespaces."
            )
        )
    return cluster_session, operation


def _can_change(cluster_session: ClusterSession, operation: Operation) -> bool:
    checks = [ResourceAttributes("patch", "", "v1", "nodes", name=node) for node in list_nodes(operation)]
    return all(one.state != "denied" for one in cluster_session.review_access(checks).values())


def _build_frame(cluster_session: ClusterSession, cluster: str) -> dict[str, Any]:
    address = Address((cluster,), (ALL,), "")
    return {
        **build_frame_context(Address((cluster,), (ALL,), "nodes"), [cluster_session]),
        "address": address,
        "navigation": navigation(cluster_session, address),
        "switcher": switcher(cluster_session, address),
        "drains_url": reverse("resources:drains", args=[cluster]),
    }


def _build_links(operations: Sequence[Operation]) -> Sequence[Any]:
    return [build_link(one, runner.timings.lease) for one in operations]
