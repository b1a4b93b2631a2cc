"""Middleware: records when a session was last seen, at most once a minute."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from people.decorators import is_signed_in
from people.sessions import SessionStore


def record_last_seen(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Runs after authentication."""

    def with_seen(request: HttpRequest) -> HttpResponse:
        if isinstance(request.session, SessionStore) and is_signed_in(request):
            request.session.mark_seen()
        return get_response(request)

    return with_seen
