"""What if a server says our own token back to us? It stands in no error, so on no page, in no log and in no trail.

Proxies that help with debugging do that, and sign-in pages; with a team's shared token a member would read it.
"""

from __future__ import annotations

from dataclasses import replace

from clusters.api.connection import Identity
from clusters.api.errors import ApiError

STAND_IN = "…"


def without_token(text: str, identity: Identity) -> str:
    """The text with a stand-in for the token."""
    return text.replace(identity.token, STAND_IN) if identity.token else text


def silence(error: ApiError, identity: Identity) -> None:
    """Take the token out of everything that an error tells."""
    error.message = without_token(error.message, identity)
    error.args = (error.message,)
    error.reason = without_token(error.reason, identity)
    error.warnings = tuple(without_token(text, identity) for text in error.warnings)
    error.causes = tuple(
        replace(
            cause,
            field=without_token(cause.field, identity),
            reason=without_token(cause.reason, identity),
            message=without_token(cause.message, identity),
        )
        for cause in error.causes
    )


def silent_line(line: bytes, identity: Identity) -> bytes:
    """A line of a watch; only an ERROR event, which becomes an error of ours, is changed."""
    if identity.token and b'"ERROR"' in line[:64]:
        return line.replace(identity.token.encode(), STAND_IN.encode())
    return line
