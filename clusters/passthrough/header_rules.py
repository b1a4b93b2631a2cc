"""Header rules: which headers of a request reach an API server, and which of a response reach the client.

Hop-by-hop headers go first, before ours are added: `Connection: Authorization` must not take away what we set
(CVE-2021-31999). Each value stays a line of its own: merged lines of X-Stream-Protocol-Version break exec.
"""

from __future__ import annotations

from collections.abc import Sequence

Headers = Sequence[tuple[bytes, bytes]]
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
# What we say ourselves, what says who calls, and what only holds between two hops.
_NOT_SENT = HOP_BY_HOP | frozenset(
    (
        b"authorization",
        b"cookie",
        b"expect",
        b"forwarded",
        b"host",
        b"origin",
        b"via",
        b"x-real-ip",
        b"x-request-id",
        b"content-length",  # aiohttp writes it again, or sends chunks
    )
)
_NOT_SENT_PREFIXES = (b"impersonate", b"x-remote-", b"x-forwarded-", b"x-quarterdeck-")
_NOT_RETURNED = HOP_BY_HOP | frozenset(
    (
        b"set-cookie",
        b"strict-transport-security",
        b"alt-svc",
        b"server",
        b"date",
        b"x-request-id",
        b"clear-site-data",
        b"public-key-pins",
        b"content-security-policy",
        b"x-content-type-options",
    )
)
_NOT_RETURNED_PREFIXES = (b"access-control-",)
# A pod or service behind `proxy` may return any HTML: in a browser it is nobody's page.
ADDED = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'"),
)
NO_STORE = (b"cache-control", b"no-store")
BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io."


def request_headers(received: Headers) -> list[tuple[bytes, bytes]]:
    """What is sent on of a request's headers, without any that says who calls."""
    named = named_by_connection(received)
    return [
        (name, value)
        for name, value in received
        if (plain := normalize(name)) not in _NOT_SENT
        and plain not in named
        and not plain.startswith(_NOT_SENT_PREFIXES)
        and not plain.startswith(b"sec-websocket-")
    ]


def response_headers(received: Headers) -> list[tuple[bytes, bytes]]:
    """What is returned of a response's headers, with ours."""
    named = named_by_connection(received)
    kept = [
        (name, value)
        for name, value in received
        if (plain := name.lower()) not in _NOT_RETURNED
        and plain not in named
        and not plain.startswith(_NOT_RETURNED_PREFIXES)
    ]
    if not any(name.lower() == NO_STORE[0] for name, _value in kept):
        kept.append(NO_STORE)
    return [*kept, *ADDED]


def impersonation_headers(received: Headers) -> list[tuple[bytes, bytes]]:
    """Those by which the caller wants to be somebody else, however they are written."""
    return [(name, value) for name, value in received if normalize(name).startswith(b"impersonate")]


def named_by_connection(received: Headers) -> frozenset[bytes]:
    """Further hop-by-hop headers, as `Connection` names them."""
    values = [value for name, value in received if name.lower() == b"connection"]
    return frozenset(word.strip().lower() for value in values for word in value.split(b","))


def normalize(name: bytes) -> bytes:
    """Lower case, `_` as `-`: some servers take them for the same."""
    return name.lower().replace(b"_", b"-")


def value_of(received: Headers, name: bytes) -> str:
    """The first value of a header, or nothing."""
    return next((value.decode("latin1") for key, value in received if key.lower() == name), "")
