"""Is every page of this floor closed to whom it is not for? The list is the URL configuration itself."""

from __future__ import annotations

import pytest
from django.urls import URLPattern

from people import links
from people.models import Invitation, Membership, Purpose, Session, Standing, Team, User
from people.urls import urlpatterns
from tests.people.conftest import Browser

OPEN = {"sign_in", "sign_out", "invitation"}
OWN = {
    "here",
    "me",
    "change_password",
    "sessions",
    "end_other_sessions",
    "sign_out_everywhere",
    "end_session",
}
READ = {"here", "me", "sessions", "people", "invite", "person", "teams", "team", "sign_in", "invitation"}
ROUTES = [str(one.name) for one in urlpatterns if isinstance(one, URLPattern)]  # audit/ has tests of its own
CLOSED = [name for name in ROUTES if name not in OPEN]
ADMINISTRATORS = [name for name in CLOSED if name not in OWN]


@pytest.fixture
def address(cast: dict[str, User]):
    """The path of a route, with objects that exist: only the right to them may make the difference."""
    invitation = links.invite(standing=Standing.MEMBER)
    arguments = {
        "secret": links.link_for(cast["stan"], Purpose.SIGN_IN),
        "session_id": "0" * 32,
        "slug": "shop",
        "user_id": cast["dana"].pk,
    }

    def find(name: str) -> str:
        pattern = next(each for each in urlpatterns if isinstance(each, URLPattern) and each.name == name)
        pk = Invitation.objects.get(user=None).pk if name == "withdraw_invitation" else cast["dana"].pk
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


def state() -> list[object]:
    """All that a stranger's request must leave as it is."""
    return [
        list(
            User.objects.order_by("pk").values("standing", "is_active", "name", "password", "access_version")
        ),
        list(Team.objects.values("slug", "name")),
        list(Membership.objects.order_by("pk").values("user", "role")),
        list(Invitation.objects.order_by("pk").values("pk", "used_at")),
        Session.objects.exclude(user=None).count(),
    ]


def test_the_lists_above_name_every_route() -> None:
    assert set(ROUTES) >= OPEN | OWN | READ
    assert len(ROUTES) == len(set(ROUTES))


@pytest.mark.parametrize("name", CLOSED)
def test_it_sends_who_is_not_signed_in_to_sign_in(browser_of: Browser, address, name: str) -> None:
    before = state()
    for method in ("get", "post", "put", "delete", "patch", "options"):
        answer = getattr(browser_of(), method)(address(name))
        assert answer.status_code in (302, 405), method
        if answer.status_code == 302:
            assert answer["Location"].startswith("/people/sign-in/")
    assert state() == before


@pytest.mark.parametrize("name", ADMINISTRATORS)
@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
def test_it_refuses_who_does_not_administrate(browser_of: Browser, address, name: str, who: str) -> None:
    client = browser_of(who)
    before = state()
    for method in ("get", "post"):
        answer = getattr(client, method)(address(name), {"standing": "administrator", "role": "operator"})
        assert answer.status_code in (403, 405), method
    assert state() == before


@pytest.mark.parametrize("name", ROUTES)
def test_it_changes_nothing_without_a_token(browser_of: Browser, address, name: str) -> None:
    client = browser_of("anna", strict=True)
    before = state()
    form = {"standing": "administrator", "role": "operator", "name": "x", "slug": "x"}
    for more in ({}, {"HTTP_X_HTTP_METHOD_OVERRIDE": "GET"}, {"HTTP_ORIGIN": "https://sibling.testserver"}):
        assert client.post(address(name), form, **more).status_code in (403, 405)
    plain = client.post(address(name), "standing=administrator", content_type="text/plain")
    assert plain.status_code in (403, 405)
    assert state() == before


@pytest.mark.parametrize("name", [name for name in ROUTES if name not in READ])
def test_it_acts_by_post_only(browser_of: Browser, address, name: str) -> None:
    before_path, client = address(name), browser_of("anna")
    before = state()
    assert client.get(before_path).status_code == 405
    assert client.head(before_path).status_code == 405
    assert state() == before


@pytest.mark.parametrize("name", sorted(READ))
def test_it_shows_every_page_to_an_administrator_with_strict_headers(
    browser_of: Browser, address, name: str
) -> None:
    client = browser_of("anna") if name != "sign_in" else browser_of()
    answer = client.get(address(name))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    for inline in ("<style", "style=", "onclick=", "onerror=", "javascript:"):
        assert inline not in page
