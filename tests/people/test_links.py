"""Do one-time links work once, in time, and only for what they are for?"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard.logs import Careful
from people import links
from people.models import Invitation, Membership, Purpose, Role, Session, Standing, Team, User
from tests.people.conftest import PASSWORD, Browser

ACCOUNT = {"username": "nora", "name": "Nora", "password": PASSWORD, "again": PASSWORD}


def path(secret: str) -> str:
    return f"/people/invitations/{secret}/"


def expire(secret: str) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def test_an_invitation_makes_the_account_that_was_meant(browser_of: Browser, cast: dict[str, User]) -> None:
    team = Team.objects.get(slug="shop")
    secret = links.invite(standing=Standing.AUDITOR, team=team, role=Role.OPERATOR, created_by=cast["anna"])
    client = browser_of()
    assert client.get(path(secret)).status_code == 200
    answer = client.post(path(secret), {**ACCOUNT, "standing": "administrator"})
    assert answer.status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.standing == Standing.AUDITOR
    assert nora.check_password(PASSWORD)
    assert Membership.objects.get(user=nora).role == Role.OPERATOR
    assert client.get("/people/me/").status_code == 200


def test_only_a_hash_is_stored(cast: dict[str, User]) -> None:
    secret = links.invite(standing=Standing.MEMBER)
    link = Invitation.objects.get()
    assert secret not in str(vars(link))
    assert len(secret) >= 43


def test_looking_at_a_link_does_not_use_it_up(browser_of: Browser, cast: dict[str, User]) -> None:
    secret = links.link_for(cast["dana"], Purpose.SIGN_IN)
    for _ in range(3):
        assert browser_of().get(path(secret)).status_code == 200
        assert browser_of().head(path(secret)).status_code == 200
    client = browser_of()
    client.post(path(secret))
    assert client.get("/people/me/").context["person"] == cast["dana"]


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.PASSWORD, Purpose.INVITATION])
def test_a_link_dies_at_its_first_use(browser_of: Browser, cast: dict[str, User], purpose: Purpose) -> None:
    secret = (
        links.invite(standing=Standing.MEMBER)
        if purpose == Purpose.INVITATION
        else links.link_for(cast["dana"], purpose)
    )
    assert browser_of().post(path(secret), ACCOUNT).status_code == 302
    for again in (
        browser_of().get(path(secret)),
        browser_of().post(path(secret), {**ACCOUNT, "username": "nina"}),
    ):
        assert again.status_code == 410
    assert not User.objects.filter(username="nina").exists()


@pytest.mark.parametrize(
    ("purpose", "lifetime"),
    [
        (Purpose.INVITATION, timedelta(days=7)),
        (Purpose.PASSWORD, timedelta(hours=24)),
        (Purpose.SIGN_IN, timedelta(minutes=15)),
    ],
)
def test_a_link_dies_when_its_time_is_over(
    browser_of: Browser, cast: dict[str, User], purpose: Purpose, lifetime: timedelta
) -> None:
    secret = (
        links.invite(standing=Standing.MEMBER)
        if purpose == Purpose.INVITATION
        else links.link_for(cast["dana"], purpose)
    )
    ends = Invitation.objects.get().expires_at
    assert abs(ends - timezone.now() - lifetime) < timedelta(minutes=1)
    expire(secret)
    assert browser_of().get(path(secret)).status_code == 410
    assert browser_of().post(path(secret), ACCOUNT).status_code == 410
    assert not Session.objects.filter(user__isnull=False).exists()


def test_dead_and_unknown_links_look_alike(browser_of: Browser, cast: dict[str, User]) -> None:
    secret = links.link_for(cast["dana"], Purpose.SIGN_IN)
    expire(secret)
    dead, unknown = browser_of().get(path(secret)), browser_of().get(path("x" * 43))
    assert dead.status_code == unknown.status_code == 410
    assert dead.content.replace(secret.encode(), b"") == unknown.content.replace(b"x" * 43, b"")


def test_a_wrong_form_does_not_use_the_link_up(browser_of: Browser, cast: dict[str, User]) -> None:
    secret = links.invite(standing=Standing.MEMBER)
    client = browser_of()
    for wrong in (
        {"username": "dana"},
        {"username": "DANA"},
        {"username": "a b"},
        {"password": "x", "again": "x"},
        {"again": "y"},
    ):
        answer = client.post(path(secret), {**ACCOUNT, **wrong})
        assert answer.status_code == 422
        assert PASSWORD not in answer.content.decode()
    assert client.post(path(secret), ACCOUNT).status_code == 302


def test_a_new_password_ends_all_sessions_and_other_links(
    browser_of: Browser, dana_with_password: User
) -> None:
    there = browser_of("dana")
    other = links.link_for(dana_with_password, Purpose.SIGN_IN)
    secret = links.link_for(dana_with_password, Purpose.PASSWORD)
    here = browser_of()
    new = "around-the-horn-again"
    assert here.post(path(secret), {"password": new, "again": new}).status_code == 302
    assert here.get("/people/me/").status_code == 200
    assert there.get("/people/me/").status_code == 302
    assert browser_of().get(path(other)).status_code == 410


def test_an_older_link_for_the_same_dies(browser_of: Browser, cast: dict[str, User]) -> None:
    first = links.link_for(cast["dana"], Purpose.PASSWORD)
    links.link_for(cast["dana"], Purpose.PASSWORD)
    assert browser_of().get(path(first)).status_code == 410


def test_a_link_dies_with_the_person_and_with_the_makers_standing(
    browser_of: Browser, cast: dict[str, User]
) -> None:
    for_dana = links.link_for(cast["dana"], Purpose.SIGN_IN)
    by_anna = links.invite(standing=Standing.ADMINISTRATOR, created_by=cast["anna"])
    User.objects.filter(username="dana").update(is_active=False)
    User.objects.filter(username="anna").update(standing=Standing.MEMBER)
    assert browser_of().post(path(for_dana)).status_code == 410
    assert browser_of().post(path(by_anna), ACCOUNT).status_code == 410


def test_a_link_needs_the_token_of_its_page(browser_of: Browser, cast: dict[str, User]) -> None:
    secret = links.link_for(cast["dana"], Purpose.SIGN_IN)
    client = browser_of(strict=True)
    token = str(client.get(path(secret)).context["csrf_token"])
    assert client.post(path(secret)).status_code == 403
    assert client.post(path(secret), {"csrfmiddlewaretoken": token}).status_code == 302


def test_no_log_holds_a_secret(
    browser_of: Browser, cast: dict[str, User], caplog: pytest.LogCaptureFixture, settings
) -> None:
    secret = links.link_for(cast["dana"], Purpose.SIGN_IN)
    (formatter,) = [
        one.formatter for one in logging.getLogger().handlers if isinstance(one.formatter, Careful)
    ]
    written: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    listening = Listening()
    listening.setFormatter(formatter)
    logging.getLogger().addHandler(listening)
    try:
        browser_of(strict=True).post(path(secret))
    finally:
        logging.getLogger().removeHandler(listening)
    assert any("/people/invitations/***/" in line for line in written)
    assert secret not in "".join(written)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(cast: dict[str, User]) -> None:
    secret = links.link_for(cast["dana"], Purpose.SIGN_IN)
    start = threading.Barrier(6)
    statuses: list[int] = []

    def press() -> None:
        client = Client()
        start.wait(10)
        try:
            statuses.append(client.post(path(secret)).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [302, 410, 410, 410, 410, 410]
    assert Session.objects.filter(user=cast["dana"]).count() == 1


def printed(*arguments: str) -> str:
    from io import StringIO

    out = StringIO()
    call_command("signin_link", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_operator_prints_a_link_for_a_locked_out_person(
    browser_of: Browser, dana_with_password: User
) -> None:
    link = printed("dana")
    assert link.startswith("http://127.0.0.1:8000/people/invitations/")
    client = browser_of()
    assert client.post("/" + link.split("/", 3)[3])["Location"] == "/"
    assert client.get("/people/me/").context["person"] == dana_with_password


def test_the_operator_makes_a_first_administrator(db: None) -> None:
    link = printed()
    client = Client()
    assert client.post("/" + link.split("/", 3)[3])["Location"] == "/people/me/"
    admin = User.objects.get()
    assert admin.is_administrator
    assert not admin.has_usable_password()
    answer = client.post("/people/me/password/", {"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302
    with pytest.raises(CommandError, match="Specify the username"):
        printed()


def test_it_does_not_promote_who_is_called_admin_by_chance(cast: dict[str, User]) -> None:
    User.objects.filter(username="anna").delete()
    member = User.objects.create(username="admin")
    printed()
    member.refresh_from_db()
    assert not member.is_administrator
    assert Invitation.objects.get().user.username == "admin-2"


def test_the_operator_gets_a_sentence_for_a_wrong_name(cast: dict[str, User]) -> None:
    with pytest.raises(CommandError, match="no active user"):
        printed("nobody")
    with pytest.raises(CommandError, match="already exists"):
        printed("dana", "--create-administrator")
    assert "invitations" in printed("olga", "--create-administrator")
    assert User.objects.get(username="olga").is_administrator


def test_the_public_url_is_in_the_link(settings, cast: dict[str, User]) -> None:
    from dashboard.public_url import public_url

    settings.PUBLIC_URL = public_url("https://deck.example.com:8443", production=True)
    assert links.address("s").startswith("https://deck.example.com:8443/people/invitations/s/")
