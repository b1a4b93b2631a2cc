"""Which of these sockets may go on? One question to the database for all that this process holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from people.models import Session


@dataclass(frozen=True)
class Pulse:
    """What a socket was opened with; it may go on while the database says the same."""

    session_key: str = field(repr=False)
    user_id: int
    access_version: int


def alive(pulses: Iterable[Pulse]) -> set[Pulse]:
    """Those whose session is there and not over, whose person is active and may reach what they could."""
    asked = set(pulses)
    if not asked:
        return set()
    rows = Session.objects.filter(
        session_key__in={pulse.session_key for pulse in asked},
        expire_date__gt=timezone.now(),
        user__is_active=True,
    ).values_list("session_key", "user_id", "user__access_version")
    return asked & {Pulse(key, user_id, version) for key, user_id, version in rows if user_id is not None}
