"""Does nobody who knew a session before hold one after, and is no key of this installation a known one? (Class 25.)"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from dashboard.keys import keys
from people import links
from people.models import Purpose, Session, Standing, User
from people.sessions import SessionStore
from tests.attacks.house import House
from tests.attacks.routes import routes

PASSWORD, NEW = "sail-before-the-wind", "around-the-horn-again"
COOKIE = settings.SESSION_COOKIE_NAME
SEALING = base64.b64encode(bytes(range(32))).decode()
ROOT = Path(__file__).resolve().parents[2]


def by_password(_house: House, client: Client) -> object:
    return client.post("/people/sign-in/", {"username": "dana", "password": PASSWORD})


def by_link(house: House, client: Client) -> object:
    return client.post(_path(links.link_for(house.users["dana"], Purpose.SIGN_IN)))


def by_password_link(house: House, client: Client) -> object:
    secret = links.link_for(house.users["dana"], Purpose.PASSWORD)
    return client.post(_path(secret), {"password": NEW, "again": NEW})


def by_invitation(house: House, client: Client) -> object:
    secret = links.invite(standing=Standing.MEMBER, created_by=house.users["ada"])
    form = {"username": "newcomer", "name": "New Comer", "password": NEW, "again": NEW}
    return client.post(_path(secret), form)


WAYS_IN: dict[str, Callable[[House, Client], object]] = {
    "people:sign_in": by_password,
    "people:invitation (sign-in)": by_link,
    "people:invitation (password)": by_password_link,
    "people:invitation (invitation)": by_invitation,
}


def _path(secret: str) -> str:
    return f"/people/invitations/{secret}/"


@pytest.fixture
def anchored(dark_house: House) -> House:
    """Dana has a password."""
    dark_house.users["dana"].set_password(PASSWORD)
    dark_house.users["dana"].save()
    return dark_house


def planted() -> str:
    """A session of nobody's whose key the attacker knows, and has put into the victim's browser."""
    store = SessionStore()
    store["left-behind"] = "by the attacker"
    store.save()
    return str(store.session_key)


def is_in(key: str) -> bool:
    client = Client()
    client.cookies[COOKIE] = key
    return client.get("/people/me/").status_code == 200


def test_every_way_in_is_tried() -> None:
    """The views that are open are those in the list, and those that let nobody in."""
    let_in = {name.partition(" ")[0] for name in WAYS_IN}
    others = {"people:sign_out", "shell:theme"}
    source = {route.name for route in routes() if not _is_guarded(route.view)}
    assert source == let_in | others, (
        "a view that is not behind signed_in: say here how it lets people in, or that not"
    )


@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(
    anchored: House, enter: Callable[[House, Client], object]
) -> None:
    key = planted()
    victim = Client()
    victim.cookies[COOKIE] = key
    enter(anchored, victim)
    entered = victim.cookies[COOKIE].value
    assert is_in(entered)
    assert entered != key
    assert not is_in(key)
    assert "left-behind" not in SessionStore(entered).load()
    assert not Session.objects.filter(pk=key).exists()


@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_another_persons_session_is_not_taken_over(
    anchored: House, enter: Callable[[House, Client], object]
) -> None:
    """Stan was signed in in this browser: his session ends, and nothing of it goes on."""
    victim = anchored.browser("stan")
    before = victim.cookies[COOKIE].value
    enter(anchored, victim)
    assert victim.cookies[COOKIE].value != before
    assert not is_in(before)


def test_a_key_that_nobody_made_is_not_taken_up(anchored: House) -> None:
    """A cookie of the attacker's own making does not become a session by being used."""
    chosen = "a" * 32
    victim = Client()
    victim.cookies[COOKIE] = chosen
    by_password(anchored, victim)
    assert victim.cookies[COOKIE].value != chosen
    assert not Session.objects.filter(pk=chosen).exists()


def test_a_new_password_ends_all_sessions_and_renews_this_one(anchored: House) -> None:
    here, there = Client(), Client()
    by_password(anchored, here)
    by_password(anchored, there)
    known = [client.cookies[COOKIE].value for client in (here, there)]
    here.post("/people/me/password/", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert is_in(here.cookies[COOKIE].value)
    assert not any(is_in(key) for key in known)


def test_a_new_password_by_a_link_ends_all_sessions(anchored: House) -> None:
    before = anchored.sessions["dana"]
    by_password(anchored, there := Client())
    by_password_link(anchored, Client())
    assert not is_in(before)
    assert not is_in(there.cookies[COOKIE].value)


@pytest.mark.parametrize("standing", list(Standing))
def test_a_new_standing_ends_the_sessions_that_were_begun_under_another(
    dark_house: House, standing: Standing
) -> None:
    """Up and down: who knew dana's session before is no administrator after."""
    before = dark_house.sessions["dana"]
    answer = dark_house.browser("ada").post(
        f"/people/{dark_house.users['dana'].pk}/standing/", {"standing": standing}
    )
    assert answer.status_code == 302
    assert not is_in(before)
    assert is_in(dark_house.sessions["ada"])
    assert is_in(dark_house.sessions["rene"])


def test_who_changes_ones_own_standing_goes_on_under_a_new_key(dark_house: House) -> None:
    client, before = dark_house.browser("ada"), dark_house.sessions["ada"]
    User.objects.filter(username="idle").update(standing=Standing.ADMINISTRATOR, is_active=True)
    token = client.get("/people/me/").context["csrf_token"]
    client.post(f"/people/{dark_house.users['ada'].pk}/standing/", {"standing": "member"})
    assert client.cookies[COOKIE].value != before
    assert is_in(client.cookies[COOKIE].value)
    assert not is_in(before)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/people/me/", {"name": "x", "csrfmiddlewaretoken": str(token)}).status_code == 403


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "short",
        "k" * 60,
        "abcabcabc" * 10,
        "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789",
        "x" * 49,
    ],
)
def test_production_does_not_start_with_a_key_that_others_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("QUARTERDECK_SECRET_KEY", secret)
    monkeypatch.setenv("QUARTERDECK_SEALING_KEYS", SEALING)
    with pytest.raises(ImproperlyConfigured, match="QUARTERDECK_SECRET_KEY"):
        keys(tmp_path, production=True)
    assert list(tmp_path.iterdir()) == []


def test_production_itself_refuses_to_start(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QUARTERDECK_")}
    environment = {
        **clean,
        "QUARTERDECK_MODE": "production",
        "QUARTERDECK_SECRET_KEY": "changeme" * 8,
        "QUARTERDECK_SEALING_KEYS": SEALING,
        "QUARTERDECK_PUBLIC_URL": "https://deck.example.com",
        "QUARTERDECK_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "QUARTERDECK_SECRET_KEY is not random" in done.stderr


def test_a_session_holds_who_and_how_and_nothing_that_a_key_protects(anchored: House) -> None:
    """The key in the cookie is random and stands for a row; nothing is signed into it."""
    by_password(anchored, one := Client())
    by_password(anchored, other := Client())
    first, second = one.cookies[COOKIE].value, other.cookies[COOKIE].value
    assert first != second
    assert len(first) >= 32
    assert ":" not in first


def _is_guarded(view: object) -> bool:
    """Whether one of the guards of people.decorators is around the view: the wrapper of each is called guarded."""
    while view is not None:
        code = getattr(view, "__code__", None)
        if (
            code is not None
            and code.co_name == "guarded"
            and code.co_filename.endswith("people/decorators.py")
        ):
            return True
        view = getattr(view, "__wrapped__", None)
    return False
