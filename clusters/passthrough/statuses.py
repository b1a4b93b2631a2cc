"""Status objects: our own errors as an API server would write them, so that kubectl prints them well."""

from __future__ import annotations

import json

from clusters.api.errors import ApiError, BadRequest, Busy, CredentialMissing, GatewayTimeout, TimedOut

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


def error_response_of(error: ApiError) -> ErrorResponse:
    """An API server that did not answer, or what was wrong with a request: as a ErrorResponse."""
    wait = int(error.retry_after) if error.retry_after else None
    if error.status:
        return ErrorResponse(error.status, str(error), wait)
    if isinstance(error, BadRequest):
        return ErrorResponse(400, f"Quarterdeck: {error}")
    if isinstance(error, CredentialMissing):
        return ErrorResponse(403, f"Quarterdeck: {error.title} {error.advice}")
    if isinstance(error, Busy):
        return ErrorResponse(429, f"Quarterdeck: {error.title}", wait or 1)
    if isinstance(error, TimedOut | GatewayTimeout):
        return ErrorResponse(504, f"Quarterdeck: the cluster did not answer in time. {error}", wait)
    return ErrorResponse(503, f"Quarterdeck: the cluster could not be reached. {error}", wait or 5)
