"""Origin check: accepts sockets from this installation's own pages only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from dashboard.public_url import DEFAULT_PORTS, PublicUrl

Scope = dict[str, Any]
Origin = tuple[str, str, int]  # scheme, host, port
LOOPBACK = ("127.0.0.1", "localhost", "::1")
REFUSED = 4403


class OwnPagesOnly:
    """Refuses a socket before it is accepted, whatever its route; wraps all of them."""

    def __init__(self, application: Callable[[Scope, Any, Any], Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if is_origin_allowed(scope):
            await self.application(scope, receive, send)
        else:
            await refuse(scope, receive, send)


async def refuse(scope: Scope, receive: Any, send: Any) -> None:
    """Answer 403 to the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": REFUSED})


def is_origin_allowed(scope: Scope) -> bool:
    """One Origin, equal in scheme, host and port to where this request's own pages are."""
    origins, hosts = _values(scope, b"origin"), _values(scope, b"host")
    if len(origins) != 1 or len(hosts) != 1:
        return False
    name, _port = split_domain_port(hosts[0].lower())
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    origin = _origin(origins[0])
    return origin is not None and origin in _own_origins(scope, hosts[0])


def _own_origins(scope: Scope, host: str) -> list[Origin]:
    public: PublicUrl | None = settings.PUBLIC_URL
    own = [(public.scheme, public.host, public.port)] if public else []
    if not settings.PRODUCTION:
        scheme = "https" if scope.get("scheme") == "wss" else "http"
        here = _origin(f"{scheme}://{host}")
        if here is not None and here[1] in LOOPBACK:
            own.append(here)
    return own


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin1") for key, value in scope.get("headers", []) if key.lower() == name]


def _origin(text: str) -> Origin | None:
    """An origin as browsers write it: nothing but scheme, host and perhaps port."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}":
        return None
    if "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme]
