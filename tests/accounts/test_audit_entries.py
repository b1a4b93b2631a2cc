"""Audit entries of people, teams and sessions: each change is recorded or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern

from dashboard.accounts.urls import urlpatterns
from people import one_time_links
from people.audit.origin import session_mark
from people.audit.record import AuditTrailUnavailable
from people.control import session_group
from people.models import GlobalRole, Invitation, Membership, Purpose, Session, Team, User
from people.sessions import hash_key
from tests.audit_trail import AuditTrail
from tests.people.conftest import PASSWORD, ClientFor, hash_password

NEW_PASSWORD = "canary-in-a-new-password"


@dataclass(frozen=True)
class Change:
    """A form that anna (or who is named) sends, the rows it leaves, and whether it goes on without the audit trail."""

    route: str
    path: str
    verbs: tuple[str, ...]
    form: dict[str, str] = field(default_factory=dict)
    target: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    username: str = "anna"
    works_without_audit_trail: bool = False


CHANGES = (
    Change(
        "invite",
        "invite/",
        ("invite",),
        {"global_role": "member", "team": "{team}", "role": "editor"},
        detail={"global_role": "member", "team": "shop", "role": "editor"},
    ),
    Change(
        "withdraw_invitation",
        "invite/{invitation}/withdraw/",
        ("invite-withdraw",),
        {},
        "invitation link {invitation}",
    ),
    Change(
        "change_global_role",
        "{stan}/standing/",
        ("global-role",),
        {"global_role": "auditor"},
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
        {"user": "{stan}", "role": "viewer"},
        "team shop",
        {"person": "stan", "person id": "{stan}", "role": "viewer"},
    ),
    Change(
        "change_role",
        "teams/shop/members/{dana}/role/",
        ("member-role",),
        {"role": "viewer"},
        "team shop",
        {"person": "dana", "person id": "{dana}", "role": "viewer"},
    ),
    Change(
        "remove_member",
        "teams/shop/members/{dana}/remove/",
        ("member-remove",),
        {},
        "team shop",
        {"person": "dana", "person id": "{dana}", "role": "editor"},
    ),
    Change("me", "me/", ("name",), {"name": "Dana D."}, "person dana", username="dana"),
    Change(
        "change_password",
        "me/password/",
        ("password",),
        {"current": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "person dana",
        {"sessions ended": 1},
        username="dana",
    ),
    Change(
        "end_session",
        "sessions/{other}/end/",
        ("session-end",),
        {},
        "session {mark}",
        username="dana",
        works_without_audit_trail=True,
    ),
    Change(
        "end_other_sessions",
        "sessions/end-others/",
        ("session-end",),
        {},
        "other sessions",
        {"sessions ended": 1},
        username="dana",
        works_without_audit_trail=True,
    ),
    Change(
        "sign_out_everywhere",
        "sessions/sign-out-everywhere/",
        ("session-end", "sign-out"),
        {},
        "all sessions",
        {"sessions ended": 1},
        username="dana",
        works_without_audit_trail=True,
    ),
    Change("sign_out", "sign-out/", ("sign-out",), username="dana", works_without_audit_trail=True),
    Change(
        "sign_in",
        "sign-in/",
        ("sign-in",),
        {"username": "dana", "password": PASSWORD},
        detail={"way": "password"},
        username="",
        works_without_audit_trail=True,
    ),
    Change(
        "invitation",
        "invitations/{sign_in}/",
        ("link-used", "sign-in"),
        {},
        "sign-in link {sign_in_pk}",
        username="",
        works_without_audit_trail=True,
    ),
    Change(
        "invitation",
        "invitations/{password}/",
        ("link-used", "password", "sign-in"),
        {"password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "password link {password_pk}",
        username="",
    ),
    Change(
        "invitation",
        "invitations/{join}/",
        ("link-used", "sign-in"),
        {"username": "ivo", "name": "Ivo", "password": NEW_PASSWORD, "again": NEW_PASSWORD},
        "invitation link {join_pk}",
        {"made by": "anna", "role": "viewer", "global_role": "member", "team": "shop"},
        username="",
    ),
)
READ_ONLY = {"here", "sessions", "people", "person"}
NAMES = [f"{number} {change.path}" for number, change in enumerate(CHANGES)]


@pytest.fixture
def path_values(users: dict[str, User], client_for: ClientFor) -> dict[str, Any]:
    """What the paths and forms name."""
    dana = users["dana"]
    dana.password = hash_password(PASSWORD)
    dana.save()
    users["ines"] = User.objects.create(username="ines", password="!", is_active=False)
    client_for("stan")
    client_for("dana")
    other = Session.objects.get(user=dana)
    one_time_links.invite(global_role=GlobalRole.MEMBER, created_by=users["anna"])
    first = Invitation.objects.get().pk
    return {
        **{name: user.pk for name, user in users.items()},
        "team": Team.objects.get().pk,
        "invitation": first,
        **{"sign_in_pk": first + 1, "password_pk": first + 2, "join_pk": first + 3},
        "mark": session_mark(other.pk),
        "other": session_group(other.pk).removeprefix("session."),
        "sign_in": one_time_links.link_for(dana, Purpose.SIGN_IN),
        "password": one_time_links.link_for(dana, Purpose.PASSWORD),
        "join": one_time_links.invite(
            global_role=GlobalRole.MEMBER, created_by=users["anna"], team=Team.objects.get()
        ),
    }


def send(change: Change, browser_of: ClientFor, known: dict[str, Any]) -> tuple[Client, HttpResponse]:
    client = browser_of(change.username)
    form = {name: value.format(**known) if "{" in value else value for name, value in change.form.items()}
    where = f"/people/{change.path.format(**known)}"
    return client, client.post(where, form, REMOTE_ADDR="203.0.113.9")


def dump_state() -> list[Any]:
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
def test_it_is_recorded(
    change: Change, client_for: ClientFor, path_values: dict[str, Any], audit_trail: AuditTrail
) -> None:
    _client, answer = send(change, client_for, path_values)
    assert answer.status_code in (200, 302), answer.content[:2000]
    rows = audit_trail.list_outcomes()
    assert sorted(row.verb for row in rows) == sorted(change.verbs)
    rows.sort(key=lambda row: change.verbs.index(row.verb))
    first = rows[0]
    assert {row.person for row in rows} == {change.username or ("ivo" if "join" in change.path else "dana")}
    assert {row.address for row in rows} == {"203.0.113.9"}
    assert {row.result for row in rows} == {"ok"}
    assert rows[0].phase == ("event" if change.works_without_audit_trail else "outcome")
    assert first.target == change.target.format(**path_values)
    assert first.detail == {
        name: path_values[text[1:-1]] if isinstance(text, str) and text.startswith("{") else text
        for name, text in change.detail.items()
    }
    text = "".join(str(row.__dict__) for row in rows)
    for secret in (
        PASSWORD,
        NEW_PASSWORD,
        path_values["sign_in"],
        path_values["password"],
        path_values["join"],
    ):
        assert secret not in text


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_without_the_audit_trail_it_is_refused_and_nothing_is_changed(
    change: Change,
    client_for: ClientFor,
    path_values: dict[str, Any],
    audit_trail: AuditTrail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_row: object) -> None:
        raise AuditTrailUnavailable("disk full")

    before = dump_state()
    monkeypatch.setattr("people.audit.writer.Writer.put", full)
    _client, answer = send(change, client_for, path_values)
    assert audit_trail.list_rows().count() == 0
    if change.works_without_audit_trail:
        assert answer.status_code == 302
        return
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert dump_state() == before
    page = answer.content.decode()
    for name, value in change.form.items():
        is_secret = name in ("password", "again", "current")
        shown = f'name="{name}" value="{value.format(**path_values)}"'
        assert (shown in page) is not is_secret, name
    assert PASSWORD not in page
    assert NEW_PASSWORD not in page


def test_every_route_that_changes_something_is_among_them() -> None:
    routes = {str(one.name) for one in urlpatterns if isinstance(one, URLPattern)}
    assert routes - READ_ONLY == {change.route for change in CHANGES}


def test_a_session_has_a_mark_in_the_audit_trail_and_on_its_own_page(
    client_for: ClientFor, path_values: dict[str, Any], audit_trail: AuditTrail
) -> None:
    client, _answer = send(next(one for one in CHANGES if one.route == "sign_in"), client_for, path_values)
    ended = hash_key(client.session.session_key)
    assert ended
    row = audit_trail.get_last(verb="sign-in")
    assert row.session == session_mark(ended) == session_group(ended).removeprefix("session.")[:12]
    client.post("/people/sign-out/")
    assert audit_trail.get_last(verb="sign-out").session == row.session
