"""Does a page of another site, with the person's cookie, change anything here? (Class 2.)

SameSite=Lax does not stop a sibling subdomain, so each route that changes something wants a token and its own Origin.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from tests.attacks.house import ADMINISTRATOR, House, undone
from tests.attacks.routes import WRITING, routes
from tests.attacks.state import changes, dump
from tests.attacks.upstream import Recorder

FORM = {
    "standing": "administrator",
    "role": "operator",
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


def with_token(client: Client, path: str, token: str, **headers: str) -> HttpResponse:
    return client.post(path, {**FORM, "csrfmiddlewaretoken": token}, **headers)


ATTACKS: dict[str, Attack] = {
    "no token": lambda client, path, _token: client.post(path, FORM),
    "an empty token": lambda client, path, _token: with_token(client, path, ""),
    "a token of another session": lambda client, path, _token: with_token(client, path, "a" * 64),
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
    "another site": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="https://evil.example"
    ),
    "a sibling": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="http://sibling.testserver"
    ),
    "a look-alike": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="http://testserver.evil.example"
    ),
    "another scheme": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="https://testserver"
    ),
    "another port": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="http://testserver:8001"
    ),
    "null": lambda client, path, token: with_token(client, path, token, HTTP_ORIGIN="null"),
    "two origins": lambda client, path, token: with_token(
        client, path, token, HTTP_ORIGIN="http://testserver,https://evil.example"
    ),
    "a method that is overridden": lambda client, path, _token: client.post(
        path, {**FORM, "_method": "GET"}, HTTP_X_HTTP_METHOD_OVERRIDE="GET", HTTP_X_METHOD_OVERRIDE="GET"
    ),
}


def token_of(client: Client) -> str:
    """A token that is good in this browser, as a page of ours holds it."""
    client.get("/people/me/")
    answer = client.get("/people/sessions/")
    return str(answer.context["csrf_token"])


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_route_changes_anything_for_another_site(house: House, recorder: Recorder, attack: Attack) -> None:
    """As the administrator, to whom everything is allowed."""
    client = house.browser(ADMINISTRATOR, strict=True)
    token, before, wrong = token_of(client), dump(), []
    with recorder.watched() as seen:
        for route in house.writing():
            answer = attack(client, house.address(route), token)
            if answer.status_code != 403 or b"This form has expired" not in answer.content:
                wrong.append(f"{route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert changes(before, dump()) == []
    assert seen.is_nothing, seen


def test_each_route_is_reached_with_a_token_and_our_own_origin(house: House) -> None:
    """So that the refusals above are for the lack of them and for nothing else."""
    client = house.browser(ADMINISTRATOR, strict=True)
    token = token_of(client)
    cookies = {name: one.value for name, one in client.cookies.items()}
    for route in house.writing():
        with undone():
            for name, value in cookies.items():
                client.cookies[name] = value  # sign-out took them away
            answer = with_token(client, house.address(route), token, HTTP_ORIGIN="http://testserver")
        assert b"This form has expired" not in answer.content, route


def test_put_patch_and_delete_change_nothing_without_a_token(house: House, recorder: Recorder) -> None:
    client = house.browser(ADMINISTRATOR, strict=True)
    before = dump()
    with recorder.watched() as seen:
        for route in routes():
            for method in sorted(set(WRITING) - {"POST"}):
                answer = client.generic(method, house.address(route), ENCODED, content_type=PLAIN)
                assert answer.status_code in (403, 405), f"{method} {route}"
    assert changes(before, dump()) == []
    assert seen.is_nothing, seen


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(house: House, recorder: Recorder, method: str) -> None:
    """As the administrator, with the fields of a form in the query and with what overrides methods elsewhere."""
    client, wrong = house.browser(ADMINISTRATOR, strict=True), []
    overriding = {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST", "HTTP_X_METHOD_OVERRIDE": "POST"}
    before = dump()
    with recorder.watched() as seen:
        for route in routes():
            client.generic(method, f"{house.address(route)}?{ENCODED}&_method=POST", **overriding)
            after = dump()
            wrong += [f"{route}: {line}" for line in changes(before, after)]
            before = after
    assert not wrong, "\n".join(wrong)
    assert seen.writes == []
    assert client.get("/people/me/").status_code == 200, "nor does it end the session"


def test_behind_tls_a_post_must_say_where_it_comes_from(house: House) -> None:
    """Without an Origin the Referer counts, so that a page of http:// on the same host has no way in."""
    client = house.browser(ADMINISTRATOR, strict=True)
    token = token_of(client)
    for referer in (
        {},
        {"HTTP_REFERER": "http://testserver/people/"},
        {"HTTP_REFERER": "https://evil.example/"},
    ):
        for route in house.writing():
            answer = client.post(
                house.address(route), {**FORM, "csrfmiddlewaretoken": token}, secure=True, **referer
            )
            assert answer.status_code == 403, f"{route}: {referer}"


def test_the_cookies_are_not_sent_along_from_another_site(house: House) -> None:
    client = house.browser()
    client.get("/people/sign-in/")
    cookie = client.cookies[settings.CSRF_COOKIE_NAME]
    assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")
    assert (settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_DOMAIN) == ("Lax", None)
