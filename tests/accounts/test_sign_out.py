"""Sign-out: everything that the session had ends."""

from __future__ import annotations

import pytest
from django.conf import settings

from people import control
from people.broadcast import Message
from people.models import Session, User
from people.sessions import hash_key
from tests.people.conftest import ClientFor

SIGN_OUT = "/people/sign-out/"


@pytest.mark.django_db(transaction=True)
def test_it_ends_the_session_and_notifies_its_sockets(client_for: ClientFor, messages: list[Message]) -> None:
    client = client_for("dana")
    key = client.session.session_key
    answer = client.post(SIGN_OUT)
    assert messages == [Message(control.session_group(hash_key(key)), "session.ended")]
    assert not Session.objects.filter(pk=hash_key(key)).exists()
    assert answer["Clear-Site-Data"] == '"cache"'
    assert client.get("/people/me/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_it_leaves_other_browsers_and_other_people_alone(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    one, other, stan = client_for("dana"), client_for("dana"), client_for("stan")
    one.post(SIGN_OUT)
    assert other.get("/people/me/").status_code == 200
    assert stan.get("/people/me/").status_code == 200


def test_a_stolen_cookie_and_an_old_token_are_dead_afterwards(client_for: ClientFor) -> None:
    client = client_for("dana", strict=True)
    token = str(client.get("/people/me/").context["csrf_token"])
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.post(SIGN_OUT, {"csrfmiddlewaretoken": token}).status_code == 302
    client.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert client.get("/people/me/").status_code == 302
    form = {"username": "dana", "password": "x", "csrfmiddlewaretoken": token}
    assert client.post("/people/sign-in/", form).status_code == 403


def test_it_works_by_post_with_a_token_only(client_for: ClientFor) -> None:
    client = client_for("dana", strict=True)
    assert client.get(SIGN_OUT).status_code == 405
    assert client.post(SIGN_OUT).status_code == 403
    assert client.get("/people/me/").status_code == 200


def test_the_back_button_shows_nothing(client_for: ClientFor) -> None:
    assert "no-store" in client_for("dana").get("/people/me/")["Cache-Control"]


def test_it_does_not_fail_for_who_is_signed_out_already(client_for: ClientFor) -> None:
    assert client_for().post(SIGN_OUT).status_code == 302
