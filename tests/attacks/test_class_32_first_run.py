"""First run: an installation without users lets in nobody without the secret of its console (class 32)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from people import one_time_links
from people.models import Invitation, Purpose, User
from tests.attacks.database_state import diff, dump
from tests.attacks.routes import METHODS, WRITING, Route, list_routes
from tests.attacks.rules import Rule, get_rule
from tests.dashboard.test_serve import open_session, run_server, submit_form

# An argument may hold anything: there is nothing that it could be the address of.
ANYTHING = {"str": "anything", "slug": "anything", "int": 1, "uuid": UUID(int=0), "path": "anything"}
FORM = {
    "username": "admin",
    "password": "sail-before-the-wind",
    "again": "sail-before-the-wind",
    "current": "",
    "name": "First",
    "global_role": "administrator",
    "role": "editor",
    "email": "first@example.com",
    "is_superuser": "on",
    "secret": "",
    "token": "",
    "server": "https://127.0.0.1:9",
    "slug": "first",
    "save_anyway": "yes",
}
COMMON_PATHS = (
    "/setup/", "/setup", "/install/", "/admin/", "/admin/login/", "/register/", "/signup/", "/restore/", "/backup/",
    "/api/restore", "/api/users/admin/init", "/api/v1/setup", "/people/first/", "/people/setup/", "/people/register/",
    "/people/invitations/", "/people/invitations//", "/init/", "/wizard/", "/debug/", "/metrics/", "/health/",
)  # fmt: skip


def build_path(route: Route) -> str:
    return route.address({name: ANYTHING[converter] for name, converter in route.converters})


def test_no_route_lets_anybody_in_or_writes_anything(db: None) -> None:
    """Every route by every method, from a browser that has a good token of its own and fills in every field."""
    assert not User.objects.exists()
    before, wrong = dump(excluded=("people.SignInFailures",)), []
    for route in list_routes():
        for method in METHODS:
            client = Client(raise_request_exception=False)
            path = build_path(route)
            answer = getattr(client, method.lower())(path, FORM if method in WRITING else {})
            found = diff(before, dump(excluded=("people.SignInFailures",)))
            if found or "quarterdeck-session" in client.cookies:
                wrong.append(f"{method} {route}: {answer.status_code}, {found}")
            is_hidden = get_rule(route) is Rule.TOKEN and answer.status_code == 404
            if get_rule(route) is not Rule.OPEN and not is_hidden and not _is_refused(answer):
                wrong.append(f"{method} {route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def _is_refused(answer: object) -> bool:
    status = getattr(answer, "status_code", 0)
    location = answer.get("Location", "") if status == 302 else ""  # type: ignore[attr-defined]
    return status == 405 or location.startswith("/people/sign-in/")


@pytest.mark.parametrize("path", COMMON_PATHS)
def test_there_is_no_page_for_setting_up(db: None, path: str) -> None:
    for client in (Client(), Client(REMOTE_ADDR="127.0.0.1")):
        assert client.get(path).status_code == 404
        assert client.post(path, FORM).status_code == 404
    assert not User.objects.exists()


def test_the_first_administrator_has_no_password_that_could_be_guessed(db: None) -> None:
    user = one_time_links.first_administrator()
    assert user is not None
    assert not user.has_usable_password()
    for password in ("", "admin1234", "hunter2hunter2", "changeme-please", "!"):
        answer = Client().post("/people/sign-in/", {"username": user.username, "password": password})
        assert answer.status_code in (422, 429)


def test_the_secret_is_long_random_once_and_not_stored(db: None) -> None:
    user = one_time_links.first_administrator()
    assert user is not None
    first, second = (one_time_links.link_for(user, Purpose.SIGN_IN) for _ in range(2))
    assert first != second
    assert len(first) >= 43  # 32 bytes
    stored = str(list(Invitation.objects.values()))
    assert second not in stored
    assert Client().post(f"/people/invitations/{first}/").status_code == 410, "the one before is dead"
    assert Client().post(f"/people/invitations/{second}/").status_code == 302
    assert Client().post(f"/people/invitations/{second}/").status_code == 410, "it works once"


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "%00", "..", "*", "%25", "null", "undefined", "0"])
def test_no_other_secret_works(db: None, secret: str) -> None:
    user = one_time_links.first_administrator()
    assert user is not None
    one_time_links.link_for(user, Purpose.SIGN_IN)
    answer = Client().post(f"/people/invitations/{secret}/")
    assert answer.status_code in (404, 410)
    assert "quarterdeck-session" not in answer.cookies


def test_looking_at_the_link_does_not_use_it_up(db: None) -> None:
    """Previews and scanners open links; whoever presses the button is in."""
    user = one_time_links.first_administrator()
    assert user is not None
    path = f"/people/invitations/{one_time_links.link_for(user, Purpose.SIGN_IN)}/"
    for method in ("get", "head", "options"):
        getattr(Client(), method)(path)
    assert Client().post(path).status_code == 302


def test_a_real_server_that_just_started_lets_nobody_in_without_it(tmp_path: Path) -> None:
    """From nothing, as people start it; the link that it prints is the one way in."""
    with run_server(tmp_path) as server:
        where = server.url()
        link = server.wait_for(r"\n(http\S+/people/invitations/\S+/)\r?\n")[1]
        for path in (
            "/",
            "/people/",
            "/people/invite/",
            "/people/me/",
            "/clusters/add/",
            "/c/x/",
            *COMMON_PATHS,
        ):
            answer = open_session().get(where + path, timeout=60)
            assert answer.status_code == 404 or answer.url.startswith(f"{where}/people/sign-in/"), path
            assert link.rpartition("/invitations/")[2] not in answer.text
        for password in ("admin1234", ""):
            guess = submit_form(
                open_session(), f"{where}/people/sign-in/", username="admin", password=password
            )
            assert guess.status_code == 422
        assert submit_form(open_session(), link).url == f"{where}/people/me/"
