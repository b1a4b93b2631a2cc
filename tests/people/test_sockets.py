"""Does a socket know whose it is, and does it learn that it must end?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from people import control
from people.models import Session, User
from people.pulse import Pulse, alive
from people.socket_auth import person_of
from tests.people.conftest import Browser


def scope(cookie: str) -> dict[str, object]:
    return {"type": "websocket", "headers": [(b"cookie", cookie.encode())]}


def scope_of(client: Client) -> dict[str, object]:
    return scope(f"a=b; {settings.SESSION_COOKIE_NAME}={client.session.session_key}; c=d")


def pulse_of(client: Client, user: User) -> Pulse:
    user.refresh_from_db()
    return Pulse(client.session.session_key, user.pk, user.access_version)


def test_it_knows_the_person_and_the_session(browser_of: Browser, cast: dict[str, User]) -> None:
    client = browser_of("dana")
    assert person_of(scope_of(client)) == (cast["dana"], client.session.session_key)


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
def test_it_knows_nobody_without_a_true_session(cast: dict[str, User], cookie: str) -> None:
    assert person_of(scope(cookie.replace("{name}", settings.SESSION_COOKIE_NAME))) is None
    assert person_of({"type": "websocket", "headers": []}) is None


def test_it_refuses_sessions_that_are_over(browser_of: Browser, cast: dict[str, User]) -> None:
    over, inactive, changed = browser_of("dana"), browser_of("rene"), browser_of("stan")
    Session.objects.filter(pk=over.session.session_key).update(expire_date=timezone.now())
    User.objects.filter(username="rene").update(is_active=False)
    cast["stan"].set_password("a-new-one-of-stan")
    cast["stan"].save()
    for client in (over, inactive, changed):
        assert person_of(scope_of(client)) is None


def test_it_refuses_an_anonymous_session(browser_of: Browser) -> None:
    client = browser_of()
    session = client.session
    session["theme"] = "dark"
    session.save()
    assert person_of(scope(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")) is None


def test_all_sockets_are_asked_for_in_one_query(
    browser_of: Browser, cast: dict[str, User], django_assert_num_queries
) -> None:
    pulses = {pulse_of(browser_of(name), cast[name]) for name in ("dana", "dana", "rene", "stan")}
    with django_assert_num_queries(1):
        assert alive(pulses) == pulses
    with django_assert_num_queries(0):
        assert alive([]) == set()


def test_only_those_end_whose_session_person_or_access_changed(
    browser_of: Browser, cast: dict[str, User]
) -> None:
    out, kept = browser_of("dana"), browser_of("dana")
    gone, stays = pulse_of(out, cast["dana"]), pulse_of(kept, cast["dana"])
    rene, stan = pulse_of(browser_of("rene"), cast["rene"]), pulse_of(browser_of("stan"), cast["stan"])
    aude = pulse_of(browser_of("aude"), cast["aude"])
    everybody = {gone, stays, rene, stan, aude}
    out.post("/people/sign-out/")
    assert alive(everybody) == everybody - {gone}
    control.bump_access([cast["rene"].pk])
    User.objects.filter(username="stan").update(is_active=False)
    assert alive(everybody) == {stays, aude}
    Session.objects.filter(user=cast["aude"]).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert alive(everybody) == {stays}
    cast["dana"].set_password("changed-by-a-command")
    cast["dana"].save()
    assert alive(everybody) == set()


def test_a_session_of_one_person_does_not_stand_for_another(
    browser_of: Browser, cast: dict[str, User]
) -> None:
    dana = pulse_of(browser_of("dana"), cast["dana"])
    assert alive([Pulse(dana.session_key, cast["stan"].pk, dana.access_version)]) == set()


def test_group_names_are_valid_and_do_not_tell_the_key() -> None:
    name = control.session_group("abc" * 11)
    assert "abcabc" not in name
    assert len(name) < 100
    assert name.replace(".", "").isalnum()
    assert control.user_group(7) == "user.7"


@pytest.mark.django_db(transaction=True)
def test_a_layer_that_fails_is_logged_and_stops_nobody(
    settings, cast: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def group_send(self, group: str, message: dict[str, str]) -> None:
            raise ConnectionError("no Redis here")

    control.get_channel_layer, kept = Broken, control.get_channel_layer
    try:
        control.signed_out("x" * 32)
    finally:
        control.get_channel_layer = kept
    assert "control message" in caplog.text
