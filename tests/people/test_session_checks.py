"""Session checks of sockets: user and session of a socket, and when it must close."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from dashboard.live.socket_auth import person_of
from people import control
from people.models import Session, User
from people.session_checks import SessionCheck, select_valid
from people.sessions import SessionStore, UnsignedSessions, hash_key, unsigned_sessions
from tests.people.conftest import ClientFor


def build_scope(cookie: str) -> dict[str, object]:
    return {"type": "websocket", "headers": [(b"cookie", cookie.encode())]}


def build_scope_for(client: Client) -> dict[str, object]:
    return build_scope(f"a=b; {settings.SESSION_COOKIE_NAME}={client.session.session_key}; c=d")


def build_check(client: Client, user: User) -> SessionCheck:
    user.refresh_from_db()
    return SessionCheck(hash_key(client.session.session_key), user.pk, user.access_version)


def test_it_knows_the_person_and_the_session(client_for: ClientFor, users: dict[str, User]) -> None:
    client = client_for("dana")
    assert person_of(build_scope_for(client)) == (users["dana"], hash_key(client.session.session_key))


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x=y",
        "{name}=",
        "{name}=short",
        "{name}=" + "x" * 32,
        '{name}="; drop table',
        "{name}=\x00" + "x" * 31,
    ],
)
def test_it_knows_nobody_without_a_true_session(users: dict[str, User], cookie: str) -> None:
    assert person_of(build_scope(cookie.replace("{name}", settings.SESSION_COOKIE_NAME))) is None
    assert person_of({"type": "websocket", "headers": []}) is None


def test_a_made_up_key_is_recognized_without_the_database(
    users: dict[str, User], django_assert_num_queries
) -> None:
    true = SessionStore()._get_new_session_key()
    unsigned_sessions.exist()  # as of the last minute
    made_up = [
        "x" * 32,
        "x" * 64,
        true[:-1] + ("0" if true[-1] != "0" else "1"),
        true[:32],
        true.upper(),
        true + "a",
    ]
    with django_assert_num_queries(0):
        assert [SessionStore(key).load() for key in (*made_up, "short", "\x00" * 64, "ä" * 64)] == [{}] * 9
    with django_assert_num_queries(1):
        assert SessionStore(true).load() == {}, "it may have ended"


def test_sessions_of_versions_that_signed_no_keys_go_on_until_they_expire(users: dict[str, User]) -> None:
    clock = [0.0]
    unsigned = UnsignedSessions(timer=lambda: clock[0])
    assert not unsigned.exist()
    old = Session.objects.create(
        session_key=hash_key("k" * 32), session_data="", expire_date=timezone.now() + timedelta(days=1)
    )
    assert not unsigned.exist(), "it is looked for once a minute"
    clock[0] = 61.0
    assert unsigned.exist()
    Session.objects.filter(pk=old.pk).update(expire_date=timezone.now())
    clock[0] = 122.0
    assert not unsigned.exist()


def test_it_refuses_sessions_that_are_over(client_for: ClientFor, users: dict[str, User]) -> None:
    over, inactive, changed = client_for("dana"), client_for("rene"), client_for("stan")
    Session.objects.filter(pk=hash_key(over.session.session_key)).update(expire_date=timezone.now())
    User.objects.filter(username="rene").update(is_active=False)
    users["stan"].set_password("a-new-one-of-stan")
    users["stan"].save()
    for client in (over, inactive, changed):
        assert person_of(build_scope_for(client)) is None


def test_it_refuses_an_anonymous_session(client_for: ClientFor) -> None:
    client = client_for()
    session = client.session
    session["theme"] = "dark"
    session.save()
    assert person_of(build_scope(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")) is None


def test_all_sockets_are_checked_in_one_query(
    client_for: ClientFor, users: dict[str, User], django_assert_num_queries
) -> None:
    pulses = {build_check(client_for(name), users[name]) for name in ("dana", "dana", "rene", "stan")}
    with django_assert_num_queries(1):
        assert select_valid(pulses) == pulses
    with django_assert_num_queries(0):
        assert select_valid([]) == set()


def test_only_those_end_whose_session_person_or_access_changed(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    out, kept = client_for("dana"), client_for("dana")
    gone, stays = build_check(out, users["dana"]), build_check(kept, users["dana"])
    rene, stan = (
        build_check(client_for("rene"), users["rene"]),
        build_check(client_for("stan"), users["stan"]),
    )
    aude = build_check(client_for("aude"), users["aude"])
    everybody = {gone, stays, rene, stan, aude}
    out.post("/people/sign-out/")
    assert select_valid(everybody) == everybody - {gone}
    control.bump_access([users["rene"].pk])
    User.objects.filter(username="stan").update(is_active=False)
    assert select_valid(everybody) == {stays, aude}
    Session.objects.filter(user=users["aude"]).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert select_valid(everybody) == {stays}
    users["dana"].set_password("changed-by-a-command")
    users["dana"].save()
    assert select_valid(everybody) == set()


def test_a_session_of_one_user_is_not_valid_for_another(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    dana = build_check(client_for("dana"), users["dana"])
    assert select_valid([SessionCheck(dana.session_id, users["stan"].pk, dana.access_version)]) == set()


def test_group_names_are_valid_and_do_not_reveal_the_key() -> None:
    name = control.session_group(hash_key("abc" * 11))
    assert "abcabc" not in name
    assert len(name) < 100
    assert name.replace(".", "").isalnum()
    assert control.user_group(7) == "user.7"
