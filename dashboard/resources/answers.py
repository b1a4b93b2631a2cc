"""Does a cluster that did not answer do so now? What a page asks every few seconds before it goes on by itself."""

from __future__ import annotations

from contextlib import suppress

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
    """204 where it answers anything at all, a refusal too; else the page of what went wrong."""
    ask(connect(person(request), cluster))
    return HttpResponse(status=204)


def ask(desk: Desk) -> None:
    """Raise the ApiError that says why it does not answer."""
    with suppress(Unauthorized, Forbidden, NotFound):
        desk.client.request("GET", "/readyz", timeout=PATIENCE, lane=PROBES)
