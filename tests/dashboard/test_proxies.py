"""Trusted proxies: forwarded headers count from a trusted proxy only."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest

from dashboard.proxies import TrustedProxies

TRUSTED = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:a::/48")]
PROXY, STRANGER, VISITOR = "10.1.2.3", "198.51.100.9", "203.0.113.5"


def pass_through(
    headers: dict[str, str] | list[tuple[str, str]], *, peer: str = PROXY, sub_path: str = "", **more: Any
) -> dict[str, Any]:
    """The scope that the application sees."""
    found: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        found.append(scope)

    pairs = headers.items() if isinstance(headers, dict) else headers
    scope = {
        "type": "http",
        "path": "/people/",
        "root_path": "",
        "client": [peer, 40000],
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        **more,
    }
    asyncio.run(TrustedProxies(application, trusted=TRUSTED, sub_path=sub_path)(scope, None, None))
    return found[0]


def get_header(scope: dict[str, Any], name: str) -> list[str]:
    return [value.decode() for key, value in scope["headers"] if key == name.encode()]


FORWARDED = {
    "Host": "inner:8000",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "deck.example.com",
    "X-Forwarded-For": VISITOR,
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "192.0.2.1",
    "Forwarded": "for=192.0.2.1;proto=https",
    "Daphne-Root-Path": "/evil",
    "X_Forwarded_Proto": "https",
    "Accept": "text/html",
}


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_a_trusted_proxy_is_believed(kind: str, scheme: str) -> None:
    scope = pass_through(FORWARDED, type=kind)
    assert scope["scheme"] == scheme
    assert get_header(scope, "host") == ["deck.example.com"]
    assert scope["client"][0] == VISITOR


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("websocket", "ws")])
@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "2001:db8:b::1", "", "unix:"])
def test_a_stranger_is_not(kind: str, scheme: str, peer: str) -> None:
    scope = pass_through(FORWARDED, peer=peer, type=kind)
    assert scope["scheme"] == scheme
    assert get_header(scope, "host") == ["inner:8000"]
    assert scope["client"][0] == peer


@pytest.mark.parametrize("peer", [PROXY, STRANGER])
def test_no_such_header_reaches_the_application(peer: str) -> None:
    names = {key.decode() for key, _ in pass_through(FORWARDED, peer=peer)["headers"]}
    assert names == {"host", "accept"}


def test_without_a_client_address_nothing_is_believed() -> None:
    scope = pass_through(FORWARDED, client=None)
    assert scope["scheme"] == "http"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (VISITOR, VISITOR),
        (f"192.0.2.99, {VISITOR}", VISITOR),
        (f"192.0.2.99, {VISITOR}, 10.9.9.9", VISITOR),
        (f"{VISITOR}, nonsense", PROXY),
        ("10.8.8.8, 10.9.9.9", "10.8.8.8"),
        ("", PROXY),
        ("::ffff:203.0.113.5", VISITOR),
        ("2001:db8:c::7, 2001:db8:a::1", "2001:db8:c::7"),
    ],
)
def test_the_visitor_is_the_last_who_is_no_proxy(forwarded: str, client: str) -> None:
    assert pass_through({"X-Forwarded-For": forwarded})["client"][0] == client


def test_an_ipv4_proxy_on_an_ipv6_socket_is_the_same_proxy() -> None:
    assert pass_through({"X-Forwarded-Proto": "https"}, peer=f"::ffff:{PROXY}")["scheme"] == "https"


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (["https"], "https"),
        (["http"], "http"),
        (["https, http"], "http"),
        (["https", "http"], "http"),
        (["HTTPS"], "https"),
        (["wss"], "https"),
        (["gopher"], "http"),
        ([""], "http"),
    ],
)
def test_what_the_nearest_proxy_wrote_counts(values: list[str], scheme: str) -> None:
    assert pass_through([("X-Forwarded-Proto", value) for value in values])["scheme"] == scheme


def test_a_proxy_with_tls_to_us_needs_no_header() -> None:
    assert pass_through({}, scheme="https")["scheme"] == "https"


@pytest.mark.parametrize(("kind"), ["http", "websocket"])
@pytest.mark.parametrize("path", ["/people/", "/deck/people/"])
def test_a_sub_path_may_be_passed_on_or_cut_off(kind: str, path: str) -> None:
    scope = pass_through({}, type=kind, path=path, sub_path="/deck")
    assert (scope["root_path"], scope["path"]) == ("/deck", "/deck/people/")


def test_a_sub_path_is_never_taken_from_a_request() -> None:
    assert pass_through(FORWARDED, root_path="/evil")["root_path"] == ""
    assert pass_through({}, path="/decks", sub_path="/deck")["path"] == "/deck/decks"
