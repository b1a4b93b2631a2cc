"""Session checks: one query that tells which open sockets still have a valid session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from people.models import Session


@dataclass(frozen=True)
class SessionCheck:
    """What a socket was opened with; it may go on while the database says the same."""

    session_id: str
    user_id: int
    access_version: int


def select_valid(checks: Iterable[SessionCheck]) -> set[SessionCheck]:
    """Those whose session is there and not over, whose person is active and may reach what they could."""
    pending = set(checks)
    if not pending:
        return set()
    rows = Session.objects.filter(
        session_key__in={check.session_id for check in pending},
        expire_date__gt=timezone.now(),
        user__is_active=True,
    ).values_list("session_key", "user_id", "user__access_version")
    return pending & {
        SessionCheck(key, user_id, version) for key, user_id, version in rows if user_id is not None
    }
