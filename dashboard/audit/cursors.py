"""Cursors of the audit trail: row numbers for who sees all rows, encrypted tokens for others.

Numbers run through everybody's rows: from the gaps between one's own a person could tell how much others do.
"""

from __future__ import annotations

import base64
import re

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from people.models import User

LONGEST = 200  # characters of an encrypted cursor
_NUMBER = re.compile(r"[0-9]{1,18}")


class InvalidCursor(ValueError):
    """The text is no valid cursor of this person's audit trail."""


def can_see_all(user: User) -> bool:
    """Whether this person may read the whole audit trail (see `readable.visible_entries`)."""
    return user.is_auditor or user.is_administrator


def write(user: User, sequence: int) -> str:
    """The cursor of a row, for the URLs of this person."""
    if can_see_all(user):
        return str(sequence)
    return _cipher().encrypt(f"{user.pk}:{sequence}".encode()).decode()


def read(user: User, text: str) -> int:
    """The row's sequence; raises InvalidCursor also for a cursor written for somebody else."""
    if can_see_all(user):
        if not _NUMBER.fullmatch(text):
            raise InvalidCursor(text)
        return int(text)
    try:
        owner, _, sequence = (
            _cipher().decrypt(text[:LONGEST].encode(errors="replace")).decode().partition(":")
        )
    except InvalidToken:
        raise InvalidCursor(text) from None
    if owner != str(user.pk):
        raise InvalidCursor(text)
    return int(sequence)


def _cipher() -> Fernet:
    key = salted_hmac("people.audit.cursors", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
