"""Fuzzing of requests: 20,000 paths and 9,000 headers cause no 500, no leak and no hang."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve
from hypothesis import given
from hypothesis import strategies as st

from dashboard.origins import OwnPagesOnly
from dashboard.proxies import TrustedProxies
from tests.attacks.fuzz import Mutations, batch_settings, limit_time
from tests.attacks.fuzz_cases import HEADERS, PATHS
from tests.attacks.installation import Installation
from tests.attacks.routes import list_routes
from tests.lanes import short_and_long

BATCH = 100
CANARY = "canary-of-a-fuzzed-session"
PARTS = (
    *(
        "/",
        "//",
        "/.",
        "/..",
        "/../",
        "%2f",
        "%2e%2e",
        "%252e",
        "%00",
        "%0d%0a",
        "%c0%ae",
        "%ff",
        "%u0041",
        ";",
        "\\",
        "?",
    ),
    *(
        "#",
        "&",
        "=",
        ",",
        ":",
        "@",
        "*",
        "_all",
        "_cluster",
        "_kinds",
        "harbour",
        "island",
        "shop",
        "pods",
        "secrets",
    ),
    *(
        "deployments.apps",
        "yaml",
        "secret-value",
        "?q=",
        "&sort=",
        "&columns=",
        "&selector=",
        "&fields=",
        "&label=",
    ),
    *(
        "&offset=",
        "&wide=1",
        "&page=",
        "&download=",
        "&at=/",
        "&after=",
        "&from=",
        "next=",
        "9" * 30,
        "-1",
        "NaN",
        "x" * 300,
    ),
    *(
        "\u202e",
        "\u0130",
        "\U0001f600",
        "\x00",
        "\r\n",
        " ",
        "+",
        "%",
        "''",
        '"',
        "<",
        "{{",
        "http://evil.example",
        "é",
    ),
)
LISTS = (
    "/c/harbour/shop/pods?q=web&sort=-age&columns=name&label=app&selector=a%3Db&fields=a%3Db&offset=50&wide=1",
    "/c/harbour,island/shop,pay/deployments.apps?sort=name",
    "/c/harbour/shop/pods/web/yaml?page=2",
    "/people/audit/?person=ada&from=2026-07&to=2h&verb=get&result=ok&after=12&kind=pods/exec",
    "/people/sign-in/?next=/c/harbour/",
    "/static/live/live.js",
)
NAMES = (
    *(
        "HTTP_HOST",
        "HTTP_COOKIE",
        "HTTP_ORIGIN",
        "HTTP_REFERER",
        "HTTP_USER_AGENT",
        "HTTP_ACCEPT",
        "HTTP_ACCEPT_LANGUAGE",
    ),
    *(
        "HTTP_ACCEPT_ENCODING",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_RANGE",
        "HTTP_X_CSRFTOKEN",
    ),
    *("HTTP_HX_REQUEST", "HTTP_HX_BOOSTED", "HTTP_HX_REQUEST_TYPE", "HTTP_HX_TARGET", "HTTP_HX_CURRENT_URL"),
    *(
        "HTTP_X_REQUESTED_WITH",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_FORWARDED",
        "HTTP_CONNECTION",
    ),
    *(
        "HTTP_TRANSFER_ENCODING",
        "HTTP_EXPECT",
        "HTTP_AUTHORIZATION",
        "HTTP_IMPERSONATE_USER",
        "CONTENT_TYPE",
        "REMOTE_ADDR",
    ),
)
VALUES = (
    *(
        "testserver",
        "127.0.0.1",
        "[::1]:80",
        "evil.example",
        "null",
        "http://testserver",
        "https://testserver:443",
        "true",
    ),
    *(
        "text/html;q=0.8, */*",
        "en;q=0.5, de",
        "gzip, br",
        'W/"x", "y"',
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "bytes=0-1",
    ),
    *(
        "application/x-www-form-urlencoded; charset=utf-8",
        "multipart/form-data; boundary=x",
        "203.0.113.9, 10.0.0.1",
    ),
    f"{settings.SESSION_COOKIE_NAME}={CANARY}; {settings.CSRF_COOKIE_NAME}=x; theme=dark",
)
SIGNS = (
    *'",;:=@[]()/\\?%&*!',
    "\x00",
    "\r\n",
    "\t",
    "\x7f",
    "\xff",
    "é",
    " ",
    "q=",
    "charset=",
    "boundary=",
    "9" * 40,
    "x" * 300,
)


def check_response(answer: HttpResponse) -> None:
    """An answer of ours, with its headers, that leads nowhere else and tells nothing of what is inside."""
    assert answer.status_code < 500, answer.status_code
    assert "Content-Security-Policy" in answer or answer.status_code in (301, 302, 304), dict(answer.headers)
    place = answer.get("Location", "/")
    assert place.startswith("/"), place
    assert not place.startswith(("//", "/\\")), place
    if not answer.streaming:
        assert b"Traceback" not in answer.content


def send_request(client: Client, path: str) -> HttpResponse:
    """The path as a server hands it on: unquoted bytes in latin-1."""
    query = path.partition("?")[2].encode("utf-8", "replace").decode("latin-1")
    return client.request(REQUEST_METHOD="GET", PATH_INFO=decode_path(path), QUERY_STRING=query)


def decode_path(path: str) -> str:
    before = path.partition("?")[0]
    return unquote_to_bytes(before.encode("utf-8", "replace")).decode("latin-1") or "/"


def build_corpus(installation: Installation) -> list[str]:
    return [*(installation.address(route) for route in list_routes()), *LISTS, *PATHS]


@short_and_long("inputs", 2000, 19_700)
def test_no_path_gets_more_than_an_answer(offline_installation: Installation, inputs: int) -> None:
    """As nobody, and as somebody without clusters: what names one is looked up, and is not there.

    What leads to a view goes through the whole application, and so does each twenty-fifth of what leads nowhere,
    as all of it is answered by one view.
    """
    mutations = Mutations(build_corpus(offline_installation), PARTS)
    clients = [offline_installation.browser(""), offline_installation.browser("stan")]

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        for number, path in enumerate(mutations.batch(seed, BATCH)):
            with limit_time(path):
                if is_route(path) or number % 25 == 0:
                    check_response(send_request(clients[number % 4 == 0], path))

    try_them()


def is_route(path: str) -> bool:
    try:
        return bool(resolve(decode_path(path)))
    except Resolver404:
        return False


@short_and_long("inputs", 100, 300)
def test_no_path_to_a_cluster_does_either(offline_installation: Installation, inputs: int) -> None:
    """As an operator of a cluster that does not answer; 502 and 504 say so, and are no fault of ours."""
    pages = [path for path in build_corpus(offline_installation) if path.startswith("/c/harbour")]
    mutations, client = Mutations(pages, PARTS), offline_installation.browser("dana")

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        for path in mutations.batch(seed, BATCH):
            with limit_time(path):
                answer = send_request(client, path)
                assert answer.status_code != 500, path

    try_them()


@short_and_long("inputs", 500, 3000)
def test_no_header_gets_more_than_an_answer(offline_installation: Installation, inputs: int) -> None:
    values = Mutations([*VALUES, *(value for _name, value in HEADERS)], SIGNS)
    clients = [offline_installation.browser(""), offline_installation.browser("stan")]
    paths = (
        "/people/sign-in/",
        "/clusters/",
        "/c/harbour/shop/pods",
        "/people/me/",
        "/static/live/live.js",
        "/shell/theme/",
    )

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        for number, value in enumerate(values.batch(seed, BATCH)):
            name = NAMES[(seed + number) % len(NAMES)]
            carried = value.encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
            with limit_time((name, value)):
                method = "POST" if number % 5 == 0 else "GET"
                answer = clients[number % 5 == 0].generic(
                    method, paths[number % len(paths)], **{name: carried}
                )
                check_response(answer)
                if not answer.streaming:
                    assert CANARY.encode() not in answer.content

    try_them()


@short_and_long("inputs", 600, 6000)
def test_no_header_of_a_handshake_or_of_a_proxy_breaks_its_parser(inputs: int) -> None:
    """A socket's and a request's scope, before any of Django: either it goes on, or it is refused; never an error."""
    values = Mutations(VALUES, SIGNS)
    names = (
        b"host",
        b"origin",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-forwarded-for",
        b"cookie",
        b"forwarded",
    )
    passed: list[dict[str, object]] = []

    async def inner(scope: dict[str, object], _receive: object, _send: object) -> None:
        passed.append(scope)

    async def send(_message: object) -> None:
        return

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    trusted = [ip_network("10.0.0.0/8")]
    application = TrustedProxies(OwnPagesOnly(inner), trusted=trusted, sub_path="/deck")

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        async def all_of_them() -> None:
            for number, value in enumerate(values.batch(seed, BATCH)):
                headers = [
                    (names[number % len(names)], value.encode("utf-8", "replace")),
                    (b"host", b"testserver"),
                ]
                scope = {
                    "type": "websocket",
                    "path": "/live/",
                    "scheme": "ws",
                    "query_string": b"",
                    "headers": headers,
                    "client": ["10.0.0.1" if number % 2 else value, 4000],
                }
                with limit_time(headers):
                    await application(scope, receive, send)

        asyncio.run(all_of_them())

    try_them()
