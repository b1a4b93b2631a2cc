"""Session fixation: the session changes at every sign-in, and no secret key is a known one (class 25)."""

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
from people import one_time_links
from people.models import GlobalRole, Purpose, Session, User
from people.sessions import SessionStore, hash_key
from tests.attacks.installation import Installation
from tests.attacks.routes import list_routes

PASSWORD, NEW = "sail-before-the-wind", "around-the-horn-again"
COOKIE = settings.SESSION_COOKIE_NAME
SEALING_KEY = base64.b64encode(b"a key of a test, of 32 bytes all").decode()
ROOT = Path(__file__).resolve().parents[2]


def sign_in_with_password(_installation: Installation, client: Client) -> object:
    return client.post("/people/sign-in/", {"username": "dana", "password": PASSWORD})


def sign_in_with_link(installation: Installation, client: Client) -> object:
    return client.post(_build_path(one_time_links.link_for(installation.users["dana"], Purpose.SIGN_IN)))


def set_password_with_link(installation: Installation, client: Client) -> object:
    secret = one_time_links.link_for(installation.users["dana"], Purpose.PASSWORD)
    return client.post(_build_path(secret), {"password": NEW, "again": NEW})


def accept_invitation(installation: Installation, client: Client) -> object:
    secret = one_time_links.invite(global_role=GlobalRole.MEMBER, created_by=installation.users["ada"])
    form = {"username": "newcomer", "name": "New Comer", "password": NEW, "again": NEW}
    return client.post(_build_path(secret), form)


WAYS_IN: dict[str, Callable[[Installation, Client], object]] = {
    "accounts:sign_in": sign_in_with_password,
    "accounts:invitation (sign-in)": sign_in_with_link,
    "accounts:invitation (password)": set_password_with_link,
    "accounts:invitation (invitation)": accept_invitation,
}


def _build_path(secret: str) -> str:
    return f"/people/invitations/{secret}/"


@pytest.fixture
def installation_with_password(offline_installation: Installation) -> Installation:
    """Dana has a password."""
    offline_installation.users["dana"].set_password(PASSWORD)
    offline_installation.users["dana"].save()
    return offline_installation


def plant_session() -> str:
    """A session of nobody's whose key the attacker knows, and has put into the victim's browser."""
    store = SessionStore()
    store["left-behind"] = "by the attacker"
    store.save()
    return str(store.session_key)


def is_signed_in(key: str) -> bool:
    client = Client()
    client.cookies[COOKIE] = key
    return client.get("/people/me/").status_code == 200


def test_every_way_in_is_tried() -> None:
    """The views that are open are those in the list, and those that let nobody in."""
    let_in = {name.partition(" ")[0] for name in WAYS_IN}
    others = {"accounts:sign_out", "shell:theme", "healthz", "readyz", "metrics"}
    source = {route.name for route in list_routes() if not _has_permission_decorator(route.view)}
    assert source == let_in | others, (
        "a view that is not behind signed_in: say here how it lets people in, or that not"
    )


@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(
    installation_with_password: Installation, enter: Callable[[Installation, Client], object]
) -> None:
    key = plant_session()
    victim = Client()
    victim.cookies[COOKIE] = key
    enter(installation_with_password, victim)
    entered = victim.cookies[COOKIE].value
    assert is_signed_in(entered)
    assert entered != key
    assert not is_signed_in(key)
    assert "left-behind" not in SessionStore(entered).load()
    assert not Session.objects.filter(pk=hash_key(key)).exists()


@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_another_persons_session_is_not_taken_over(
    installation_with_password: Installation, enter: Callable[[Installation, Client], object]
) -> None:
    """Stan was signed in in this browser: his session ends, and nothing of it goes on."""
    victim = installation_with_password.browser("stan")
    before = victim.cookies[COOKIE].value
    enter(installation_with_password, victim)
    assert victim.cookies[COOKIE].value != before
    assert not is_signed_in(before)


def test_a_key_that_nobody_made_is_not_taken_up(installation_with_password: Installation) -> None:
    """A cookie of the attacker's own making does not become a session by being used."""
    chosen = "a" * 32
    victim = Client()
    victim.cookies[COOKIE] = chosen
    sign_in_with_password(installation_with_password, victim)
    assert victim.cookies[COOKIE].value != chosen
    assert not Session.objects.filter(pk=hash_key(chosen)).exists()


def test_a_new_password_ends_all_sessions_and_renews_this_one(
    installation_with_password: Installation,
) -> None:
    here, there = Client(), Client()
    sign_in_with_password(installation_with_password, here)
    sign_in_with_password(installation_with_password, there)
    known = [client.cookies[COOKIE].value for client in (here, there)]
    here.post("/people/me/password/", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert is_signed_in(here.cookies[COOKIE].value)
    assert not any(is_signed_in(key) for key in known)


def test_a_new_password_by_a_link_ends_all_sessions(installation_with_password: Installation) -> None:
    before = installation_with_password.sessions["dana"]
    sign_in_with_password(installation_with_password, there := Client())
    set_password_with_link(installation_with_password, Client())
    assert not is_signed_in(before)
    assert not is_signed_in(there.cookies[COOKIE].value)


@pytest.mark.parametrize("global_role", list(GlobalRole))
def test_a_new_global_role_ends_the_sessions_that_began_under_another(
    offline_installation: Installation, global_role: GlobalRole
) -> None:
    """Up and down: who knew dana's session before is no administrator after."""
    before = offline_installation.sessions["dana"]
    answer = offline_installation.browser("ada").post(
        f"/people/{offline_installation.users['dana'].pk}/standing/", {"global_role": global_role}
    )
    assert answer.status_code == 302
    assert not is_signed_in(before)
    assert is_signed_in(offline_installation.sessions["ada"])
    assert is_signed_in(offline_installation.sessions["rene"])


def test_who_changes_their_own_global_role_goes_on_under_a_new_key(
    offline_installation: Installation,
) -> None:
    client, before = offline_installation.browser("ada"), offline_installation.sessions["ada"]
    User.objects.filter(username="idle").update(global_role=GlobalRole.ADMINISTRATOR, is_active=True)
    token = client.get("/people/me/").context["csrf_token"]
    client.post(f"/people/{offline_installation.users['ada'].pk}/standing/", {"global_role": "member"})
    assert client.cookies[COOKIE].value != before
    assert is_signed_in(client.cookies[COOKIE].value)
    assert not is_signed_in(before)
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
    monkeypatch.setenv("QUARTERDECK_SEALING_KEYS", SEALING_KEY)
    with pytest.raises(ImproperlyConfigured, match="QUARTERDECK_SECRET_KEY"):
        keys(tmp_path, production=True)
    assert list(tmp_path.iterdir()) == []


def test_production_itself_refuses_to_start(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QUARTERDECK_")}
    environment = {
        **clean,
        "QUARTERDECK_MODE": "production",
        "QUARTERDECK_SECRET_KEY": "changeme" * 8,
        "QUARTERDECK_SEALING_KEYS": SEALING_KEY,
        "QUARTERDECK_PUBLIC_URL": "https://deck.example.com",
        "QUARTERDECK_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "QUARTERDECK_SECRET_KEY is not random" in done.stderr


def test_a_session_holds_who_and_how_and_nothing_that_a_key_protects(
    installation_with_password: Installation,
) -> None:
    """The key in the cookie is random and stands for a row; nothing is signed into it."""
    sign_in_with_password(installation_with_password, one := Client())
    sign_in_with_password(installation_with_password, other := Client())
    first, second = one.cookies[COOKIE].value, other.cookies[COOKIE].value
    assert first != second
    assert len(first) >= 32
    assert ":" not in first


def _has_permission_decorator(view: object) -> bool:
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
