"""Rollout page: how far the rollout of a workload is, its pods by revision, and why it does not go on."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.address import kubectl
from dashboard.address.paths import parse
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds.table import find_slug
from dashboard.kinds.table.workloads import ROLLOUT
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.rollouts import pieces
from people.decorators import person, require_sign_in


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def rollout_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The rollout now; what changes comes live."""
    address = parse(path, request.GET)
    if ROLLOUT not in find_slug(address.resource).tabs:
        raise Http404(_("Objects of this kind have no rollout."))
    opened = open_object(person(request), address, with_related=False, with_rollout=True)
    try:
        return render(request, "rollouts/rollout.html", _build_context(opened))
    finally:
        opened.close()


def _build_context(opened: OpenObject) -> dict[str, Any]:
    rendered_pieces = pieces.render_pieces(opened, opened.found or {})
    return {
        **build_object_frame(opened),
        "page": opened.address.url("rollout"),
        "kind": opened.resource.kind,
        "tab": ROLLOUT.page,
        "pieces": rendered_pieces,
        "window": pieces.window_digest(rendered_pieces),
        "commands": [kubectl.object_command(opened.address, "rollout status")],
    }
