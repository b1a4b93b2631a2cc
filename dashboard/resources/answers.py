"""Does a cluster that did not answer do so now? What a page asks every few seconds before it goes on by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.errors import Forbidden, NotFound, Unauthorized
from clusters.api.turns import PROBES
from clusters.connect import Desk, connect
from dashboard.resources.entrance import entered
from people.decorators import person, signed_in

PATIENCE = 2.0  # seconds: one that hangs is asked anew rather than waited for


@require_safe
@never_cache
@signed_in
@entered
def answers(request: HttpRequest, cluster: str) -> HttpResponse:
    """204 where it answers, 202 where it refuses; else the page of what went wrong.

    An API server that has just started refuses, for a moment, what RBAC will allow: who asks believes only the third.
    """
    return HttpResponse(status=204 if ask(connect(person(request), cluster)) else 202)


def ask(desk: Desk) -> bool:
    """Whether it says that it is ready; False where it refuses to say. Raises the ApiError of an outage."""
    try:
        desk.client.request("GET", "/readyz", timeout=PATIENCE, lane=PROBES)
    except (Unauthorized, Forbidden, NotFound):
        return False
    return True
