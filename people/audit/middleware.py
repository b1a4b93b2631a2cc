"""What does each request bring for the trail, and what is answered where the trail cannot be written?"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.audit.origin import of_request
from people.audit.record import TrailUnavailable

MOST_FIELDS = 200
RETRY_SECONDS = "5"


def audited(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Runs after authentication."""

    def with_origin(request: HttpRequest) -> HttpResponse:
        with of_request(request):
            return get_response(request)

    with_origin.process_exception = refused  # type: ignore[attr-defined] # Django asks the function for it
    return with_origin


def refused(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """503 for a change that was not made: with what was typed, to be sent again, and without what is secret."""
    if not isinstance(exception, TrailUnavailable):
        return None
    marked = getattr(request, "sensitive_post_parameters", ())
    secret = set(request.POST) if marked == "__ALL__" else set(marked)
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in secret and name != "csrfmiddlewaretoken"
    ]
    context = {
        "fields": fields[:MOST_FIELDS],
        "has_secrets": any(name in request.POST for name in secret),
        "action": request.get_full_path(),
        "is_post": request.method == "POST",
    }
    is_part = request.headers.get("HX-Request-Type") == "partial"
    template = "people/trail_unavailable_part.html" if is_part else "people/trail_unavailable.html"
    response = render(request, template, context, status=503)
    response["Retry-After"] = RETRY_SECONDS
    return response
