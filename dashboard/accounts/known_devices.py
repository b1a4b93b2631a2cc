"""Known browsers: a signed cookie by which a person who signed in before gets past a lock that strangers caused.

It signs nobody in. It only means that this browser's attempts for this one person are counted by themselves.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from people.models import User

SALT = "accounts.known-device"
MAX_AGE = 180 * 24 * 3600  # seconds; each sign-in begins anew


def find_device(request: HttpRequest, username: str) -> str:
    """The id of this browser where it is known for this person; "" for all others, and for names that nobody has."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        user_id, device, password_mark = signing.loads(cookie, salt=SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    user = User.objects.filter(pk=user_id, username=username, is_active=True).first()
    if user is None or not constant_time_compare(password_mark, _mark_password(user)):
        return ""
    return str(device)


def remember_device(response: HttpResponse, user: User) -> HttpResponse:
    """With a new id each time; a new password makes those before it worthless."""
    value = signing.dumps([user.pk, secrets.token_hex(16), _mark_password(user)], salt=SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=MAX_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def _mark_password(user: User) -> str:
    """Another one for each password; nothing of it can be told from it."""
    return user.get_session_auth_hash()[:32]
