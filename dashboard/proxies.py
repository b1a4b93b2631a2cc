"""Trusted proxies: forwarded headers give scheme, host and client, ignored from anybody else."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from dashboard.environment import Network
from dashboard.monitoring import request_ids

Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

REQUEST_ID = request_ids.HEADER.lower()
OTHER_HEADERS = (b"forwarded", b"x-real-ip", b"daphne-root-path", REQUEST_ID.encode())
MAX_WARNINGS = 5  # addresses that send such headers and are not trusted
log = logging.getLogger(__name__)
SECURE = {"https": True, "wss": True, "http": False, "ws": False}


class TrustedProxies:
    """Wraps all of the application, requests and sockets: scheme, host and client in the scope are true.

    A header that a proxy may set is taken from a trusted peer, and from nobody else; it never reaches the
    application. Of several values the last counts: it is the one that the nearest proxy wrote. The sub-path
    is a setting, never a header; a proxy may pass it on or cut it off.
    """

    def __init__(self, application: Application, *, trusted: Sequence[Network], sub_path: str = "") -> None:
        self.application = application
        self.trusted = tuple(trusted)
        self.sub_path = sub_path
        self._warned_of: set[str] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = self._true_scope(scope)
        await self.application(scope, receive, send)

    def _true_scope(self, scope: Scope) -> Scope:
        headers: Headers = scope.get("headers", [])
        forwarded = dict.fromkeys(
            ("x-forwarded-proto", "x-forwarded-host", "x-forwarded-for", REQUEST_ID), ""
        )
        peer = scope["client"][0] if scope.get("client") else ""
        if _is_in(peer, self.trusted):
            forwarded = {name: _join_values(headers, name) for name in forwarded}
        elif _join_values(headers, "x-forwarded-for"):
            self._warn_of(peer)
        scope = {
            **scope,
            "headers": [pair for pair in headers if not _is_proxy_header(pair[0])],
            "scheme": _scheme(scope, _last(forwarded["x-forwarded-proto"])),
            "root_path": self.sub_path,
            "path": self._full_path(scope["path"]),
            request_ids.SCOPE_KEY: forwarded[REQUEST_ID],
        }
        if host := _last(forwarded["x-forwarded-host"]):
            others = [pair for pair in scope["headers"] if pair[0].lower() != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin1"))]
        if client := self._client(forwarded["x-forwarded-for"]):
            scope["client"] = [client, 0]
        return scope

    def _warn_of(self, peer: str) -> None:
        """Once for each address, and of a few alone: anybody may send the header."""
        if peer in self._warned_of or len(self._warned_of) >= MAX_WARNINGS:
            return
        self._warned_of.add(peer)
        log.warning(
            "QUARTERDECK_TRUSTED_PROXIES does not contain %s, which sends X-Forwarded-For. If that is your proxy, add "
            "it: until then, all users behind it have its address.",
            peer,
        )

    def _full_path(self, path: str) -> str:
        if not self.sub_path or path == self.sub_path or path.startswith(self.sub_path + "/"):
            return path
        return self.sub_path + path

    def _client(self, forwarded_for: str) -> str:
        """The last address that is not a trusted proxy; what stands before it, anybody may have written."""
        addresses = [part.strip() for part in forwarded_for.split(",") if part.strip()]
        for address in reversed(addresses):
            if _address(address) is None:
                return ""
            if not _is_in(address, self.trusted):
                return str(_address(address))
        return str(_address(addresses[0])) if addresses else ""


def _scheme(scope: Scope, forwarded: str) -> str:
    secure = SECURE.get(forwarded.lower(), SECURE.get(scope.get("scheme", "http"), False))
    if scope["type"] == "websocket":
        return "wss" if secure else "ws"
    return "https" if secure else "http"


def _is_proxy_header(name: bytes) -> bool:
    name = name.lower().replace(b"_", b"-")
    return name.startswith(b"x-forwarded-") or name in OTHER_HEADERS


def _join_values(headers: Headers, name: str) -> str:
    wanted = name.encode()
    return ",".join(value.decode("latin1") for key, value in headers if key.lower() == wanted)


def _last(value: str) -> str:
    return value.rsplit(",", 1)[-1].strip()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_in(text: str, networks: Iterable[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)
