"""Security headers and cookies of every response (class 30 of the attacks)."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

PAGES = ["/people/sign-in/", "/people/", "/nowhere/", "/people/invitations/x/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_framed_by_nobody_and_kept_by_nobody(path: str) -> None:
    answer = Client().get(path)
    policy = answer["Content-Security-Policy"]
    for directive in (
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "script-src 'self'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_refused_form_has_them_too() -> None:
    answer = Client(enforce_csrf_checks=True).post("/people/sign-in/")
    assert answer.status_code == 403
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_cookies_are_for_the_server_alone() -> None:
    client = Client()
    client.get("/people/sign-in/")
    cookie = client.cookies[settings.CSRF_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:8000@evil.example", ""]
)
def test_a_foreign_host_header_is_refused(host: str) -> None:
    answer = Client().get("/people/sign-in/", HTTP_HOST=host)
    assert answer.status_code == 400


def test_the_first_page_asks_for_sign_in() -> None:
    assert Client().get("/")["Location"] == "/people/sign-in/?next=%2F"
