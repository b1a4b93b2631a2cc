"""Team administration: changes take effect for members at once."""

from __future__ import annotations

import pytest

from people.models import Membership, Team, TeamRole, User
from tests.people.conftest import ClientFor


def get_access_versions(*names: str) -> list[int]:
    return [User.objects.get(username=name).access_version for name in names]


def test_it_adds_and_renames_a_team(client_for: ClientFor) -> None:
    anna = client_for("anna")
    assert (
        anna.post("/people/teams/", {"name": "Harbour", "slug": "harbour"})["Location"]
        == "/people/teams/harbour/"
    )
    answer = anna.post("/people/teams/harbour/", {"name": "Port", "slug": "port"})
    assert answer["Location"] == "/people/teams/port/"
    assert Team.objects.get(slug="port").name == "Port"


@pytest.mark.parametrize(
    "form",
    [{"name": "Shop", "slug": "new"}, {"name": "New", "slug": "shop"}, {"name": "New", "slug": "a b"}, {}],
)
def test_it_refuses_a_name_that_is_taken_or_wrong(client_for: ClientFor, form: dict[str, str]) -> None:
    assert client_for("anna").post("/people/teams/", form).status_code == 422
    assert Team.objects.count() == 1


def test_a_failed_renaming_leaves_the_page_of_the_old_name(client_for: ClientFor) -> None:
    Team.objects.create(slug="harbour", name="Harbour")
    page = client_for("anna").post("/people/teams/harbour/", {"name": "Shop", "slug": "harbour"})
    assert page.status_code == 422
    assert "/people/teams/harbour/delete/" in page.content.decode()


def test_it_deletes_a_team_and_bumps_its_members_only(client_for: ClientFor) -> None:
    before = get_access_versions("dana", "rene", "stan")
    client_for("anna").post("/people/teams/shop/delete/")
    assert not Team.objects.exists()
    dana, rene, stan = get_access_versions("dana", "rene", "stan")
    assert (dana > before[0], rene > before[1], stan > before[2]) == (True, True, False)


def test_it_adds_changes_and_removes_a_member(client_for: ClientFor, users: dict[str, User]) -> None:
    anna, stan = client_for("anna"), users["stan"]
    seen = get_access_versions("stan")
    anna.post("/people/teams/shop/members/", {"user": stan.pk, "role": "viewer"})
    assert Membership.objects.get(user=stan).role == TeamRole.VIEWER
    seen += get_access_versions("stan")
    anna.post(f"/people/teams/shop/members/{stan.pk}/role/", {"role": "editor"})
    assert Membership.objects.get(user=stan).role == TeamRole.EDITOR
    seen += get_access_versions("stan")
    anna.post(f"/people/teams/shop/members/{stan.pk}/remove/")
    assert not Membership.objects.filter(user=stan).exists()
    seen += get_access_versions("stan")
    assert seen == sorted(set(seen))


def test_adding_a_member_again_changes_the_role(client_for: ClientFor, users: dict[str, User]) -> None:
    client_for("anna").post("/people/teams/shop/members/", {"user": users["dana"].pk, "role": "viewer"})
    assert Membership.objects.get(user=users["dana"]).role == TeamRole.VIEWER


def test_it_refuses_roles_and_members_that_are_not_there(
    client_for: ClientFor, users: dict[str, User]
) -> None:
    anna, dana, stan = client_for("anna"), users["dana"].pk, users["stan"].pk
    anna.post(f"/people/teams/shop/members/{dana}/role/", {"role": "captain"})
    assert Membership.objects.get(user=dana).role == TeamRole.EDITOR
    assert anna.post(f"/people/teams/shop/members/{stan}/role/", {"role": "viewer"}).status_code == 404
    assert anna.post(f"/people/teams/shop/members/{stan}/remove/").status_code == 404
    assert anna.post("/people/teams/shop/members/", {"user": 9999, "role": "viewer"}).status_code == 422
    assert anna.get("/people/teams/nowhere/").status_code == 404
