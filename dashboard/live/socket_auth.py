"""WebSocket authentication: the user of the session cookie, under the same checks as a request."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from people.audit import origin
from people.models import User
from people.sessions import SessionStore, hash_key


async def authenticate_socket(scope: dict[str, Any]) -> tuple[User, str] | None:
    """`person_of` for a consumer that opens: from here on, what its task records comes from this socket."""
    found: tuple[User, str] | None = await database_sync_to_async(person_of)(scope)
    if found is not None:
        origin.begin(origin.address_of_socket(scope), found[1])
    return found


def person_of(scope: dict[str, Any]) -> tuple[User, str] | None:
    """The active person and the session ID; asks the database, and never changes the session."""
    key = _session_key(scope)
    if not key:
        return None
    stored = SessionStore(key).load()
    if stored.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.filter(pk=stored.get(SESSION_KEY, 0), is_active=True).first()
    if user is None or not _is_for_this_password(stored.get(HASH_SESSION_KEY, ""), user):
        return None
    return user, hash_key(key)


def _session_key(scope: dict[str, Any]) -> str:
    cookies = [
        value.decode("latin1") for name, value in scope.get("headers", []) if name.lower() == b"cookie"
    ]
    return str(parse_cookie("; ".join(cookies)).get(settings.SESSION_COOKIE_NAME, ""))


def _is_for_this_password(session_hash: str, user: User) -> bool:
    """A session that began under an earlier password is over."""
    valid = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any([constant_time_compare(session_hash, each) for each in valid])
