"""When was this browser last here? Noted for the list of one's sessions, at most once a minute."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from people.decorators import is_signed_in
from people.sessions import SessionStore


def seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Runs after authentication."""

    def with_seen(request: HttpRequest) -> HttpResponse:
        if isinstance(request.session, SessionStore) and is_signed_in(request):
            request.session.see()
        return get_response(request)

    return with_seen
