"""Permissions of the account pages, for every route of the URL configuration."""

from __future__ import annotations

import pytest
from django.urls import URLPattern

from dashboard.accounts.urls import urlpatterns
from people import one_time_links
from people.models import GlobalRole, Invitation, Membership, Purpose, Session, Team, User
from tests.people.conftest import ClientFor

OPEN_ROUTES = {"sign_in", "sign_out", "invitation"}
MEMBER_ROUTES = {
    "here",
    "me",
    "change_password",
    "sessions",
    "end_other_sessions",
    "sign_out_everywhere",
    "end_session",
}
GET_ROUTES = {
    "here",
    "me",
    "sessions",
    "people",
    "invite",
    "person",
    "teams",
    "team",
    "sign_in",
    "invitation",
}
ROUTES = [str(one.name) for one in urlpatterns if isinstance(one, URLPattern)]  # audit/ has tests of its own
CLOSED = [name for name in ROUTES if name not in OPEN_ROUTES]
ADMINISTRATOR_ROUTES = [name for name in CLOSED if name not in MEMBER_ROUTES]


@pytest.fixture
def build_path(users: dict[str, User]):
    """The path of a route, with objects that exist: only the right to them may make the difference."""
    invitation = one_time_links.invite(global_role=GlobalRole.MEMBER)
    arguments = {
        "secret": one_time_links.link_for(users["stan"], Purpose.SIGN_IN),
        "session_id": "0" * 32,
        "slug": "shop",
        "user_id": users["dana"].pk,
    }

    def find(name: str) -> str:
        pattern = next(each for each in urlpatterns if isinstance(each, URLPattern) and each.name == name)
        pk = Invitation.objects.get(user=None).pk if name == "withdraw_invitation" else users["dana"].pk
        known = {**arguments, "pk": pk}
        path = str(pattern.pattern)
        for key, converter in pattern.pattern.converters.items():
            kind = {"StringConverter": "str", "IntConverter": "int", "SlugConverter": "slug"}[
                type(converter).__name__
            ]
            path = path.replace(f"<{kind}:{key}>", str(known[key]))
        return f"/people/{path}"

    assert invitation
    return find


def dump_state() -> list[object]:
    """All that a stranger's request must leave as it is."""
    return [
        list(
            User.objects.order_by("pk").values(
                "global_role", "is_active", "name", "password", "access_version"
            )
        ),
        list(Team.objects.values("slug", "name")),
        list(Membership.objects.order_by("pk").values("user", "role")),
        list(Invitation.objects.order_by("pk").values("pk", "used_at")),
        Session.objects.exclude(user=None).count(),
    ]


def test_the_lists_above_name_every_route() -> None:
    assert set(ROUTES) >= OPEN_ROUTES | MEMBER_ROUTES | GET_ROUTES
    assert len(ROUTES) == len(set(ROUTES))


@pytest.mark.parametrize("name", CLOSED)
def test_it_sends_who_is_not_signed_in_to_sign_in(client_for: ClientFor, build_path, name: str) -> None:
    before = dump_state()
    for method in ("get", "post", "put", "delete", "patch", "options"):
        answer = getattr(client_for(), method)(build_path(name))
        assert answer.status_code in (302, 405), method
        if answer.status_code == 302:
            assert answer["Location"].startswith("/people/sign-in/")
    assert dump_state() == before


@pytest.mark.parametrize("name", ADMINISTRATOR_ROUTES)
@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
def test_it_refuses_who_does_not_administrate(client_for: ClientFor, build_path, name: str, who: str) -> None:
    client = client_for(who)
    before = dump_state()
    for method in ("get", "post"):
        answer = getattr(client, method)(build_path(name), {"global_role": "administrator", "role": "editor"})
        assert answer.status_code in (403, 405), method
    assert dump_state() == before


@pytest.mark.parametrize("name", ROUTES)
def test_it_changes_nothing_without_a_token(client_for: ClientFor, build_path, name: str) -> None:
    client = client_for("anna", strict=True)
    before = dump_state()
    form = {"global_role": "administrator", "role": "editor", "name": "x", "slug": "x"}
    for more in ({}, {"HTTP_X_HTTP_METHOD_OVERRIDE": "GET"}, {"HTTP_ORIGIN": "https://sibling.testserver"}):
        assert client.post(build_path(name), form, **more).status_code in (403, 405)
    plain = client.post(build_path(name), "global_role=administrator", content_type="text/plain")
    assert plain.status_code in (403, 405)
    assert dump_state() == before


@pytest.mark.parametrize("name", [name for name in ROUTES if name not in GET_ROUTES])
def test_it_acts_by_post_only(client_for: ClientFor, build_path, name: str) -> None:
    before_path, client = build_path(name), client_for("anna")
    before = dump_state()
    assert client.get(before_path).status_code == 405
    assert client.head(before_path).status_code == 405
    assert dump_state() == before


@pytest.mark.parametrize("name", sorted(GET_ROUTES))
def test_it_shows_every_page_to_an_administrator_with_strict_headers(
    client_for: ClientFor, build_path, name: str
) -> None:
    client = client_for("anna") if name != "sign_in" else client_for()
    answer = client.get(build_path(name))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    for inline in ("<style", "style=", "onclick=", "onerror=", "javascript:"):
        assert inline not in page
