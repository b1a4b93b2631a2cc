"""What did Kubernetes refuse to a person? One row a minute for each person, cluster and thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clusters.api.attributes import attributes
from clusters.api.connection import Refused
from clusters.api.errors import ApiError, Forbidden
from clusters.api.reading import REVIEWS
from people.audit.fact import Fact
from people.audit.models import Result
from people.audit.origin import Origin, current
from people.audit.record import note_soon
from people.audit.seldom import Seldom

EVERY = 60.0  # seconds
MOST = 20_000  # things that are remembered as told
OF_OURS = frozenset({"/readyz", "/livez", "/healthz", "/version"})  # asked for the server's own sake

_told = Seldom(EVERY, MOST)


def denied_to(who: Fact) -> Refused:
    """What a connection calls with each error that it meets; `who` are person, cluster and credential.

    It may be called from the hub's loop, long after the request under which the feed was opened, and does not block.
    """
    origin = current()
    return lambda method, path, query, error: _note(who, origin, method, path, query, error)


def _note(
    who: Fact, origin: Origin, method: str, path: str, query: Sequence[tuple[str, str]], error: ApiError
) -> None:
    if not isinstance(error, Forbidden) or path in REVIEWS or path in OF_OURS:
        return
    asked = attributes(method, path, query)
    if not _told.is_due((who.person_id, who.cluster_id, asked)):
        return
    note_soon(
        replace(
            who,
            verb=asked.verb,
            session=origin.session,
            address=origin.address,
            group=asked.group,
            version=asked.version,
            resource=asked.resource,
            subresource=asked.subresource,
            namespace=asked.namespace,
            name=asked.name,
            result=Result.DENIED,
            status=error.status,
            reason=error.message,
            audit_id=error.audit_id,
        )
    )
