"""Reverse proxies: sign-in works behind every common proxy, and forged headers count for nothing (class 33).

How headers are read is tested in tests/dashboard/test_proxies.py, pages behind a proxy in tests/live/.
Here is the matrix, through the whole application: the form of sign-in with its token and Origin, and the socket.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import ProtocolTypeRouter
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import set_script_prefix

from dashboard.asgi import application
from dashboard.headers import StrictHeaders
from dashboard.proxies import TrustedProxies
from dashboard.public_url import public_url
from people.models import Session
from people.sessions import hash_key
from tests.attacks.asgi_requests import HeaderPairs, send_request
from tests.attacks.installation import Installation
from tests.attacks.production_server import STRANGER, ProductionServer
from tests.attacks.sockets import NOT_FOUND, REFUSED, handshake, knock

PROXY, OTHER_PROXY, OUTSIDE, VISITOR = "10.0.0.1", "10.0.0.2", "198.51.100.7", "203.0.113.9"
PASSWORD = "sail-before-the-wind"
EVIL = "evil.example"


@dataclass(frozen=True)
class ProxySetup:
    """How a browser's request arrives: `public` as configured, `host` and `headers` as the proxy sends."""

    public_url: str
    host: str
    headers: HeaderPairs = ()
    peer: str = PROXY
    path: str = ""  # what stands before our own paths when it arrives
    client: str = PROXY  # whom we should take it to be from


TLS = ("X-Forwarded-Proto", "https")
LEGITIMATE = {
    "the usual": ProxySetup(
        "https://deck.example.com",
        "inner:8000",
        (TLS, ("X-Forwarded-Host", "deck.example.com"), ("X-Forwarded-For", VISITOR)),
        client=VISITOR,
    ),
    "a port of its own": ProxySetup(
        "https://deck.example.com:8443",
        "inner:8000",
        (TLS, ("X-Forwarded-Host", "deck.example.com:8443"), ("X-Forwarded-Port", "8443")),
    ),
    "the host handed on": ProxySetup("https://deck.example.com:8443", "deck.example.com:8443", (TLS,)),
    "the port forgotten": ProxySetup("https://deck.example.com:8443", "deck.example.com", (TLS,)),
    "the scheme forgotten": ProxySetup("https://deck.example.com", "deck.example.com"),
    "the scheme wrong": ProxySetup(
        "https://deck.example.com", "deck.example.com", (("X-Forwarded-Proto", "http"),)
    ),
    "upper case": ProxySetup(
        "https://Deck.Example.com", "DECK.example.com", (("X-Forwarded-Proto", "HTTPS"),)
    ),
    "two proxies": ProxySetup(
        "https://deck.example.com",
        "inner",
        (
            ("X-Forwarded-Proto", "http, https"),
            ("X-Forwarded-Host", f"{EVIL}, deck.example.com"),
            ("X-Forwarded-For", f"192.0.2.66, {VISITOR}, {OTHER_PROXY}"),
        ),
        client=VISITOR,
    ),
    "below a path that is handed on": ProxySetup(
        "https://example.com/deck", "example.com", (TLS,), path="/deck"
    ),
    "below a path that is cut off": ProxySetup("https://example.com/deck", "example.com", (TLS,)),
    "without TLS": ProxySetup("http://localhost:8080", "localhost:8080"),
    "an IPv6 address": ProxySetup("https://[2001:db8::1]:8443", "[2001:db8::1]:8443", (TLS,)),
    "a proxy that nobody has named": ProxySetup(
        "https://deck.example.com",
        "deck.example.com",
        (TLS, ("X-Forwarded-For", VISITOR)),
        OUTSIDE,
        client=OUTSIDE,
    ),
}


@pytest.fixture
def configure_public_url(settings) -> Callable[[str], Any]:
    """The whole application as it would be with this public URL and one trusted network."""

    def stand(public: str) -> Any:
        url = public_url(public, production=True)
        assert url is not None
        settings.PUBLIC_URL, settings.PRODUCTION = url, True
        settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = [url.written_host], [url.origin]
        settings.FORCE_SCRIPT_NAME, settings.SUB_PATH = url.path or None, url.path
        settings.SECURE_HSTS_SECONDS = 3600 if url.is_secure else 0
        inner = ProtocolTypeRouter(
            {
                "http": StrictHeaders(ASGIHandler()),
                "websocket": application.application.application.application_mapping["websocket"],
            }
        )
        return TrustedProxies(inner, trusted=[ipaddress.ip_network("10.0.0.0/8")], sub_path=url.path)

    yield stand
    set_script_prefix("/")


@pytest.fixture
def installation_with_password(committed_offline_installation: Installation) -> Installation:
    """Dana has a password."""
    dana = committed_offline_installation.users["dana"]
    dana.set_password(PASSWORD)
    dana.save()
    return committed_offline_installation


async def sign_in(way: ProxySetup, whole: Any, origin: str, *more: tuple[str, str]) -> tuple[int, str]:
    """Status of the form's answer, and the session that it began."""
    options: dict[str, Any] = {"host": way.host, "client": way.peer, "application": whole}
    page = await send_request("GET", f"{way.path}/people/sign-in/", (*way.headers, *more), **options)
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if not found:
        return page.status, ""
    form = f"csrfmiddlewaretoken={found[1]}&username=dana&password={PASSWORD}".encode()
    sent = (
        *way.headers,
        *more,
        ("Origin", origin),
        ("Cookie", page.get_value("set-cookie").partition(";")[0]),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )
    entered = await send_request("POST", f"{way.path}/people/sign-in/", sent, form, **options)
    name = re.escape(django_settings.SESSION_COOKIE_NAME)
    began = re.search(rf"{name}=([a-z0-9]+)", " ".join(entered.list_values("set-cookie")))
    return entered.status, began[1] if began else ""


async def open_socket(way: ProxySetup, whole: Any, session: str, origin: str, *more: tuple[str, str]) -> int:
    communicator = knock(
        f"{way.path}/live/",
        session=session,
        page="/nowhere/",
        origins=(origin,),
        hosts=(way.host,),
        more=tuple((name.lower(), value) for name, value in (*way.headers, *more)),
        client=way.peer,
    )
    communicator.application = whole
    return await handshake(communicator)


@pytest.mark.parametrize("way", LEGITIMATE.values(), ids=LEGITIMATE.keys())
async def test_a_person_gets_in_and_their_socket_too(
    installation_with_password: Installation, configure_public_url: Callable[[str], Any], way: ProxySetup
) -> None:
    whole = configure_public_url(way.public_url)
    status, session = await sign_in(way, whole, django_settings.PUBLIC_URL.origin)
    assert status == 302
    assert await open_socket(way, whole, session, django_settings.PUBLIC_URL.origin) == NOT_FOUND
    address = await database_sync_to_async(lambda: Session.objects.get(pk=hash_key(session)).address)()
    assert address == way.client


@pytest.mark.parametrize("way", LEGITIMATE.values(), ids=LEGITIMATE.keys())
async def test_no_other_origin_gets_in_by_the_same_way(
    installation_with_password: Installation, configure_public_url: Callable[[str], Any], way: ProxySetup
) -> None:
    whole, session = configure_public_url(way.public_url), installation_with_password.sessions["dana"]
    host = way.host.partition(":")[0].strip("[")
    for origin in (
        f"https://{EVIL}",
        "null",
        f"ftp://{host}",
        f"https://{host}.{EVIL}",
        "https://inner:8001",
    ):
        status, began = await sign_in(way, whole, origin)
        assert (status, began) == (403, ""), origin
        assert await open_socket(way, whole, session, origin) == REFUSED, origin


FORGED: dict[str, HeaderPairs] = {
    "scheme and host": (TLS, ("X-Forwarded-Host", EVIL)),
    "our host over theirs": (("X-Forwarded-Host", "deck.example.com"),),
    "Forwarded": (("Forwarded", f"for={VISITOR};host=deck.example.com;proto=https"),),
    "other spellings": (("X_Forwarded_Host", "deck.example.com"), ("x-Forwarded-SERVER", "deck.example.com")),
    "the visitor": (("X-Forwarded-For", VISITOR), ("X-Real-IP", VISITOR), ("True-Client-IP", VISITOR)),
    "the path": (("X-Forwarded-Prefix", "/evil"), ("Daphne-Root-Path", "/evil"), ("X-Script-Name", "/evil")),
    "a chain that ends in a proxy": (
        ("X-Forwarded-For", f"{VISITOR}, {PROXY}"),
        ("X-Forwarded-Proto", "https,https"),
    ),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_who_is_no_proxy_writes_no_header_of_one(
    installation_with_password: Installation, configure_public_url: Callable[[str], Any], forged: HeaderPairs
) -> None:
    """With a host of theirs it is refused; with ours it is a visit like any, from the address that it comes from."""
    whole, session = (
        configure_public_url("https://deck.example.com"),
        installation_with_password.sessions["dana"],
    )
    theirs = ProxySetup("https://deck.example.com", EVIL, forged, OUTSIDE)
    assert (await sign_in(theirs, whole, f"https://{EVIL}"))[0] == 400
    assert await open_socket(theirs, whole, session, f"https://{EVIL}") == REFUSED
    assert await open_socket(theirs, whole, session, "https://deck.example.com") == REFUSED
    ours = ProxySetup("https://deck.example.com", "deck.example.com", forged, OUTSIDE)
    assert (await sign_in(ours, whole, f"https://{EVIL}"))[0] == 403
    page = await send_request(
        "GET", "/people/sign-in/", forged, host="deck.example.com", client=OUTSIDE, application=whole
    )
    assert EVIL not in page.text + str(page.headers)
    assert "/evil" not in page.text
    assert page.get_value("strict-transport-security") == "", "it came without TLS, whatever it says"
    status, began = await sign_in(ours, whole, "https://deck.example.com")
    assert status == 302
    address = await database_sync_to_async(lambda: Session.objects.get(pk=hash_key(began)).address)()
    assert address == OUTSIDE


async def test_the_proxys_own_word_counts(
    installation_with_password: Installation, configure_public_url: Callable[[str], Any]
) -> None:
    """So that the refusals above are for the peer and for nothing else."""
    whole = configure_public_url("https://deck.example.com")
    page = await send_request(
        "GET", "/people/sign-in/", (TLS,), host="deck.example.com", client=PROXY, application=whole
    )
    assert page.get_value("strict-transport-security")


def test_a_real_proxy_and_a_real_stranger(production_server: ProductionServer) -> None:
    """Over connections: the peer that is trusted is 127.0.0.1, the stranger comes from 127.0.0.2."""
    assert (
        production_server.client("rene").get(f"{production_server.url}/people/me/", timeout=60).status_code
        == 200
    )
    lines = [
        "GET /people/sign-in/ HTTP/1.1",
        "Host: inner",
        "X-Forwarded-Proto: https",
        f"X-Forwarded-Host: {production_server.host}",
        "Connection: close",
        "",
        "",
    ]
    request = "\r\n".join(lines).encode()
    assert production_server.raw(request)[0] == 200
    assert production_server.raw(request, source=STRANGER)[0] == 400
    plain = "\r\n".join([lines[0], f"Host: {production_server.host}", *lines[2:]]).encode()
    status, text = production_server.raw(plain, source=STRANGER)
    assert status == 200
    assert "Strict-Transport-Security" not in text
    assert "Strict-Transport-Security" in production_server.raw(plain)[1]
