"""Origin check of WebSockets: which Origin is our own (sockets themselves: tests/attacks, classes 1 and 33)."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.origins import is_origin_allowed
from dashboard.public_url import public_url


def build_scope(
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
def public_settings(settings):
    """As in production behind a proxy that ends TLS on a port of its own."""
    settings.PUBLIC_URL = public_url("https://deck.example.com:8443", production=True)
    settings.PRODUCTION = True
    settings.ALLOWED_HOSTS = ["deck.example.com"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_in_development_the_requested_page_may(host: str) -> None:
    assert is_origin_allowed(build_scope(f"http://{host}", host=host))


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
    assert not is_origin_allowed(build_scope(*origins))


def test_a_foreign_host_header_does_not_make_a_foreign_page_ours() -> None:
    """DNS rebinding: the page and the request agree, and neither is us."""
    assert not is_origin_allowed(build_scope("http://evil.example:8000", host="evil.example:8000"))
    assert not is_origin_allowed(
        build_scope("http://127.0.0.1:8000", hosts=("127.0.0.1:8000", "evil.example"))
    )
    assert not is_origin_allowed(build_scope("http://127.0.0.1:8000", host=""))


def test_behind_a_proxy_the_public_page_may_whatever_the_inner_scheme(public_settings: None) -> None:
    for scheme in ("ws", "wss"):
        assert is_origin_allowed(
            build_scope("https://deck.example.com:8443", host="deck.example.com:8443", scheme=scheme)
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
def test_behind_a_proxy_no_other_page_may(public_settings: None, origin: str) -> None:
    assert not is_origin_allowed(build_scope(origin, host="deck.example.com:8443"))
    assert not is_origin_allowed(build_scope(origin, host="127.0.0.1:8000"))


def test_an_origin_may_name_the_default_port() -> None:
    django_settings_public = public_url("https://deck.example.com", production=True)
    assert django_settings_public is not None
    assert django_settings_public.origin == "https://deck.example.com"
