"""Does every change of people, teams and sessions go on record, and is it refused where it cannot be?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern

from people import links
from people.audit.origin import session_mark
from people.audit.record import TrailUnavailable
from people.control import session_group
from people.models import Invitation, Membership, Purpose, Session, Standing, Team, User
from people.urls import urlpatterns
from tests.people.conftest import PASSWORD, Browser, hashed
from tests.trail import Trail

NEW_PASSWORD = "canary-in-a-new-password"


@dataclass(frozen=True)
class Change:
    """A form that anna (or who is named) sends, the rows it leaves, and whether it goes on without the trail."""

    route: str
    path: str
    verbs: tuple[str, ...]
    form: dict[str, str] = field(default_factory=dict)
    subject: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    by: str = "anna"
    goes_on: bool = False


CHANGES = (
    Change(
        "invite",
        "invite/",
        ("invite",),
        {"standing": "member", "team": "{team}", "role": "operator"},
        detail={"standing": "member", "team": "shop", "role": "operator"},
    ),
    Change(
        "withdraw_invitation",
        "invite/{invitation}/withdraw/",
        ("invite-withdraw",),
        {},
        "invitation link {invitation}",
    ),
    Change(
        "change_standing",
        "{stan}/standing/",
        ("standing",),
        {"standing": "auditor"},
        "person stan",
        {"from": "member", "to": "auditor"},
    ),
    Change("deactivate", "{stan}/deactivate/", ("deactivate",), {}, "person stan", {"sessions ended": 1}),
    Change("activate", "{ines}/activate/", ("activate",), {}, "person ines"),
    Change("new_password_link", "{stan}/new-password-link/", ("password-link",), {}, "person stan"),
    Change("teams", "teams/", ("team-create",), {"name": "Pay", "slug": "pay"}, "team pay", {"name": "Pay"}),
    Change(
        "team",
        "teams/shop/",
        ("team-edit",),
        {"name": "Store", "slug": "store"},
        "team shop",
        {"name": ["Shop", "Store"], "slug": ["shop", "store"]},
    ),
    Change(
        "delete_team",
        "teams/shop/delete/",
        ("team-delete",),
        {},
        "team shop",
        {"members": ["dana", "rene"], "deleted": {"people.Membership": 2, "people.Team": 1}},
    ),
    Change(
        "add_member",
        "teams/shop/members/",
        ("member-add",),
        {"user": "{stan}", "role": "reader"},
        "team shop",
        {"person": "stan", "person id": "{stan}", "role": "reader"},
    ),
    Change(
        "change_role",
        "teams/shop/members/{dana}/role/",
        ("member-role",),
        {"role": "reader"},
        "team shop",
        {"person": "dana", "person id": "{dana}", "role": "reader"},
    ),
    Change(
        "remove_member",
        "teams/shop/members/{dana}/remove/",
        ("member-remove",),
        {},
        "team shop",
        {"person": "dana", "person id": "{dana}", "role": "operator"},
    ),
    Change("me", "me/", ("name",), {"name": "Dana D."}, "person dana", by="dana"),
    Change(
        "change_password",
        "me/password/",
        ("password",),
        {"current": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "person dana",
        {"sessions ended": 1},
        by="dana",
    ),
    Change(
        "end_session",
        "sessions/{other}/end/",
        ("session-end",),
        {},
        "session {mark}",
        by="dana",
        goes_on=True,
    ),
    Change(
        "end_other_sessions",
        "sessions/end-others/",
        ("session-end",),
        {},
        "other sessions",
        {"sessions ended": 1},
        by="dana",
        goes_on=True,
    ),
    Change(
        "sign_out_everywhere",
        "sessions/sign-out-everywhere/",
        ("session-end", "sign-out"),
        {},
        "all sessions",
        {"sessions ended": 1},
        by="dana",
        goes_on=True,
    ),
    Change("sign_out", "sign-out/", ("sign-out",), by="dana", goes_on=True),
    Change(
        "sign_in",
        "sign-in/",
        ("sign-in",),
        {"username": "dana", "password": PASSWORD},
        detail={"way": "password"},
        by="",
        goes_on=True,
    ),
    Change(
        "invitation",
        "invitations/{sign_in}/",
        ("link-used", "sign-in"),
        {},
        "sign-in link {sign_in_pk}",
        by="",
        goes_on=True,
    ),
    Change(
        "invitation",
        "invitations/{password}/",
        ("link-used", "password", "sign-in"),
        {"password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "password link {password_pk}",
        by="",
    ),
    Change(
        "invitation",
        "invitations/{join}/",
        ("link-used", "sign-in"),
        {"username": "ivo", "name": "Ivo", "password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "invitation link {join_pk}",
        {"made by": "anna", "role": "reader", "standing": "member", "team": "shop"},
        by="",
    ),
)
READ_ONLY = {"here", "sessions", "people", "person"}
NAMES = [f"{number} {change.path}" for number, change in enumerate(CHANGES)]


@pytest.fixture
def known(cast: dict[str, User], browser_of: Browser) -> dict[str, Any]:
    """What the paths and forms name."""
    dana = cast["dana"]
    dana.password = hashed(PASSWORD)
    dana.save()
    cast["ines"] = User.objects.create(username="ines", password="!", is_active=False)
    browser_of("stan")
    browser_of("dana")
    other = Session.objects.get(user=dana)
    links.invite(standing=Standing.MEMBER, created_by=cast["anna"])
    first = Invitation.objects.get().pk
    return {
        **{name: user.pk for name, user in cast.items()},
        "team": Team.objects.get().pk,
        "invitation": first,
        **{"sign_in_pk": first + 1, "password_pk": first + 2, "join_pk": first + 3},
        "mark": session_mark(other.pk),
        "other": session_group(other.pk).removeprefix("session."),
        "sign_in": links.link_for(dana, Purpose.SIGN_IN),
        "password": links.link_for(dana, Purpose.PASSWORD),
        "join": links.invite(standing=Standing.MEMBER, created_by=cast["anna"], team=Team.objects.get()),
    }


def send(change: Change, browser_of: Browser, known: dict[str, Any]) -> tuple[Client, HttpResponse]:
    client = browser_of(change.by)
    form = {name: value.format(**known) if "{" in value else value for name, value in change.form.items()}
    where = f"/people/{change.path.format(**known)}"
    return client, client.post(where, form, REMOTE_ADDR="203.0.113.9")


def state() -> list[Any]:
    """All that is kept of people but when they last signed in."""
    rows = [
        row
        for model in (User, Team, Membership, Invitation)
        for row in serializers.serialize("python", model.objects.order_by("pk"))
    ]
    for row in rows:
        row["fields"].pop("last_login", None)
    return rows


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_it_is_recorded(change: Change, browser_of: Browser, known: dict[str, Any], trail: Trail) -> None:
    _client, answer = send(change, browser_of, known)
    assert answer.status_code in (200, 302), answer.content[:2000]
    rows = list(trail.rows())
    assert [row.verb for row in rows] == list(change.verbs)
    first = rows[0]
    assert {row.person for row in rows} == {change.by or ("ivo" if "join" in change.path else "dana")}
    assert {row.address for row in rows} == {"203.0.113.9"}
    assert {(row.phase, row.result) for row in rows} == {("event", "ok")}
    assert first.subject == change.subject.format(**known)
    assert first.detail == {
        name: known[text[1:-1]] if isinstance(text, str) and text.startswith("{") else text
        for name, text in change.detail.items()
    }
    told = "".join(str(row.__dict__) for row in rows)
    for secret in (PASSWORD, NEW_PASSWORD, known["sign_in"], known["password"], known["join"]):
        assert secret not in told


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_without_the_trail_it_is_refused_and_nothing_is_changed(
    change: Change,
    browser_of: Browser,
    known: dict[str, Any],
    trail: Trail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_row: object) -> None:
        raise TrailUnavailable("disk full")

    before = state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    _client, answer = send(change, browser_of, known)
    assert trail.rows().count() == 0
    if change.goes_on:
        assert answer.status_code == 302
        return
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert state() == before
    page = answer.content.decode()
    for name, value in change.form.items():
        is_secret = name in ("password", "again", "current")
        shown = f'name="{name}" value="{value.format(**known)}"'
        assert (shown in page) is not is_secret, name
    assert PASSWORD not in page
    assert NEW_PASSWORD not in page


def test_every_route_that_changes_something_is_among_them() -> None:
    routes = {str(one.name) for one in urlpatterns if isinstance(one, URLPattern)}
    assert routes - READ_ONLY == {change.route for change in CHANGES}


def test_a_session_has_a_mark_in_the_trail_and_on_its_own_page(
    browser_of: Browser, known: dict[str, Any], trail: Trail
) -> None:
    client, _answer = send(next(one for one in CHANGES if one.route == "sign_in"), browser_of, known)
    key = client.session.session_key
    assert key
    row = trail.last(verb="sign-in")
    assert row.session == session_mark(key) == session_group(key).removeprefix("session.")[:12]
    client.post("/people/sign-out/")
    assert trail.last(verb="sign-out").session == row.session
