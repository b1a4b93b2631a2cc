"""Administration of people, without locking everybody out."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client

from people import control, one_time_links
from people.broadcast import Message
from people.models import GlobalRole, Invitation, Purpose, Team, User
from tests.people.conftest import PASSWORD, ClientFor


def get_access_version(name: str) -> int:
    return User.objects.get(username=name).access_version


def test_it_invites_and_shows_the_link_once(client_for: ClientFor, users: dict[str, User]) -> None:
    anna = client_for("anna")
    team = Team.objects.get(slug="shop")
    page = anna.post("/people/invite/", {"global_role": "member", "team": team.pk, "role": "editor"})
    link_url = page.context["link_url"]
    assert link_url in page.content.decode()
    listed = anna.get("/people/").content.decode()
    assert link_url.rsplit("/", 2)[1] not in listed
    link = Invitation.objects.get()
    assert (link.created_by, link.team, link.role) == (users["anna"], team, "editor")
    assert client_for().get(link_url).status_code == 200


def test_it_withdraws_an_invitation(client_for: ClientFor, users: dict[str, User]) -> None:
    secret = one_time_links.invite(global_role=GlobalRole.MEMBER, created_by=users["anna"])
    client_for("anna").post(f"/people/invite/{Invitation.objects.get().pk}/withdraw/")
    assert client_for().get(f"/people/invitations/{secret}/").status_code == 410


def test_it_refuses_an_invitation_for_an_unknown_global_role(client_for: ClientFor) -> None:
    form = {"global_role": "captain", "role": "viewer"}
    assert client_for("anna").post("/people/invite/", form).status_code == 422
    assert not Invitation.objects.exists()


def test_it_changes_a_global_role_and_bumps_access(client_for: ClientFor, users: dict[str, User]) -> None:
    before = get_access_version("dana")
    client_for("anna").post(f"/people/{users['dana'].pk}/standing/", {"global_role": "auditor"})
    dana = User.objects.get(username="dana")
    assert dana.is_auditor
    assert dana.access_version > before


@pytest.mark.django_db(transaction=True)
def test_it_notifies_the_sockets_of_a_user_whose_access_changed(
    client_for: ClientFor, users: dict[str, User], messages: list[Message]
) -> None:
    client_for("anna").post(f"/people/{users['dana'].pk}/standing/", {"global_role": "auditor"})
    assert messages == [Message(control.user_group(users["dana"].pk), "access.changed")]


def test_a_deactivated_person_is_out_at_once(client_for: ClientFor, dana_with_password: User) -> None:
    client = client_for("dana")
    secret = one_time_links.link_for(dana_with_password, Purpose.SIGN_IN)
    before = get_access_version("dana")
    client_for("anna").post(f"/people/{dana_with_password.pk}/deactivate/")
    assert client.get("/people/me/").status_code == 302
    assert not dana_with_password.sessions.exists()
    assert get_access_version("dana") > before
    assert client_for().post(f"/people/invitations/{secret}/").status_code == 410
    form = {"username": "dana", "password": PASSWORD}
    assert client_for().post("/people/sign-in/", form).status_code == 422
    client_for("anna").post(f"/people/{dana_with_password.pk}/activate/")
    assert client_for().post("/people/sign-in/", form).status_code == 302


def test_it_makes_a_link_for_a_new_password(client_for: ClientFor, dana_with_password: User) -> None:
    page = client_for("anna").post(f"/people/{dana_with_password.pk}/new-password-link/")
    assert client_for().get(page.context["link_url"]).status_code == 200
    assert Invitation.objects.get().purpose == Purpose.PASSWORD


@pytest.mark.parametrize("act", ["deactivate", "standing"])
def test_the_last_active_administrator_stays(client_for: ClientFor, users: dict[str, User], act: str) -> None:
    User.objects.create(username="adam", global_role=GlobalRole.ADMINISTRATOR, is_active=False)
    page = client_for("anna").post(
        f"/people/{users['anna'].pk}/{act}/", {"global_role": "member"}, follow=True
    )
    assert "last active administrator" in page.content.decode()
    anna = User.objects.get(username="anna")
    assert anna.is_administrator
    assert anna.is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    users["adam"] = User.objects.create(username="adam", global_role=GlobalRole.ADMINISTRATOR)
    pairs = [(client_for("anna"), users["adam"].pk), (client_for("adam"), users["anna"].pk)]
    start = threading.Barrier(2)

    def demote(client: Client, pk: int) -> None:
        start.wait(10)
        try:
            client.post(f"/people/{pk}/standing/", {"global_role": "member"})
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert User.objects.filter(global_role=GlobalRole.ADMINISTRATOR, is_active=True).count() == 1


def test_an_administrator_who_was_demoted_has_lost_the_pages(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    client = client_for("anna")
    assert client.get("/people/").status_code == 200
    User.objects.filter(username="anna").update(global_role=GlobalRole.MEMBER)
    assert client.get("/people/").status_code == 403


def test_hostile_names_are_text(client_for: ClientFor, users: dict[str, User]) -> None:
    hostile = "<script>alert(1)</script>{{ 7|add:7 }}"
    User.objects.filter(username="dana").update(name=hostile)
    Team.objects.filter(slug="shop").update(name=hostile)
    anna = client_for("anna")
    for page in (
        "/people/",
        f"/people/{users['dana'].pk}/",
        "/people/teams/",
        "/people/teams/shop/",
        "/people/invite/",
    ):
        content = anna.get(page).content.decode()
        assert "<script>alert" not in content
        assert "{{ 7|add:7 }}" in content
