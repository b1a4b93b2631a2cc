"""Sessions page: users see and end their own sessions, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts import browsers
from people import control
from people.models import Session, User
from people.sessions import hash_key
from tests.people.conftest import PASSWORD, ClientFor


def get_session_id(client: Client) -> str:
    return control.session_group(hash_key(client.session.session_key)).removeprefix("session.")


def is_signed_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


def test_it_lists_my_sessions_with_this_one_first_and_no_key(client_for: ClientFor) -> None:
    here, there, stan = client_for("dana"), client_for("dana"), client_for("stan")
    answer = here.get("/people/sessions/")
    listed = answer.context["sessions"]
    assert [each.is_this for each in listed] == [True, False]
    page = answer.content.decode()
    for client in (here, there, stan):
        assert client.session.session_key not in page
    assert get_session_id(stan) not in page


def test_it_ends_one_session(client_for: ClientFor) -> None:
    here, there = client_for("dana"), client_for("dana")
    here.post(f"/people/sessions/{get_session_id(there)}/end/")
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_it_ends_this_session_like_a_sign_out(client_for: ClientFor) -> None:
    here = client_for("dana")
    assert "Clear-Site-Data" in here.post(f"/people/sessions/{get_session_id(here)}/end/")
    assert not is_signed_in(here)


def test_it_does_not_end_another_persons_session(client_for: ClientFor) -> None:
    stan = client_for("stan")
    for name in ("dana", "anna"):
        assert client_for(name).post(f"/people/sessions/{get_session_id(stan)}/end/").status_code == 404
    assert is_signed_in(stan)


def test_it_ends_all_others_or_all(client_for: ClientFor) -> None:
    here, there, stan = client_for("dana"), client_for("dana"), client_for("stan")
    here.post("/people/sessions/end-others/")
    assert is_signed_in(here)
    assert not is_signed_in(there)
    there = client_for("dana")
    here.post("/people/sessions/sign-out-everywhere/")
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert is_signed_in(stan)


def test_it_notes_when_a_browser_was_seen_at_most_once_a_minute(client_for: ClientFor) -> None:
    client = client_for("dana")
    row = Session.objects.filter(pk=hash_key(client.session.session_key))
    recent, old = timezone.now() - timedelta(seconds=50), timezone.now() - timedelta(seconds=70)
    row.update(seen_at=recent)
    client.get("/people/me/")
    assert row.get().seen_at == recent
    row.update(seen_at=old)
    client.get("/people/me/")
    assert row.get().seen_at > recent


def test_what_is_known_of_a_browser_stays_when_its_session_is_written(client_for: ClientFor) -> None:
    client = client_for("dana")
    row = Session.objects.filter(pk=hash_key(client.session.session_key))
    long_ago = timezone.now() - timedelta(days=1)
    row.update(address="192.0.2.7", agent="Lynx", created_at=long_ago, seen_at=timezone.now())
    session = client.session
    session["something"] = "new"
    session.save()
    kept = row.get()
    assert (kept.address, kept.agent, kept.created_at) == ("192.0.2.7", "Lynx", long_ago)
    assert kept.user_id is not None


def test_a_session_that_is_over_lets_nobody_in(client_for: ClientFor) -> None:
    client = client_for("dana")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_signed_in(client)


def test_an_inactive_persons_session_lets_nobody_in(client_for: ClientFor, users: dict[str, User]) -> None:
    client = client_for("dana")
    User.objects.filter(pk=users["dana"].pk).update(is_active=False)
    assert not is_signed_in(client)


def test_a_new_password_ends_the_other_sessions_and_changes_this_ones_key(
    client_for: ClientFor, dana_with_password: User
) -> None:
    here, there = client_for("dana"), client_for("dana")
    key = here.session.session_key
    version = dana_with_password.access_version
    new = "around-the-horn-again"
    answer = here.post("/people/me/password/", {"current": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert here.session.session_key != key
    dana_with_password.refresh_from_db()
    assert dana_with_password.check_password(new)
    assert dana_with_password.access_version > version


@pytest.mark.parametrize(
    ("current", "password", "again", "field"),
    [
        ("wrong", "around-the-horn-again", "around-the-horn-again", "current"),
        (PASSWORD, "around-the-horn-again", "around-the-horn", "again"),
        (PASSWORD, "short", "short", "password"),
        (PASSWORD, "password1234", "password1234", "password"),
        (PASSWORD, "", "", "password"),
        ("", "around-the-horn-again", "around-the-horn-again", "current"),
    ],
)
def test_it_refuses_a_password_and_says_where(
    client_for: ClientFor, dana_with_password: User, current: str, password: str, again: str, field: str
) -> None:
    form = {"current": current, "password": password, "again": again}
    answer = client_for("dana").post("/people/me/password/", form)
    assert answer.status_code == 422
    assert field in answer.context["password_form"].errors
    dana_with_password.refresh_from_db()
    assert dana_with_password.check_password(PASSWORD)


def test_it_changes_my_name_and_refuses_marks_that_turn_text(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    client = client_for("dana")
    assert client.post("/people/me/", {"name": "Dana <b>Scully</b>"}).status_code == 302
    page = client.get("/people/me/").content.decode()
    assert "Dana &lt;b&gt;Scully&lt;/b&gt;" in page
    for name in ("a\u202eb", "a\x1b[31m", "a\nb", "a\u200bb"):
        assert client.post("/people/me/", {"name": name}).status_code == 422
    users["dana"].refresh_from_db()
    assert users["dana"].name == "Dana <b>Scully</b>"


def test_it_names_browsers_in_words() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
    assert browsers.describe_browser(chrome) == "Chrome on Windows"
    assert browsers.describe_browser(chrome + " Edg/142.0") == "Edge on Windows"
    assert (
        browsers.describe_browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
        == "Firefox on Linux"
    )
    assert browsers.describe_browser("curl/8.0") == "curl/8.0"
    assert browsers.describe_browser("") == "Unknown browser"
