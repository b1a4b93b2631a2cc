"""Denials: records each 403 of Kubernetes in the audit trail, rate limited per user, cluster and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clusters.api.connection import ErrorCallback
from clusters.api.errors import ApiError, Forbidden
from clusters.api.reading_client import REVIEWS
from clusters.api.request_info import parse_request_info
from people.audit.draft import AuditDraft
from people.audit.models import Result
from people.audit.origin import Origin, current
from people.audit.rate_limit import RateLimiter
from people.audit.record import note_soon

INTERVAL_SECONDS = 60.0  # seconds
MAX_REMEMBERED = 20_000  # denials that are remembered as recorded
HEALTH_PATHS = frozenset({"/readyz", "/livez", "/healthz", "/version"})  # requested for the server's own sake

rate_limiter = RateLimiter(INTERVAL_SECONDS, MAX_REMEMBERED)


def make_error_callback(draft: AuditDraft) -> ErrorCallback:
    """What a connection calls with each error that it meets; `draft` has user, cluster and credential.

    It may be called from the hub's loop, long after the request under which the feed was opened, and does not block.
    """
    origin = current()
    return lambda method, path, query, error: _note(draft, origin, method, path, query, error)


def _note(
    draft: AuditDraft,
    origin: Origin,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    error: ApiError,
) -> None:
    if not isinstance(error, Forbidden) or path in REVIEWS or path in HEALTH_PATHS:
        return
    request_info = parse_request_info(method, path, query)
    if not rate_limiter.is_due((draft.person_id, draft.cluster_id, request_info)):
        return
    note_soon(
        replace(
            draft,
            verb=request_info.verb,
            session=origin.session,
            address=origin.address,
            group=request_info.group,
            version=request_info.version,
            resource=request_info.resource,
            subresource=request_info.subresource,
            namespace=request_info.namespace,
            name=request_info.name,
            result=Result.DENIED,
            status=error.status,
            reason=error.message,
            audit_id=error.audit_id,
        )
    )
