"""Request IDs: one for each request or WebSocket, in its log lines, its response header and its error page.

An ID that a trusted proxy sends is taken where it is well-formed: at most 40 characters, so that it never looks like a
secret to `log_redaction`. Otherwise a random one is generated.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

HEADER = "X-Request-ID"
SCOPE_KEY = "request_id"  # of the ASGI scope: what a trusted proxy sent, "" without one
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,39}")


@dataclass
class RequestContext:
    """One request or WebSocket under way. `route` is the view's name once the URL is resolved."""

    request_id: str
    route: str = ""


_current: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def begin(offered: str) -> tuple[RequestContext, Token[RequestContext | None]]:
    """The context of a request that arrives, which is current from now on; `end` takes the token."""
    context = RequestContext(choose_id(offered))
    return context, _current.set(context)


def end(token: Token[RequestContext | None]) -> None:
    _current.reset(token)


def choose_id(offered: str) -> str:
    """`offered` if it is well-formed, or a new one."""
    return offered if _WELL_FORMED.fullmatch(offered) else generate_id()


def generate_id() -> str:
    return uuid.uuid4().hex


def get_id() -> str:
    """Of the request or WebSocket that this code runs for; "" for none."""
    context = _current.get()
    return context.request_id if context is not None else ""


def set_route(name: str) -> None:
    """The view's name, for the metrics of this request."""
    context = _current.get()
    if context is not None:
        context.route = name


def bind(function: Callable[P, R]) -> Callable[P, R]:
    """`function` for another thread: its log lines have the ID of the present request."""
    context = _current.get()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _current.set(context)
        try:
            return function(*args, **kwargs)
        finally:
            _current.reset(token)

    return run


def mark_error(error: BaseException, request_id: str) -> None:
    """The server logs the error later, outside of the request."""
    error.__dict__.setdefault(SCOPE_KEY, request_id)


def get_id_of_error(error: BaseException | None) -> str:
    return str(getattr(error, SCOPE_KEY, ""))


def get_id_of_record(record: logging.LogRecord) -> str:
    """The ID for a log line; "" where it belongs to no request."""
    if getattr(record, "is_summary", False):
        return ""
    error = record.exc_info[1] if record.exc_info else None
    return get_id() or get_id_of_error(error)
