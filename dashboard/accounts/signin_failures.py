"""Failed sign-ins: audit entries for wrong passwords and throttled attempts."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from people.audit.origin import current
from people.audit.rate_limit import RateLimiter
from people.audit.record import AuditDraft, draft_for_user, note
from people.models import User

THROTTLED_EVERY = 60.0  # seconds between two rows about one address that has tried too often

throttled_limiter = RateLimiter(THROTTLED_EVERY, max_keys=4096)
_is_user_name = UnicodeUsernameValidator()


def record_failed(verb: str, username: str) -> None:
    """A wrong password, a name that nobody has, or a person who may not come in any more: the page says neither."""
    user = User.objects.filter(username=username).first()
    if user is None:
        note(
            AuditDraft(
                verb=verb, person=_redact_username(username), result="failed", reason="no such username"
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
    draft = draft_for_user(user, verb) if user else AuditDraft(verb=verb, person=_redact_username(username))
    note(replace(draft, result="denied", status=429, reason=f"too many attempts; {seconds} s to wait"))


def _redact_username(username: str) -> str:
    """As it was written, where it could be a name; else not, since people type passwords into the wrong field."""
    try:
        _is_user_name(username)
    except ValidationError:
        return f"({len(username)} characters, not a valid username)"
    return username
