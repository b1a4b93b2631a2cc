"""Do teams change as administrators say, and do their members notice at once?"""

from __future__ import annotations

import pytest

from people.models import Membership, Role, Team, User
from tests.people.conftest import Browser


def versions(*names: str) -> list[int]:
    return [User.objects.get(username=name).access_version for name in names]


def test_it_adds_and_renames_a_team(browser_of: Browser) -> None:
    anna = browser_of("anna")
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
def test_it_refuses_a_name_that_is_taken_or_wrong(browser_of: Browser, form: dict[str, str]) -> None:
    assert browser_of("anna").post("/people/teams/", form).status_code == 422
    assert Team.objects.count() == 1


def test_a_failed_renaming_leaves_the_page_of_the_old_name(browser_of: Browser) -> None:
    Team.objects.create(slug="harbour", name="Harbour")
    page = browser_of("anna").post("/people/teams/harbour/", {"name": "Shop", "slug": "harbour"})
    assert page.status_code == 422
    assert "/people/teams/harbour/delete/" in page.content.decode()


def test_it_deletes_a_team_and_bumps_its_members_only(browser_of: Browser) -> None:
    before = versions("dana", "rene", "stan")
    browser_of("anna").post("/people/teams/shop/delete/")
    assert not Team.objects.exists()
    dana, rene, stan = versions("dana", "rene", "stan")
    assert (dana > before[0], rene > before[1], stan > before[2]) == (True, True, False)


def test_it_adds_changes_and_removes_a_member(browser_of: Browser, cast: dict[str, User]) -> None:
    anna, stan = browser_of("anna"), cast["stan"]
    seen = versions("stan")
    anna.post("/people/teams/shop/members/", {"user": stan.pk, "role": "reader"})
    assert Membership.objects.get(user=stan).role == Role.READER
    seen += versions("stan")
    anna.post(f"/people/teams/shop/members/{stan.pk}/role/", {"role": "operator"})
    assert Membership.objects.get(user=stan).role == Role.OPERATOR
    seen += versions("stan")
    anna.post(f"/people/teams/shop/members/{stan.pk}/remove/")
    assert not Membership.objects.filter(user=stan).exists()
    seen += versions("stan")
    assert seen == sorted(set(seen))


def test_adding_a_member_again_changes_the_role(browser_of: Browser, cast: dict[str, User]) -> None:
    browser_of("anna").post("/people/teams/shop/members/", {"user": cast["dana"].pk, "role": "reader"})
    assert Membership.objects.get(user=cast["dana"]).role == Role.READER


def test_it_refuses_roles_and_members_that_are_not_there(browser_of: Browser, cast: dict[str, User]) -> None:
    anna, dana, stan = browser_of("anna"), cast["dana"].pk, cast["stan"].pk
    anna.post(f"/people/teams/shop/members/{dana}/role/", {"role": "captain"})
    assert Membership.objects.get(user=dana).role == Role.OPERATOR
    assert anna.post(f"/people/teams/shop/members/{stan}/role/", {"role": "reader"}).status_code == 404
    assert anna.post(f"/people/teams/shop/members/{stan}/remove/").status_code == 404
    assert anna.post("/people/teams/shop/members/", {"user": 9999, "role": "reader"}).status_code == 422
    assert anna.get("/people/teams/nowhere/").status_code == 404
