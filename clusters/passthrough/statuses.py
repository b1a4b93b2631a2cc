"""Status objects: our own errors as an API server would write them, so that kubectl prints them well."""

from __future__ import annotations

import json

from clusters.api.errors import (
    ApiError,
    BadRequest,
    Busy,
    CredentialMissing,
    GatewayTimeout,
    LimitReached,
    TimedOut,
)

# HTTP status -> reason, as metav1.StatusReason names it.
REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
    500: "InternalError",
    502: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ErrorResponse(Exception):
    """A request that is answered here: HTTP status, message, and seconds after which it makes sense again."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    def headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(self.retry_after).encode()))
        if self.status == 401:
            headers.append((b"www-authenticate", b'Bearer realm="quarterdeck"'))
        return headers

    def body(self) -> bytes:
        return json.dumps(build_status(self.status, self.message, self.retry_after)).encode()


def build_status(code: int, message: str, retry_after: int | None = None) -> dict[str, object]:
    """A metav1.Status of a failure."""
    status: dict[str, object] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": REASONS.get(code, "Unknown"),
        "code": code,
    }
    if retry_after is not None:
        status["details"] = {"retryAfterSeconds": retry_after}
    return status


# Of errors without an HTTP status: which one, the words before it, and seconds until it makes sense again.
_WITHOUT_STATUS: tuple[tuple[type[ApiError], int, str, int | None], ...] = (
    (BadRequest, 400, "", None),
    (CredentialMissing, 403, "", None),
    (Busy, 429, "", 1),
    (LimitReached, 429, "", 5),
    (TimedOut, 504, "the cluster did not answer in time. ", None),
    (GatewayTimeout, 504, "the cluster did not answer in time. ", None),
    (ApiError, 503, "the cluster could not be reached. ", 5),
)


def error_response_of(error: ApiError) -> ErrorResponse:
    """An API server that did not answer, or what was wrong with a request: as an ErrorResponse."""
    wait = int(error.retry_after) if error.retry_after else None
    if error.status:
        return ErrorResponse(error.status, str(error), wait)
    status, words, pause = next(row[1:] for row in _WITHOUT_STATUS if isinstance(error, row[0]))
    advice = f" {error.advice}" if isinstance(error, CredentialMissing) else ""
    return ErrorResponse(status, f"Quarterdeck: {words}{error}{advice}", wait or pause)
