"""Sign-in: who gets in, and who does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people.models import Session, User
from people.sessions import hash_key
from tests.people.conftest import PASSWORD, ClientFor

SIGN_IN = "/people/sign-in/"


def sign_in(client: Client, username: str, password: str, **more: str):
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def test_it_lets_a_person_in_and_remembers_the_browser(
    client_for: ClientFor, dana_with_password: User
) -> None:
    client = client_for()
    answer = sign_in(client, "dana", PASSWORD)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    session = Session.objects.get(user=dana_with_password)
    assert session.address == "127.0.0.1"
    assert "Firefox" in session.agent


def test_it_answers_alike_to_a_wrong_name_a_wrong_password_and_an_inactive_person(
    client_for: ClientFor, dana_with_password: User, users: dict[str, User]
) -> None:
    users["stan"].set_password(PASSWORD)
    users["stan"].is_active = False
    users["stan"].save()
    tries = [("dana", "wrong"), ("nobody", PASSWORD), ("stan", PASSWORD)]
    answers = [sign_in(client_for(), *each) for each in tries]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert all("Wrong username or password" in answer.content.decode() for answer in answers)
    assert not Session.objects.filter(user__isnull=False).exists()


def test_it_takes_as_much_work_for_a_name_that_nobody_has(
    client_for: ClientFor, dana_with_password: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    from django.contrib.auth.hashers import ScryptPasswordHasher

    original = ScryptPasswordHasher.encode

    def counting(self, password, *args, **kwargs):
        hashed.append(password)
        return original(self, password, *args, **kwargs)

    monkeypatch.setattr(ScryptPasswordHasher, "encode", counting)
    sign_in(client_for(), "dana", "wrong-for-dana")
    sign_in(client_for(), "nobody", "wrong-for-nobody")
    assert hashed == ["wrong-for-dana", "wrong-for-nobody"]


def test_it_does_not_let_in_a_person_without_a_password(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    for password in ("", "!", users["stan"].password):
        assert sign_in(client_for(), "stan", password).status_code == 422


def test_it_keeps_the_name_that_was_typed_and_not_the_password(
    client_for: ClientFor, dana_with_password: User
) -> None:
    page = sign_in(client_for(), "dana", "wrong-secret").content.decode()
    assert 'value="dana"' in page
    assert "wrong-secret" not in page


def test_it_changes_the_session_and_the_csrf_token(client_for: ClientFor, dana_with_password: User) -> None:
    client = client_for()
    client.get(SIGN_IN)
    planted = client_for("stan").session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    token_before = client.cookies[settings.CSRF_COOKIE_NAME].value
    sign_in(client, "dana", PASSWORD)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert client.cookies[settings.CSRF_COOKIE_NAME].value != token_before
    assert not Session.objects.filter(pk=hash_key(planted)).exists()


def test_sessions_that_are_over_are_cleared_away(client_for: ClientFor, dana_with_password: User) -> None:
    over = client_for("stan").session.session_key
    Session.objects.filter(pk=hash_key(over)).update(expire_date=timezone.now() - timedelta(seconds=1))
    sign_in(client_for(), "dana", PASSWORD)
    assert not Session.objects.filter(pk=hash_key(over)).exists()


def test_it_leads_on_to_the_page_with_its_query(client_for: ClientFor, dana_with_password: User) -> None:
    client = client_for()
    path = "/people/sessions/?q=web&selector=env%20in%20(a,b)"
    answer = client.get(path)
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    next_url = page.context["next_url"]
    assert next_url == path
    assert sign_in(client, "dana", PASSWORD, next=next_url)["Location"] == path


@pytest.mark.parametrize(
    "next_url",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil",
        " //evil.example",
        "/\t/evil.example",
        "\x01/evil",
        "people/",
        "/" + "a" * 5000,
    ],
)
def test_it_never_leads_to_another_site(
    client_for: ClientFor, dana_with_password: User, next_url: str
) -> None:
    client = client_for()
    answer = sign_in(client, "dana", PASSWORD, next=next_url)
    assert answer["Location"] == "/"
    assert client.get(SIGN_IN, {"next": next_url})["Location"] == "/"


def test_it_survives_hostile_text(client_for: ClientFor, users: dict[str, User]) -> None:
    text = '"><img src=x onerror=alert(1)>'
    page = client_for().post(f"{SIGN_IN}?next=/{text}", {"username": text, "password": "x"}).content.decode()
    assert "<img" not in page
    assert sign_in(client_for(), "a\x00b", "c\x00d").status_code == 422


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaaaa"', "x" * 5000, "a'; --aaaaaaa", "\xe9" * 32])
def test_it_survives_a_hostile_cookie(client_for: ClientFor, users: dict[str, User], cookie: str) -> None:
    client = client_for()
    answer = client.get("/people/me/", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={cookie}")
    assert answer.status_code == 302


def test_it_refuses_a_form_without_a_token(client_for: ClientFor, dana_with_password: User) -> None:
    client = client_for(strict=True)
    client.get(SIGN_IN)
    assert sign_in(client, "dana", PASSWORD).status_code == 403


def test_it_takes_a_form_with_its_token_and_refuses_one_from_elsewhere(
    client_for: ClientFor, dana_with_password: User
) -> None:
    client = client_for(strict=True)
    token = client.get(SIGN_IN).context["csrf_token"]
    form = {"username": "dana", "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    for origin in ("https://evil.example", "null", "http://testserver.evil.example", "https://testserver"):
        assert client.post(SIGN_IN, form, HTTP_ORIGIN=origin).status_code == 403
    assert client.post(SIGN_IN, form, HTTP_ORIGIN="http://testserver").status_code == 302


def test_it_asks_an_ended_session_for_a_part_of_a_page_without_taking_the_page_away(
    client_for: ClientFor,
) -> None:
    answer = client_for().get("/people/sessions/", HTTP_HX_REQUEST="true")
    assert answer.status_code == 401
    assert answer["HX-Trigger"] == "sign-in-needed"
    assert reverse("accounts:sign_in") in answer.content.decode()


def test_it_hands_a_fresh_token_to_a_page_that_was_signed_in_again(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    assert client_for().get("/people/here/", HTTP_HX_REQUEST="true").status_code == 401
    page = client_for("dana").get("/people/here/").content.decode()
    assert "csrfmiddlewaretoken" in page
    assert f'data-person="{users["dana"].pk}"' in page
