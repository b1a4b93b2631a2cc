"""Terminal checks: whether a terminal's session, credential and role are still what it was opened with."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import NoCredential, NotShared, connect
from clusters.terminal.session import EndReason, TerminalSession
from people.models import Session, User


def find_ended(terminals: Iterable[TerminalSession]) -> dict[TerminalSession, EndReason]:
    """Those that must not go on, and why; blocks on the database."""
    found: dict[TerminalSession, EndReason] = {}
    running = list(terminals)
    ids = {one.owner.session_id for one in running}
    sessions = set(
        Session.objects.filter(
            session_key__in=ids, expire_date__gt=timezone.now(), user__is_active=True
        ).values_list("session_key", "user_id")
    )
    states: dict[tuple[int, str], tuple[str, str] | None] = {}
    for one in running:
        if (one.owner.session_id, one.owner.user_id) not in sessions:
            found[one] = "signed-out"
            continue
        key = (one.owner.user_id, one.cluster_session.cluster.slug)
        if key not in states:
            states[key] = _read_state(*key)
        before = one.cluster_session
        if states[key] != (before.connection.fingerprint, str(before.role)):
            found[one] = "changed"
    return found


def _read_state(user_id: int, slug: str) -> tuple[str, str] | None:
    """Fingerprint of the credential and team role, as a request would have them now."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return None
    try:
        session = connect(user, slug)
    except (NotShared, NoCredential, SealBroken):
        return None
    expires_at = session.credential.expires_at
    if expires_at is not None and expires_at <= timezone.now():
        return None
    return session.connection.fingerprint, str(session.role)
