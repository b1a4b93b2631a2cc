"""Security headers and Host header: strict on every response, and no foreign host in a link (class 30)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import requests
from channels.db import database_sync_to_async

from dashboard.public_url import public_url
from people import one_time_links
from people.models import Purpose
from tests.attacks.asgi_requests import Reply, send_request
from tests.attacks.installation import Installation, roll_back
from tests.attacks.production_server import ProductionServer
from tests.attacks.routes import list_routes
from tests.audit_trail import AuditTrail

STATIC = "/static/shell/base.css"
EVIL = "evil.example"
HOSTS = (EVIL, f"{EVIL}:8000", f"127.0.0.1:8000@{EVIL}", f"127.0.0.1.{EVIL}", f"127.0.0.1:8000, {EVIL}")
ALWAYS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = ("default-src 'none'", "frame-ancestors 'none'")
PAGES = ("base-uri 'none'", "form-action 'self'", "script-src 'self'", "connect-src 'self'")


def find_missing_headers(reply: Reply) -> list[str]:
    """What a strict answer would have and this one has not."""
    missing = [
        f"{name} is {reply.get_value(name)!r}"
        for name, value in ALWAYS.items()
        if reply.get_value(name) != value
    ]
    policy = reply.get_value("content-security-policy")
    missing += [f"no {part}" for part in POLICY if part not in policy]
    if reply.get_value("content-type").startswith("text/html") and reply.body:
        missing += [f"no {part}" for part in PAGES if part not in policy]
    missing += ["unsafe in the policy"] if "unsafe" in policy or "*" in policy else []
    missing += ["a camera"] if "camera=()" not in reply.get_value("permissions-policy") else []
    is_public = reply.status == 200 and "no-store" not in reply.get_value("cache-control")
    missing += (
        ["kept by caches"] if is_public and not reply.get_value("content-type").startswith("text/css") else []
    )
    missing += ["for other origins"] if reply.list_values("access-control-allow-origin") else []
    return missing


async def test_every_answer_of_every_route_is_strict(committed_installation: Installation) -> None:
    """To a person and to nobody, where it is granted, refused, redirected, not there and not taken."""
    wrong = []
    for route in list_routes():
        path = await database_sync_to_async(committed_installation.address)(route)
        for method in ("GET", "OPTIONS", "BREW", "POST"):
            for who in ("", "ada", "stan"):
                session = committed_installation.sessions[who] if who else ""
                reply = await send_request(method, path, session=session)
                wrong += [
                    f"{method} {route} as {who} ({reply.status}): {one}"
                    for one in find_missing_headers(reply)
                ]
    assert not wrong, "\n".join(wrong)


class Inline(HTMLParser):
    """What the markup holds of styles, handlers and links that are scripts; text that only looks so is text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += ["<style>"] if tag == "style" else []
        for name, value in attrs:
            is_script = (value or "").strip().lower().startswith("javascript:")
            self.found += [f"<{tag} {name}>"] if name == "style" or name.startswith("on") or is_script else []


def find_inline_code(page: str) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


def test_no_page_holds_what_its_own_policy_forbids(installation: Installation) -> None:
    """No inline script, style or handler: so the policy can be strict without breaking a page."""
    found = []
    for route in list_routes():
        if "GET" in installation.methods(route):
            page = installation.browser("ada").get(installation.address(route))
            if page.get("Content-Type", "").startswith("text/html"):
                found += [f"{route}: {one}" for one in find_inline_code(page.content.decode())]
    assert not found, "\n".join(found)
    assert find_inline_code('<p onclick="x" style="y"><a href=" javascript:z"><style>') == [
        "<p onclick>", "<p style>", "<a href>", "<style>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", STATIC, 200),
        ("HEAD", STATIC, 200),
        ("GET", "/static/nowhere.css", 404),
        ("GET", "/nowhere/", 404),
        ("GET", "/people", 301),
        ("GET", "/favicon.ico", 404),
        ("GET", "/live/", 404),
        ("POST", "/people/sign-in/", 403),
        ("GET", "/people/%00/", 404),
        ("TRACE", "/people/sign-in/", 405),
    ],
)
async def test_every_other_answer_is_strict_too(
    transactional_db: None, method: str, path: str, status: int
) -> None:
    reply = await send_request(method, path)
    assert reply.status == status
    assert find_missing_headers(reply) == []


@pytest.mark.parametrize("query", [b"\xff", b"next=\xe2\x28\xa1"])
async def test_what_cannot_be_read_is_refused_strictly(transactional_db: None, query: bytes) -> None:
    """No view and no middleware of Django's sees it."""
    reply = await send_request("GET", "/people/sign-in/", query=query)
    assert reply.status in (200, 400)
    assert find_missing_headers(reply) == []


async def test_a_page_that_breaks_is_strict_and_reveals_nothing(
    committed_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the-inner-side-of-it")

    monkeypatch.setattr("dashboard.shell.views.render", broken)
    reply = await send_request("GET", "/shell/signed-in/", session=committed_installation.sessions["dana"])
    assert reply.status == 500
    assert find_missing_headers(reply) == []
    assert "the-inner-side-of-it" not in reply.text
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("host", HOSTS)
async def test_no_route_answers_to_a_host_that_is_not_ours(
    committed_installation: Installation, host: str
) -> None:
    """Nor a static file with anything of it; 400 or, for a static file, the file."""
    for route in list_routes():
        path = await database_sync_to_async(committed_installation.address)(route)
        for method in ("GET", "POST"):
            reply = await send_request(
                method, path, session=committed_installation.sessions["ada"], host=host
            )
            assert reply.status == 400, f"{method} {route}"
            assert EVIL not in reply.text + str(reply.headers), f"{method} {route}"
            assert find_missing_headers(reply) == []


async def test_two_hosts_are_none(committed_installation: Installation) -> None:
    for pair in (("host", EVIL), ("host", "127.0.0.1:8000")):
        reply = await send_request("GET", "/people/sign-in/", headers=(pair,))
        assert reply.status == 400


async def test_no_link_holds_a_host_of_a_request(
    committed_installation: Installation, empty_audit_trail: AuditTrail
) -> None:
    """Every page and every redirect, with every header that names a host; links are paths, or the public URL's."""
    named = tuple(
        (name, EVIL)
        for name in (
            "X-Forwarded-Host",
            "X-Forwarded-Server",
            "X-Host",
            "X-Original-Host",
            "X-HTTP-Host-Override",
            "Forwarded",
            "X-Rewrite-URL",
            "X-Original-URL",
            "X-Forwarded-Prefix",
            "X-Script-Name",
            "Daphne-Root-Path",
        )
    )
    leaks = []
    for route in list_routes():
        path = await database_sync_to_async(committed_installation.address)(route)
        for who in ("", "ada"):
            session = committed_installation.sessions[who] if who else ""
            reply = await send_request("GET", path, named, session=session)
            if EVIL in reply.text + str(reply.headers):
                leaks.append(f"{route} as {who}")
    assert not leaks, "\n".join(leaks)


def test_a_link_that_lets_in_is_of_the_public_url(installation: Installation, settings) -> None:
    """Invitation, new password, first sign-in: what a person is handed leads here and nowhere else."""
    settings.PUBLIC_URL = public_url("https://deck.example.com:8443", production=True)
    settings.ALLOWED_HOSTS = ["deck.example.com", "other.example.com"]
    browser = installation.browser("ada", HTTP_HOST="other.example.com", HTTP_X_FORWARDED_HOST=EVIL)
    with roll_back():
        made = browser.post("/people/invite/", {"global_role": "member", "role": "viewer"})
        renewed = browser.post(f"/people/{installation.users['dana'].pk}/new-password-link/")
    for page in (made, renewed):
        found = re.findall(r"https?://[^\s\"'<]+/people/invitations/", page.content.decode())
        assert found
        assert set(found) == {"https://deck.example.com:8443/people/invitations/"}
    secret = one_time_links.link_for(installation.users["dana"], Purpose.SIGN_IN)
    assert one_time_links.link_url(secret, here=f"http://{EVIL}").startswith(
        "https://deck.example.com:8443/people/"
    )


def test_behind_tls_every_cookie_is_of_this_host_alone(production_server: ProductionServer) -> None:
    """A real server in production behind a proxy that ends TLS: `__Host-`, Secure, HttpOnly, SameSite, no Domain."""
    client = production_server.client()
    page = client.get(f"{production_server.url}/people/sign-in/", timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    sent = {"Referer": f"{production_server.url}/people/sign-in/", "Origin": production_server.url}
    form = {"csrfmiddlewaretoken": token[1], "username": "rene", "password": "sail-with-rene"}
    entered = client.post(
        f"{production_server.url}/people/sign-in/", form, headers=sent, timeout=60, allow_redirects=False
    )
    assert entered.status_code == 302
    me = client.get(f"{production_server.url}/people/me/", timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', me.text)
    assert token
    themed = client.post(
        f"{production_server.url}/shell/theme/",
        {"csrfmiddlewaretoken": token[1], "theme": "dark"},
        headers=sent,
        timeout=60,
        allow_redirects=False,
    )
    cookies = [line for answer in (page, entered, me, themed) for line in _list_cookies(answer)]
    assert {line.partition("=")[0] for line in cookies} == {
        "__Host-quarterdeck-device",
        "__Host-quarterdeck-csrf",
        "__Host-quarterdeck-session",
        "__Host-quarterdeck-theme",
    }
    for line in cookies:
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        same_site = "strict" if line.startswith("__Host-quarterdeck-device=") else "lax"
        assert {"secure", "httponly", f"samesite={same_site}", "path=/"} <= parts, line
        assert not any(part.startswith("domain") for part in parts), line
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_behind_tls_every_real_answer_is_strict(production_server: ProductionServer) -> None:
    client = production_server.client("ada")
    style = re.search(
        r'href="(/static/overview/all\.[0-9a-f]+\.css)"',
        client.get(f"{production_server.url}/", timeout=60).text,
    )
    assert style
    for path in ("/", "/people/", "/c/harbour/shop/pods", "/nowhere/", style[1], "/people", "/people/%ff/"):
        answer = client.get(production_server.url + path, timeout=60, allow_redirects=False)
        headers = tuple((name.lower(), value) for name, value in answer.headers.items())
        assert find_missing_headers(Reply(answer.status_code, headers, answer.content)) == [], path
        assert answer.headers["Strict-Transport-Security"], path


def _list_cookies(answer: requests.Response) -> list[str]:
    return list(answer.raw.headers.getlist("Set-Cookie"))
