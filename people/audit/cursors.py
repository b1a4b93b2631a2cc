"""Where in the trail does a page begin? A place for URLs: the row's number for who sees all rows, else a sealed word.

Numbers run through everybody's rows: from the gaps between one's own a person could tell how much others do.
"""

from __future__ import annotations

import base64
import re

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from people.models import User

LONGEST = 200  # characters of a sealed place
_NUMBER = re.compile(r"[0-9]{1,18}")


class NoPlace(ValueError):
    """The text names no place in this person's trail."""


def sees_all(user: User) -> bool:
    """Whether the whole trail is this person's to read (see `entries.visible_entries`)."""
    return user.is_auditor or user.is_administrator


def write(user: User, sequence: int) -> str:
    """The place of a row for the URLs of this person."""
    if sees_all(user):
        return str(sequence)
    return _seal().encrypt(f"{user.pk}:{sequence}".encode()).decode()


def read(user: User, text: str) -> int:
    """The row's number; raises NoPlace also for a place that was written for somebody else."""
    if sees_all(user):
        if not _NUMBER.fullmatch(text):
            raise NoPlace(text)
        return int(text)
    try:
        owner, _, sequence = _seal().decrypt(text[:LONGEST].encode(errors="replace")).decode().partition(":")
    except InvalidToken:
        raise NoPlace(text) from None
    if owner != str(user.pk):
        raise NoPlace(text)
    return int(sequence)


def _seal() -> Fernet:
    key = salted_hmac("people.audit.cursors", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
