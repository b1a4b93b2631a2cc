"""How does an attempt to come in that failed stand in the trail?"""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from people.audit.origin import current
from people.audit.record import Fact, by, note
from people.audit.seldom import Seldom
from people.models import User

THROTTLED_EVERY = 60.0  # seconds between two rows about one address that has tried too often

_throttled = Seldom(THROTTLED_EVERY, most=4096)
_is_user_name = UnicodeUsernameValidator()


def failed(verb: str, username: str) -> None:
    """A wrong password, a name that nobody has, or a person who may not come in any more: the page says neither."""
    user = User.objects.filter(username=username).first()
    if user is None:
        note(Fact(verb=verb, person=_written(username), result="failed", reason="no such username"))
    elif not user.is_active:
        note(by(user, verb, result="denied", reason="the user is deactivated"))
    else:
        note(by(user, verb, result="failed", reason="wrong password"))


def throttled(verb: str, username: str, seconds: int) -> None:
    """Too many attempts: one row a minute for each address, however many names it tries."""
    if not _throttled.is_due(current().address):
        return
    user = User.objects.filter(username=username).first()
    fact = by(user, verb) if user else Fact(verb=verb, person=_written(username))
    note(replace(fact, result="denied", status=429, reason=f"too many attempts; {seconds} s to wait"))


def _written(username: str) -> str:
    """As it was written, where it could be a name; else not, since people type passwords into the wrong field."""
    try:
        _is_user_name(username)
    except ValidationError:
        return f"({len(username)} characters, not a valid username)"
    return username
