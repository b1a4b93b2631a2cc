"""Session store: Django database sessions by a hash of their key, with user id and time last seen in columns.

The key is what signs in, and stands in the browser's cookie alone: whoever reads the database signs in with nothing.
It begins with 32 random letters and digits (165 bits), so a plain SHA-256 is enough; the hash is also what names the
session everywhere else in this program (`session ID`). It ends with a signature, by which a made-up key is recognized
without the database: a stranger costs it nothing.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from people.storage import BACKGROUND_LOCK_TIMEOUT, limit_lock_wait, storage, try_write

SEEN_EVERY = timedelta(minutes=1)  # `seen_at` is written at most this often

RANDOM, SIGNATURE = 32, 32  # letters of a key
UNSIGNED_EVERY = 60.0  # seconds between two looks whether there are sessions of versions that signed no keys


def hash_key(session_key: str | None) -> str:
    """The session ID: 64 hexadecimal digits, stored in place of the key; "" where there is no key."""
    return hashlib.sha256(session_key.encode()).hexdigest() if session_key else ""


def is_signed(key: str) -> bool:
    """Whether a server with this SECRET_KEY has made it."""
    return len(key) == RANDOM + SIGNATURE and constant_time_compare(key[RANDOM:], _sign(key[:RANDOM]))


def _sign(random: str) -> str:
    return salted_hmac("people.sessions", random, algorithm="sha256").hexdigest()[:SIGNATURE]


class UnsignedSessions:
    """Sessions that began in a version whose keys were not signed: they go on until they expire, a week at most.

    Only while there are any is a key without a signature looked up. While several versions serve there can be new ones.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._found = False

    def exist(self) -> bool:
        """As of the last minute. Raises Django's database errors."""
        with self._lock:
            if self._timer() - self._looked_at > UNSIGNED_EVERY:
                sessions = apps.get_model("people", "Session").objects
                self._found = sessions.filter(has_signed_key=False, expire_date__gt=timezone.now()).exists()
                self._looked_at = self._timer()
            return self._found

    def clear(self) -> None:
        """Look again at the next one."""
        with self._lock:
            self._looked_at = float("-inf")


unsigned_sessions = UnsignedSessions()


class SessionStore(DatabaseStore):
    """Django's database store, with the person's id in a column of its own. Synchronous, as views are."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Any]:
        return apps.get_model("people", "Session")

    def _validate_session_key(self, key: str) -> bool:
        """A cookie can hold anything, NUL too, which PostgreSQL refuses to look up."""
        if not key or not key.isascii() or not key.isalnum():
            return False
        return is_signed(key) or (len(key) == RANDOM and unsigned_sessions.exist())

    def _get_new_session_key(self) -> str:
        random = get_random_string(RANDOM, VALID_KEY_CHARS)
        return random + _sign(random)  # 165 bits never come twice

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
        session.has_signed_key = True
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
        if self.session_key is None:
            return {}
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
