"""Which error is it that a server answered, whatever form the answer has?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from . import errors
from .errors import ApiError, Cause

_CLASSES: dict[int, type[ApiError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    429: errors.TooManyRequests,
    500: errors.ServerError,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.GatewayTimeout,
}
_TEXT_LIMIT = 4096
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def error_from(
    status: int, headers: Mapping[str, str], body: bytes, method: str = "", path: str = ""
) -> ApiError:
    """The error of an answer: a Status, or text/plain (429, 500), HTML of something before it, or nothing at all."""
    plain = {name.lower(): value for name, value in headers.items()}
    found = _status(body)
    if found is not None:
        error = error_of_status(found, status)
    elif 300 <= status < 400:
        error = errors.NotKubernetes(
            f"It redirects ({status}) to {_host_of(plain.get('location', ''))}", status=status
        )
    elif _is_html(plain, body):
        error = _from_html(status, body)
    else:
        error = _class(status)(_cleaned(body.decode("utf-8", "replace")), status=status)
    if error.retry_after is None:
        error.retry_after = _retry_after(plain.get("retry-after", ""))
    error.method, error.path = method, path
    return error


def error_of_status(found: Mapping[str, Any], status: int = 0) -> ApiError:
    """The error of a Status object, as in an ERROR event. The HTTP status, where there is one, decides the class."""
    code = status or _number(found.get("code")) or 500
    details = found.get("details") if isinstance(found.get("details"), dict) else {}
    causes = details.get("causes") if isinstance(details, dict) else None
    seconds = _number(details.get("retryAfterSeconds")) if isinstance(details, dict) else None
    return _class(code)(
        _cleaned(str(found.get("message") or "")),
        status=code,
        reason=str(found.get("reason") or ""),
        causes=tuple(
            _cause(entry) for entry in (causes if isinstance(causes, list) else []) if isinstance(entry, dict)
        ),
        retry_after=float(seconds) if seconds else None,
    )


def _status(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" else None


def _class(status: int) -> type[ApiError]:
    if status in _CLASSES:
        return _CLASSES[status]
    return (
        errors.ServerError if status >= 500 else errors.BadRequest if status >= 400 else errors.NotKubernetes
    )


def _cause(entry: Mapping[str, Any]) -> Cause:
    return Cause(
        str(entry.get("field") or ""),
        str(entry.get("reason") or ""),
        _cleaned(str(entry.get("message") or "")),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    start = body[:256].lstrip().lower()
    return "html" in headers.get("content-type", "") or start.startswith((b"<!doctype html", b"<html"))


def _from_html(status: int, body: bytes) -> ApiError:
    """A page of a proxy that has lost its API server is one thing, a page of something else is another."""
    found = _TITLE.search(body[:65536].decode("utf-8", "replace"))
    title = _cleaned(found.group(1)) if found else ""
    kind = _class(status) if status >= 500 else errors.NotKubernetes
    return kind(f"{status}, an HTML page{f': {title}' if title else ''}", status=status)


def _cleaned(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:_TEXT_LIMIT]


def _host_of(location: str) -> str:
    """Where a redirect leads, without its path and query: those of sign-in pages may hold what nobody should see."""
    return _cleaned(re.split(r"(?<=[^/:])[/?#]", location, maxsplit=1)[0])[:200] or "another address"


def _retry_after(text: str) -> float | None:
    """Seconds, from seconds or from a date."""
    if text.strip().isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds()) if then.tzinfo else None
