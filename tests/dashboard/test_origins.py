"""Does a socket open for a page of our own only? (Classes 1 and 33 of the attacks.)"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings as django_settings

from dashboard.asgi import application
from dashboard.live.consumer import SIGNED_OUT
from dashboard.origins import REFUSED, origin_allowed
from dashboard.public_url import public_url


def scope(
    *origins: str, host: str = "127.0.0.1:8000", scheme: str = "ws", hosts: tuple[str, ...] = ()
) -> dict[str, Any]:
    names = hosts or (host,)
    return {
        "type": "websocket",
        "scheme": scheme,
        "path": "/live/",
        "headers": [
            *[(b"host", name.encode()) for name in names],
            *[(b"origin", each.encode()) for each in origins],
        ],
    }


@pytest.fixture
def public(settings):
    """As in production behind a proxy that ends TLS on a port of its own."""
    settings.PUBLIC_URL = public_url("https://deck.example.com:8443", production=True)
    settings.PRODUCTION = True
    settings.ALLOWED_HOSTS = ["deck.example.com"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_in_development_the_page_that_was_asked_for_may(host: str) -> None:
    assert origin_allowed(scope(f"http://{host}", host=host))


EVIL = [
    ("http://evil.example",),
    ("null",),
    ("",),
    (),
    ("http://127.0.0.1:8001",),
    ("http://127.0.0.1",),
    ("https://127.0.0.1:8000",),
    ("http://localhost:8000",),
    ("http://127.0.0.1:8000.evil.example",),
    ("http://127.0.0.1:8000@evil.example",),
    ("http://user@127.0.0.1:8000",),
    ("http://127.0.0.1:8000/",),
    ("http://127.0.0.1:8000/x",),
    ("http://127.0.0.1:8000#",),
    ("http://127.0.0.1:port",),
    ("ws://127.0.0.1:8000",),
    ("127.0.0.1:8000",),
    ("http://2130706433:8000",),
    ("http://127.0.0.1:8000, http://evil.example",),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("http://127.0.0.1:8000", "http://evil.example"),
    ("http://127.0.0.1:8000 ",),
    ("http://[::1",),
]


@pytest.mark.parametrize("origins", EVIL)
def test_no_other_page_may(origins: tuple[str, ...]) -> None:
    assert not origin_allowed(scope(*origins))


def test_a_foreign_host_header_does_not_make_a_foreign_page_ours() -> None:
    """DNS rebinding: the page and the request agree, and neither is us."""
    assert not origin_allowed(scope("http://evil.example:8000", host="evil.example:8000"))
    assert not origin_allowed(scope("http://127.0.0.1:8000", hosts=("127.0.0.1:8000", "evil.example")))
    assert not origin_allowed(scope("http://127.0.0.1:8000", host=""))


def test_behind_a_proxy_the_public_page_may_whatever_the_inner_scheme(public: None) -> None:
    for scheme in ("ws", "wss"):
        assert origin_allowed(
            scope("https://deck.example.com:8443", host="deck.example.com:8443", scheme=scheme)
        )


@pytest.mark.parametrize(
    "origin",
    [
        "http://deck.example.com:8443",
        "https://deck.example.com",
        "https://deck.example.com:443",
        "https://deck.example.com.evil.example:8443",
        "https://deck-example.com:8443",
        "https://evil.deck.example.com:8443",
        "https://example.com:8443",
        "http://127.0.0.1:8000",
        "null",
    ],
)
def test_behind_a_proxy_no_other_page_may(public: None, origin: str) -> None:
    assert not origin_allowed(scope(origin, host="deck.example.com:8443"))
    assert not origin_allowed(scope(origin, host="127.0.0.1:8000"))


def test_an_origin_may_name_the_default_port() -> None:
    django_settings_public = public_url("https://deck.example.com", production=True)
    assert django_settings_public is not None
    assert django_settings_public.origin == "https://deck.example.com"


async def handshake(
    headers: list[tuple[bytes, bytes]], path: str = "/live/", client: str = "127.0.0.1"
) -> tuple[str, int]:
    """The first message of the whole application to a socket's handshake, and its code."""
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await received.put({"type": "websocket.connect"})
    asked = {
        "type": "websocket",
        "path": path,
        "headers": headers,
        "query_string": b"",
        "client": [client, 1],
        "subprotocols": [],
    }
    task = asyncio.ensure_future(application(asked, received.get, sent.put))
    try:
        message = await asyncio.wait_for(sent.get(), 20)
        return str(message["type"]), int(message.get("code") or 0)
    finally:
        task.cancel()


HOST = (b"host", b"127.0.0.1:8000")


@pytest.mark.parametrize("path", ["/live/", "/nowhere/", "/", "/people/"])
@pytest.mark.parametrize("origins", [(), ("null",), ("http://evil.example",), ("http://127.0.0.1:8000",) * 2])
async def test_every_route_refuses_before_it_accepts(path: str, origins: tuple[str, ...]) -> None:
    headers = [HOST, *[(b"origin", each.encode()) for each in origins]]
    assert await handshake(headers, path) == ("websocket.close", REFUSED)


async def test_a_page_of_our_own_comes_as_far_as_the_question_who_it_is() -> None:
    headers = [HOST, (b"origin", b"http://127.0.0.1:8000")]
    assert await handshake(headers) == ("websocket.close", SIGNED_OUT)


async def test_a_socket_to_nowhere_is_refused_without_an_error() -> None:
    assert await handshake([HOST, (b"origin", b"http://127.0.0.1:8000")], "/nowhere/") == (
        "websocket.close",
        REFUSED,
    )


async def test_a_strangers_forwarded_host_does_not_help() -> None:
    assert django_settings.TRUSTED_PROXIES == []
    headers = [
        (b"host", b"evil.example"),
        (b"origin", b"http://127.0.0.1:8000"),
        (b"x-forwarded-host", b"127.0.0.1:8000"),
    ]
    assert await handshake(headers, "/live/", client="198.51.100.9") == ("websocket.close", REFUSED)
