"""Error bodies: parses Status objects, plain text, HTML and redirects of error responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

_TEXT_LIMIT = 4096
_CAUSES_LIMIT = 100
_LONGEST_WAIT = 3600.0  # seconds
_HTML_HEAD = 4096  # bytes of a page in which its title is looked for
_LONGEST_HEADER = 2048  # characters of a header that are looked at
_LONGEST_FIELD = 1024  # characters of a cause's field
_STRICT = "strict decoding error: "
_QUOTED = 'Invalid value: "'
_PATH_START = re.compile(r"(?<=[^/:])[/?#]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of a Status' `details.causes`: which field, and what about it."""

    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What an error answer says. `foreign` is true where no API server says so (a redirect, HTML)."""

    code: int
    message: str
    reason: str = ""
    causes: tuple[Cause, ...] = ()
    retry_after: float | None = None
    is_foreign: bool = False


def read_error_response(status: int, headers: Mapping[str, str], body: bytes) -> ErrorDetails:
    """A Status, text/plain (429, 500), HTML of something before the API server, a redirect, or nothing."""
    plain = {name.lower(): value for name, value in headers.items()}
    wait = _retry_after(plain.get("retry-after", ""))
    found = _status(body)
    if found is not None:
        return read_status(found, status, wait)
    if status < 400:
        where = _host_of(plain.get("location", ""))
        return ErrorDetails(status, f"It redirects ({status}) to {where}.", is_foreign=True)
    if _is_html(plain, body):
        return ErrorDetails(status, _html_message(status, body), retry_after=wait, is_foreign=True)
    return ErrorDetails(status, _clean(body[:65536].decode("utf-8", "replace")), retry_after=wait)


def read_status(found: Mapping[str, Any], status: int = 0, wait: float | None = None) -> ErrorDetails:
    """A Status object. The HTTP status goes before its code, and Retry-After before its details."""
    details = found.get("details")
    details = details if isinstance(details, dict) else {}
    causes = details.get("causes")
    seconds = _number(details.get("retryAfterSeconds"))
    return ErrorDetails(
        status or _number(found.get("code")) or 500,
        _clean(_without_object(_text(found.get("message")))),
        reason=_text(found.get("reason"))[:_LONGEST_FIELD],
        causes=tuple(_cause(one) for one in causes[:_CAUSES_LIMIT] if isinstance(one, dict))
        if isinstance(causes, list)
        else (),
        retry_after=wait if wait is not None else float(min(seconds, _LONGEST_WAIT)) if seconds else None,
    )


def _status(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" else None


def _cause(one: Mapping[str, Any]) -> Cause:
    return Cause(
        _text(one.get("field"))[:_LONGEST_FIELD],
        _text(one.get("reason"))[:_LONGEST_FIELD],
        _clean(_without_object(_text(one.get("message")))),
    )


def _without_object(text: str) -> str:
    """A strict decoding error of a patch quotes the whole object before it, a Secret with its values: that is cut out.

    `… is invalid: patch: Invalid value: "{…}": strict decoding error: unknown field "x"`
    """
    before, strict, after = text.rpartition(_STRICT)
    head, quoted, _object = before.partition(_QUOTED)
    return f"{head}{strict}{after}" if strict and quoted else text


def _text(value: object) -> str:
    """A text as it is; nothing for what is none: to write a foreign tree out would go as deep as it is."""
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    start = body[:256].lstrip().lower()
    return "html" in headers.get("content-type", "").lower() or start.startswith(
        (b"<!doctype html", b"<html")
    )


def _html_message(status: int, body: bytes) -> str:
    title = _clean(_title_of(body[:_HTML_HEAD].decode("utf-8", "replace")))
    return f"An HTML page ({status}): {title}" if title else f"An HTML page ({status})."


def _title_of(head: str) -> str:
    """What stands in the first <title>; by `find`, since an expression would begin anew at each of many."""
    lower = head.lower()
    start = lower.find(">", lower.find("<title") + 1) if "<title" in lower else -1
    end = lower.find("</title", start)
    return head[start + 1 : end] if 0 <= start < end else ""


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text[: 2 * _TEXT_LIMIT]).strip()[:_TEXT_LIMIT]


def _host_of(location: str) -> str:
    """Where a redirect leads, without path and query: in those of sign-in pages there may be secrets."""
    shown = _PATH_START.split(location[:_LONGEST_HEADER], maxsplit=1)[0]
    return _clean(shown)[:200] or "another address"


def _retry_after(text: str) -> float | None:
    """Seconds, from seconds or from a date."""
    text = text[:_LONGEST_HEADER]
    if text.strip().isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if then.tzinfo is None:
        return None
    return min(max(0.0, (then - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT)
