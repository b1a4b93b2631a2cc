"""Failed sign-ins: audit entries for wrong passwords and throttled attempts."""

from __future__ import annotations

from dataclasses import replace

from people.audit.keys import hash_text
from people.audit.origin import current
from people.audit.rate_limit import RateLimiter
from people.audit.record import AuditDraft, draft_for_user, note
from people.models import User

THROTTLED_EVERY = 60.0  # seconds between two rows about one address that has tried too often

throttled_limiter = RateLimiter(THROTTLED_EVERY, max_keys=4096)


def record_failed(verb: str, username: str) -> None:
    """A wrong password, a name that nobody has, or a person who may not come in any more: the page says neither."""
    user = User.objects.filter(username=username).first()
    if user is None:
        note(
            AuditDraft(
                verb=verb, person=redact_username(username), result="failed", reason="no such username"
            )
        )
    elif not user.is_active:
        note(draft_for_user(user, verb, result="denied", reason="the user is deactivated"))
    else:
        note(draft_for_user(user, verb, result="failed", reason="wrong password"))


def record_throttled(verb: str, username: str, seconds: int) -> None:
    """Too many attempts: one row a minute for each address, however many names it tries."""
    if not throttled_limiter.is_due(current().address):
        return
    user = User.objects.filter(username=username).first()
    draft = draft_for_user(user, verb) if user else AuditDraft(verb=verb, person=redact_username(username))
    note(replace(draft, result="denied", status=429, reason=f"too many attempts; {seconds} s to wait"))


def redact_username(username: str) -> str:
    """Of a name that nobody has, two letters and a keyed hash: people type passwords into the wrong field.

    The same name gives the same text, so that attempts can be told apart; who has no key cannot try out names. Its
    spaces are what no username can have. Of fewer than six characters no letter is shown.
    """
    letters = username[:2] if len(username) >= 6 else ""
    return f"{letters}\u2026 (unknown username, {hash_text('username', username)[:12]})"
