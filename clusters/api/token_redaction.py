"""Token redaction: removes the caller's own token from errors, warnings, watch lines and frames.

Proxies that help with debugging do that, and sign-in pages; with a team's shared token a member would read it.
"""

from __future__ import annotations

from dataclasses import replace

from clusters.api.connection import Identity
from clusters.api.errors import ApiError

REDACTED = "…"


def redact_token(text: str, identity: Identity) -> str:
    """The text with a stand-in for the token."""
    return text.replace(identity.token, REDACTED) if identity.token else text


def redact_error(error: ApiError, identity: Identity) -> None:
    """Take the token out of everything that an error tells."""
    error.message = redact_token(error.message, identity)
    error.args = (error.message,)
    error.reason = redact_token(error.reason, identity)
    error.warnings = tuple(redact_token(text, identity) for text in error.warnings)
    error.causes = tuple(
        replace(
            cause,
            field=redact_token(cause.field, identity),
            reason=redact_token(cause.reason, identity),
            message=redact_token(cause.message, identity),
        )
        for cause in error.causes
    )


def redact_line(line: bytes, identity: Identity) -> bytes:
    """A line of a watch; only an ERROR event, which becomes an error of ours, is changed."""
    if identity.token and b'"ERROR"' in line[:64]:
        return line.replace(identity.token.encode(), REDACTED.encode())
    return line


def redact_frame(frame: bytes, identity: Identity) -> bytes:
    """A frame of a WebSocket with channels; only one of the error channel, which holds a Status, is changed."""
    if identity.token and frame[:1] == b"\x03":
        return frame.replace(identity.token.encode(), REDACTED.encode())
    return frame
