"""Session store: Django database sessions by a hash of their key, with user id and time last seen in columns.

The key is what signs in, and stands in the browser's cookie alone: whoever reads the database signs in with nothing.
It is 32 random letters and digits (165 bits), so a plain SHA-256 is enough; the hash is also what names the session
everywhere else in this program (`session ID`).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError
from django.utils import timezone

from people.storage import BACKGROUND_LOCK_TIMEOUT, limit_lock_wait, storage, try_write

SEEN_EVERY = timedelta(minutes=1)  # `seen_at` is written at most this often


def hash_key(session_key: str | None) -> str:
    """The session ID: 64 hexadecimal digits, stored in place of the key; "" where there is no key."""
    return hashlib.sha256(session_key.encode()).hexdigest() if session_key else ""


class SessionStore(DatabaseStore):
    """Django's database store, with the person's id in a column of its own. Synchronous, as views are."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Any]:
        return apps.get_model("people", "Session")

    def _validate_session_key(self, key: str) -> bool:
        """A cookie can hold anything, NUL too, which PostgreSQL refuses to look up."""
        return bool(key) and len(key) >= 8 and key.isascii() and key.isalnum()

    @property
    def session_id(self) -> str:
        """What is stored of the key of this session."""
        return hash_key(self.session_key)

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(hash_key(session_key)))

    def delete(self, session_key: str | None = None) -> None:
        self.get_model_class().objects.filter(pk=hash_key(session_key or self.session_key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.session_key = self.session_id
        session.user_id = _person_id(data)
        return session

    def save(self, must_create: bool = False) -> None:
        """Insert at first; later write the data only, so that address, agent and the times stay."""
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        try:
            written = self._update()
        except DatabaseError as error:
            # Beside messages that were read, nothing is in it that a page depends on: reading goes on without.
            if not storage.note(error):
                raise
            return
        if not written:
            raise UpdateError

    def _update(self) -> int:
        fresh = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        with limit_lock_wait(BACKGROUND_LOCK_TIMEOUT):
            written: int = (
                self.get_model_class()
                .objects.filter(pk=self.session_id)
                .update(session_data=fresh.session_data, expire_date=fresh.expire_date, user_id=fresh.user_id)
            )
        return written

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        stored = self.get_model_class().objects.filter(pk=self.session_id, expire_date__gt=now).first()
        if stored is None:
            self._session_key = None
            return {}
        self.seen_at = stored.seen_at
        return self.decode(stored.session_data)

    def mark_seen(self) -> None:
        """Note that this browser was here, at most once a minute; not where nothing can be written now."""
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < SEEN_EVERY:
            return
        mine = self.get_model_class().objects.filter(pk=self.session_id)
        try_write(lambda: mine.update(seen_at=now))
        self.seen_at = now


def _person_id(data: dict[str, Any]) -> int | None:
    try:
        return int(data[SESSION_KEY])
    except (KeyError, TypeError, ValueError):
        return None
