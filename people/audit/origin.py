"""Request origin: IP address and session of the current request or socket, for audit entries."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from people.sessions import hash_key


@dataclass(frozen=True)
class Origin:
    """`address` is an IP address; `session` is a mark that tells sessions apart and lets nobody in."""

    address: str = ""
    session: str = ""


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen


def current() -> Origin:
    """Of the request or socket under way; empty in a program that serves nobody."""
    return _current.get()


def begin(address: str, session_id: str) -> None:
    """From now on in this context: for what has no end of its own, such as a socket, or a session just begun."""
    _current.set(Origin(address, session_mark(session_id)))


@contextmanager
def use_request_origin(request: HttpRequest) -> Iterator[None]:
    """For the length of the block."""
    session = getattr(request, "session", None)
    mark = session_mark(hash_key(session.session_key) if session is not None else "")
    before = _current.set(Origin(address_of(request), mark))
    try:
        yield
    finally:
        _current.reset(before)


def session_mark(session_id: str) -> str:
    """The first 12 digits of the session ID (`people.sessions.hash_key`); "" without one."""
    return session_id[:12]


def address_of(request: HttpRequest) -> str:
    """The client's IP address as `dashboard.proxies` found it, "" where there is none."""
    return _address(request.META.get("REMOTE_ADDR", ""))


def address_of_socket(scope: Mapping[str, Any]) -> str:
    """The same of a socket, by the `client` of its ASGI scope."""
    return _address(str((scope.get("client") or ("",))[0]))


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
