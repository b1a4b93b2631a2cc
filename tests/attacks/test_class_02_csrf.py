"""CSRF: a page of another site changes nothing with the cookie of a signed-in user (class 2).

SameSite=Lax does not stop a sibling subdomain, so each route that changes something wants a token and its own Origin.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from tests.attacks.database_state import diff, dump
from tests.attacks.installation import ADMINISTRATOR, Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import WRITING, list_routes

FORM = {
    "global_role": "administrator",
    "role": "editor",
    "name": "Another",
    "slug": "harbour",
    "team": "pay",
    "cluster": "harbour",
    "theme": "dark",
    "namespace": "shop",
    "save_anyway": "yes",
}
ENCODED = "&".join(f"{name}={value}" for name, value in FORM.items())
PLAIN = "application/x-www-form-urlencoded"
Attack = Callable[[Client, str, str], HttpResponse]


def post_with_token(client: Client, path: str, token: str, **headers: str) -> HttpResponse:
    return client.post(path, {**FORM, "csrfmiddlewaretoken": token}, **headers)


ATTACKS: dict[str, Attack] = {
    "no token": lambda client, path, _token: client.post(path, FORM),
    "an empty token": lambda client, path, _token: post_with_token(client, path, ""),
    "a token of another session": lambda client, path, _token: post_with_token(client, path, "a" * 64),
    "multipart": lambda client, path, _token: client.post(path, FORM, format="multipart"),
    "text/plain": lambda client, path, token: client.post(
        path, f"{ENCODED}&csrfmiddlewaretoken={token}", content_type="text/plain"
    ),
    "JSON": lambda client, path, token: client.post(
        path, {**FORM, "csrfmiddlewaretoken": token}, content_type="application/json"
    ),
    "no content type": lambda client, path, _token: client.generic("POST", path, ENCODED, content_type=""),
    "the token in the query": lambda client, path, token: client.post(
        f"{path}?csrfmiddlewaretoken={token}", FORM
    ),
    "another site": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="https://evil.example"
    ),
    "a sibling": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="http://sibling.testserver"
    ),
    "a look-alike": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="http://testserver.evil.example"
    ),
    "another scheme": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="https://testserver"
    ),
    "another port": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="http://testserver:8001"
    ),
    "null": lambda client, path, token: post_with_token(client, path, token, HTTP_ORIGIN="null"),
    "two origins": lambda client, path, token: post_with_token(
        client, path, token, HTTP_ORIGIN="http://testserver,https://evil.example"
    ),
    "a method that is overridden": lambda client, path, _token: client.post(
        path, {**FORM, "_method": "GET"}, HTTP_X_HTTP_METHOD_OVERRIDE="GET", HTTP_X_METHOD_OVERRIDE="GET"
    ),
}


def fetch_token(client: Client) -> str:
    """A token that is good in this browser, as a page of ours holds it."""
    client.get("/people/me/")
    answer = client.get("/people/sessions/")
    return str(answer.context["csrf_token"])


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_route_changes_anything_for_another_site(
    installation: Installation, recorder: Recorder, attack: Attack
) -> None:
    """As the administrator, to whom everything is allowed."""
    client = installation.browser(ADMINISTRATOR, strict=True)
    token, before, wrong = fetch_token(client), dump(), []
    with recorder.record() as seen:
        for route in installation.writing_routes():
            answer = attack(client, installation.address(route), token)
            if answer.status_code != 403 or b"This form has expired" not in answer.content:
                wrong.append(f"{route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert diff(before, dump()) == []
    assert seen.is_empty, seen


def test_each_route_is_reached_with_a_token_and_our_own_origin(installation: Installation) -> None:
    """So that the refusals above are for the lack of them and for nothing else."""
    client = installation.browser(ADMINISTRATOR, strict=True)
    token = fetch_token(client)
    cookies = {name: one.value for name, one in client.cookies.items()}
    for route in installation.writing_routes():
        with roll_back():
            for name, value in cookies.items():
                client.cookies[name] = value  # sign-out took them away
            answer = post_with_token(
                client, installation.address(route), token, HTTP_ORIGIN="http://testserver"
            )
        assert b"This form has expired" not in answer.content, route


def test_put_patch_and_delete_change_nothing_without_a_token(
    installation: Installation, recorder: Recorder
) -> None:
    client = installation.browser(ADMINISTRATOR, strict=True)
    before = dump()
    with recorder.record() as seen:
        for route in list_routes():
            for method in sorted(set(WRITING) - {"POST"}):
                answer = client.generic(method, installation.address(route), ENCODED, content_type=PLAIN)
                assert answer.status_code in (403, 405), f"{method} {route}"
    assert diff(before, dump()) == []
    assert seen.is_empty, seen


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(installation: Installation, recorder: Recorder, method: str) -> None:
    """As the administrator, with the fields of a form in the query and with what overrides methods elsewhere."""
    client, wrong = installation.browser(ADMINISTRATOR, strict=True), []
    overriding = {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST", "HTTP_X_METHOD_OVERRIDE": "POST"}
    before = dump()
    with recorder.record() as seen:
        for route in list_routes():
            client.generic(method, f"{installation.address(route)}?{ENCODED}&_method=POST", **overriding)
            after = dump()
            wrong += [f"{route}: {line}" for line in diff(before, after)]
            before = after
    assert not wrong, "\n".join(wrong)
    assert seen.writes == []
    assert client.get("/people/me/").status_code == 200, "nor does it end the session"


def test_behind_tls_a_post_must_say_where_it_comes_from(installation: Installation) -> None:
    """Without an Origin the Referer counts, so that a page of http:// on the same host has no way in."""
    client = installation.browser(ADMINISTRATOR, strict=True)
    token = fetch_token(client)
    for referer in (
        {},
        {"HTTP_REFERER": "http://testserver/people/"},
        {"HTTP_REFERER": "https://evil.example/"},
    ):
        for route in installation.writing_routes():
            answer = client.post(
                installation.address(route), {**FORM, "csrfmiddlewaretoken": token}, secure=True, **referer
            )
            assert answer.status_code == 403, f"{route}: {referer}"


def test_the_cookies_are_not_sent_along_from_another_site(installation: Installation) -> None:
    client = installation.browser()
    client.get("/people/sign-in/")
    cookie = client.cookies[settings.CSRF_COOKIE_NAME]
    assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")
    assert (settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_DOMAIN) == ("Lax", None)
