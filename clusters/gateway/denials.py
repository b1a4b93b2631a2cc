"""Denials: records each 403 of Kubernetes in the audit trail, rate limited per user, cluster and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clusters.api.connection import ErrorCallback
from clusters.api.errors import ApiError, Forbidden
from clusters.api.reading_client import REVIEWS
from clusters.api.resource_attributes import parse_attributes
from clusters.audit_details import add_attributes
from people.audit.draft import AuditDraft
from people.audit.models import Result
from people.audit.origin import Origin, current
from people.audit.rate_limit import RateLimiter
from people.audit.record import note_soon

INTERVAL_SECONDS = 60.0  # seconds
MAX_REMEMBERED = 20_000  # denials that are remembered as recorded
HEALTH_PATHS = frozenset({"/readyz", "/livez", "/healthz", "/version"})  # requested for the server's own sake

_rate_limiter = RateLimiter(INTERVAL_SECONDS, MAX_REMEMBERED)


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
    attributes = parse_attributes(method, path, query)
    if not _rate_limiter.is_due((draft.person_id, draft.cluster_id, attributes)):
        return
    note_soon(
        replace(
            add_attributes(draft, attributes),
            session=origin.session,
            address=origin.address,
            result=Result.DENIED,
            status=error.status,
            reason=error.message,
            audit_id=error.audit_id,
        )
    )
