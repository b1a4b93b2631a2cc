"""One-time links: valid once, in time, and for their purpose only."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard.monitoring.log_redaction import RedactingFormatter
from people import one_time_links
from people.models import GlobalRole, Invitation, Membership, Purpose, Session, Team, TeamRole, User
from tests.people.conftest import PASSWORD, ClientFor

ACCOUNT = {"username": "nora", "name": "Nora", "password": PASSWORD, "again": PASSWORD}


def build_path(secret: str) -> str:
    return f"/people/invitations/{secret}/"


def expire_links(secret: str) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def test_an_invitation_makes_the_account_that_was_meant(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    team = Team.objects.get(slug="shop")
    secret = one_time_links.invite(
        global_role=GlobalRole.AUDITOR, team=team, role=TeamRole.EDITOR, created_by=users["anna"]
    )
    client = client_for()
    assert client.get(build_path(secret)).status_code == 200
    answer = client.post(build_path(secret), {**ACCOUNT, "global_role": "administrator"})
    assert answer.status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.global_role == GlobalRole.AUDITOR
    assert nora.check_password(PASSWORD)
    assert Membership.objects.get(user=nora).role == TeamRole.EDITOR
    assert client.get("/people/me/").status_code == 200


def test_only_a_hash_is_stored(users: dict[str, User]) -> None:
    secret = one_time_links.invite(global_role=GlobalRole.MEMBER)
    link = Invitation.objects.get()
    assert secret not in str(vars(link))
    assert len(secret) >= 43


def test_looking_at_a_link_does_not_use_it_up(client_for: ClientFor, users: dict[str, User]) -> None:
    secret = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    for _ in range(3):
        assert client_for().get(build_path(secret)).status_code == 200
        assert client_for().head(build_path(secret)).status_code == 200
    client = client_for()
    client.post(build_path(secret))
    assert client.get("/people/me/").context["person"] == users["dana"]


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.PASSWORD, Purpose.INVITATION])
def test_a_link_dies_at_its_first_use(
    client_for: ClientFor, users: dict[str, User], purpose: Purpose
) -> None:
    secret = (
        one_time_links.invite(global_role=GlobalRole.MEMBER)
        if purpose == Purpose.INVITATION
        else one_time_links.link_for(users["dana"], purpose)
    )
    assert client_for().post(build_path(secret), ACCOUNT).status_code == 302
    for again in (
        client_for().get(build_path(secret)),
        client_for().post(build_path(secret), {**ACCOUNT, "username": "nina"}),
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
    client_for: ClientFor, users: dict[str, User], purpose: Purpose, lifetime: timedelta
) -> None:
    secret = (
        one_time_links.invite(global_role=GlobalRole.MEMBER)
        if purpose == Purpose.INVITATION
        else one_time_links.link_for(users["dana"], purpose)
    )
    ends = Invitation.objects.get().expires_at
    assert abs(ends - timezone.now() - lifetime) < timedelta(minutes=1)
    expire_links(secret)
    assert client_for().get(build_path(secret)).status_code == 410
    assert client_for().post(build_path(secret), ACCOUNT).status_code == 410
    assert not Session.objects.filter(user__isnull=False).exists()


def test_used_and_unknown_links_get_the_same_page(client_for: ClientFor, users: dict[str, User]) -> None:
    secret = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    expire_links(secret)
    dead, unknown = client_for().get(build_path(secret)), client_for().get(build_path("x" * 43))
    assert dead.status_code == unknown.status_code == 410
    assert dead.content.replace(secret.encode(), b"") == unknown.content.replace(b"x" * 43, b"")


def test_a_wrong_form_does_not_use_the_link_up(client_for: ClientFor, users: dict[str, User]) -> None:
    secret = one_time_links.invite(global_role=GlobalRole.MEMBER)
    client = client_for()
    for wrong in (
        {"username": "dana"},
        {"username": "DANA"},
        {"username": "a b"},
        {"password": "x", "again": "x"},
        {"again": "y"},
    ):
        answer = client.post(build_path(secret), {**ACCOUNT, **wrong})
        assert answer.status_code == 422
        assert PASSWORD not in answer.content.decode()
    assert client.post(build_path(secret), ACCOUNT).status_code == 302


def test_a_new_password_ends_all_sessions_and_other_links(
    client_for: ClientFor, dana_with_password: User
) -> None:
    there = client_for("dana")
    other = one_time_links.link_for(dana_with_password, Purpose.SIGN_IN)
    secret = one_time_links.link_for(dana_with_password, Purpose.PASSWORD)
    here = client_for()
    new = "around-the-horn-again"
    assert here.post(build_path(secret), {"password": new, "again": new}).status_code == 302
    assert here.get("/people/me/").status_code == 200
    assert there.get("/people/me/").status_code == 302
    assert client_for().get(build_path(other)).status_code == 410


def test_an_older_link_for_the_same_dies(client_for: ClientFor, users: dict[str, User]) -> None:
    first = one_time_links.link_for(users["dana"], Purpose.PASSWORD)
    one_time_links.link_for(users["dana"], Purpose.PASSWORD)
    assert client_for().get(build_path(first)).status_code == 410


def test_a_link_dies_with_the_user_and_with_its_creators_global_role(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    for_dana = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    by_anna = one_time_links.invite(global_role=GlobalRole.ADMINISTRATOR, created_by=users["anna"])
    User.objects.filter(username="dana").update(is_active=False)
    User.objects.filter(username="anna").update(global_role=GlobalRole.MEMBER)
    assert client_for().post(build_path(for_dana)).status_code == 410
    assert client_for().post(build_path(by_anna), ACCOUNT).status_code == 410


def test_a_link_needs_the_token_of_its_page(client_for: ClientFor, users: dict[str, User]) -> None:
    secret = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    client = client_for(strict=True)
    token = str(client.get(build_path(secret)).context["csrf_token"])
    assert client.post(build_path(secret)).status_code == 403
    assert client.post(build_path(secret), {"csrfmiddlewaretoken": token}).status_code == 302


def test_no_log_holds_a_secret(
    client_for: ClientFor, users: dict[str, User], caplog: pytest.LogCaptureFixture, settings
) -> None:
    secret = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    (formatter,) = [
        one.formatter for one in logging.getLogger().handlers if isinstance(one.formatter, RedactingFormatter)
    ]
    written: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    listening = Listening()
    listening.setFormatter(formatter)
    logging.getLogger().addHandler(listening)
    try:
        client_for(strict=True).post(build_path(secret))
    finally:
        logging.getLogger().removeHandler(listening)
    assert any("/people/invitations/***/" in line for line in written)
    assert secret not in "".join(written)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(users: dict[str, User]) -> None:
    secret = one_time_links.link_for(users["dana"], Purpose.SIGN_IN)
    start = threading.Barrier(6)
    statuses: list[int] = []

    def press() -> None:
        client = Client()
        start.wait(10)
        try:
            statuses.append(client.post(build_path(secret)).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [302, 410, 410, 410, 410, 410]
    assert Session.objects.filter(user=users["dana"]).count() == 1


def run_signin_link(*arguments: str) -> str:
    from io import StringIO

    out = StringIO()
    call_command("signin_link", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_prints_a_link_for_a_locked_out_user(
    client_for: ClientFor, dana_with_password: User
) -> None:
    link = run_signin_link("dana")
    assert link.startswith("http://127.0.0.1:8000/people/invitations/")
    client = client_for()
    assert client.post("/" + link.split("/", 3)[3])["Location"] == "/"
    assert client.get("/people/me/").context["person"] == dana_with_password


def test_the_command_makes_a_first_administrator(db: None) -> None:
    link = run_signin_link()
    client = Client()
    assert client.post("/" + link.split("/", 3)[3])["Location"] == "/people/me/"
    admin = User.objects.get()
    assert admin.is_administrator
    assert not admin.has_usable_password()
    answer = client.post("/people/me/password/", {"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302
    with pytest.raises(CommandError, match="Specify the username"):
        run_signin_link()


def test_it_does_not_promote_who_is_called_admin_by_chance(users: dict[str, User]) -> None:
    User.objects.filter(username="anna").delete()
    member = User.objects.create(username="admin")
    run_signin_link()
    member.refresh_from_db()
    assert not member.is_administrator
    assert Invitation.objects.get().user.username == "admin-2"


def test_the_command_prints_an_error_for_a_wrong_name(users: dict[str, User]) -> None:
    with pytest.raises(CommandError, match="no active user"):
        run_signin_link("nobody")
    with pytest.raises(CommandError, match="already exists"):
        run_signin_link("dana", "--create-administrator")
    assert "invitations" in run_signin_link("olga", "--create-administrator")
    assert User.objects.get(username="olga").is_administrator


def test_the_public_url_is_in_the_link(settings, users: dict[str, User]) -> None:
    from dashboard.public_url import public_url

    settings.PUBLIC_URL = public_url("https://deck.example.com:8443", production=True)
    assert one_time_links.link_url("s").startswith("https://deck.example.com:8443/people/invitations/s/")
