"""Audit middleware: request origin, denied requests, and 503 if the audit trail cannot be written."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.audit.origin import use_request_origin
from people.audit.rate_limit import RateLimiter
from people.audit.record import AuditTrailUnavailable, RecordedDenial, draft_for_user, note
from people.models import User

MAX_FIELDS = 200
RETRY_SECONDS = "5"
# Never sent back, whatever a view says of itself: whoever posts one to the wrong page typed it all the same.
SECRETS = frozenset({"password", "again", "current", "token", "key", "certificate", "kubeconfig"})
DENIED_EVERY = 60.0  # seconds between two rows about one person at one view

_denied_limiter = RateLimiter(DENIED_EVERY, max_keys=4096)


def audit_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Runs after authentication."""

    def with_origin(request: HttpRequest) -> HttpResponse:
        with use_request_origin(request):
            return get_response(request)

    with_origin.process_exception = handle_exception  # type: ignore[attr-defined] # Django asks the function for it
    return with_origin


def handle_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """503 for a change that was not made, with the typed fields to send again, except for secrets."""
    if isinstance(exception, PermissionDenied):
        _note_denied(request, exception)
    if not isinstance(exception, AuditTrailUnavailable):
        return None
    marked = getattr(request, "sensitive_post_parameters", ())
    secret = set(request.POST) if marked == "__ALL__" else SECRETS | set(marked)
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in secret and name != "csrfmiddlewaretoken"
    ]
    context = {
        "fields": fields[:MAX_FIELDS],
        "has_secrets": any(name in request.POST for name in secret),
        "action": request.get_full_path(),
        "is_post": request.method == "POST",
    }
    is_part = request.headers.get("HX-Request-Type") == "partial"
    template = "audit/unavailable_piece.html" if is_part else "audit/unavailable.html"
    response = render(request, template, context, status=503)
    response["Retry-After"] = RETRY_SECONDS
    return response


def _note_denied(request: HttpRequest, exception: PermissionDenied) -> None:
    """A request that a view denied. What a cluster session denies is on record already, in more detail."""
    match, user = request.resolver_match, request.user
    if isinstance(exception, RecordedDenial) or match is None or not isinstance(user, User):
        return
    if _denied_limiter.is_due((user.pk, match.view_name, request.method)):
        reason = str(exception) or "the global role does not allow it"
        note(
            draft_for_user(
                user,
                "enter",
                target=f"page {match.view_name}",
                result="denied",
                status=403,
                reason=reason,
                detail={"method": request.method},
            )
        )
