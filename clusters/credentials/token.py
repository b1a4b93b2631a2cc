"""Bearer tokens: validates them and reads the expiry of a JWT."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from clusters.api.connection import is_bearer_token
from clusters.credentials.errors import TokenError

LONGEST = 32 * 1024
FARTHEST = 253_402_214_400  # the end of the year 9999, in seconds


def checked_token(text: str, *, field: str = "token") -> str:
    """The token without surrounding white space; `TokenError` where it must not be sent."""
    token = text.strip()
    if not token:
        raise TokenError(field, _("The token is empty."), _("Paste the whole token."))
    if len(token) > LONGEST:
        raise TokenError(field, _("The token is too long."), _("Paste only the token."))
    if token.lower().startswith("bearer "):
        raise TokenError(
            field, _("The token starts with the word “Bearer”."), _("Paste only what follows it.")
        )
    if not is_bearer_token(token):
        raise TokenError(
            field,
            _("The token contains an invalid character, such as a space or a line break."),
            _("Paste only the token, on one line, as printed by kubectl create token."),
        )
    return token


def token_expiry(token: str) -> datetime | None:
    """When the token says that it ends (`exp` of a JWT), for display only: it grants nothing."""
    ends = _claims(token).get("exp")
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return None
    if not 0 < ends < FARTHEST:  # also false for NaN
        return None
    return datetime.fromtimestamp(int(ends), tz=UTC)


def _claims(token: str) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST:
        return {}
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
