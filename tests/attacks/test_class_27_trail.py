"""Can the trail be forged, thinned out or kept quiet by what people send? From outside, through routes. (Class 27.)"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections

from people import links
from people.audit import middleware
from people.audit.models import Entry
from people.audit.record import health
from people.audit.routing import ALIAS
from people.audit.seldom import Seldom
from people.audit.verifying import verify
from people.models import Purpose, Standing
from tests.attacks.house import PEOPLE, House, undone
from tests.attacks.reaching import everything
from tests.attacks.routes import METHODS, routes
from tests.attacks.rules import FORBIDDEN, expected
from tests.attacks.state import changes, dump
from tests.attacks.test_class_18_forced_errors import FORM
from tests.attacks.upstream import Recorder
from tests.controlplane.hostile import TEXTS
from tests.served import wait_for
from tests.trail import Trail

RAW = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows() -> list[tuple[object, ...]]:
    return list(Entry.objects.order_by("sequence").values_list())


# --- forging: what people name ends up in it


def test_no_text_that_people_send_breaks_a_line_or_turns_one(house: House, trail: Trail) -> None:
    """Names that are signed in with, of people, teams, clusters and objects, in addresses and in headers."""
    hostile = [
        *TEXTS.values(),
        "eve\r\n2026-01-01 ok admin sign-in",
        "eve\x1b[1A\x1b[2K",
        "\u202eada",
        "ada\x00",
        "=1+1",
    ]
    for text in hostile:
        for who, path, form in (
            ("", "/people/sign-in/", {"username": text, "password": "wrong-again"}),
            ("ada", "/people/teams/", {"name": text, "slug": text}),
            ("ada", "/clusters/add/", {"name": text, "slug": text, "server": text}),
            ("ada", "/people/me/", {"name": text}),
            ("rene", "/c/harbour/shop/secrets/web/secret-value", {"key": text}),
        ):
            with undone():
                house.browser(who, HTTP_USER_AGENT="x", HTTP_REFERER="http://testserver/").post(path, form)
    assert trail.rows().count() >= len(hostile), "attempts to sign in, at least, are on record"
    for row in trail.rows().values():
        assert not any(
            RAW.search(value) or "\n" in value for value in row.values() if isinstance(value, str)
        ), row
    assert verify().wrong is None


def test_each_row_is_one_line_of_an_export_and_no_cell_is_a_formula(house: House, trail: Trail) -> None:
    for text in [*TEXTS.values(), "=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "\r=1"]:
        house.browser().post("/people/sign-in/", {"username": text, "password": "wrong-again"})
    browser = house.browser("aude")
    lines = browser.get("/people/audit/export/trail.jsonl").content.decode()
    for line in lines.splitlines():
        assert isinstance(json.loads(line), dict)
        assert line.isascii()
    table = browser.get("/people/audit/export/trail.csv").content.decode("utf-8-sig")
    assert not RAW.search(table)
    found = list(csv.reader(io.StringIO(table)))
    assert len(found) > len(TEXTS)
    assert len({len(row) for row in found}) == 1
    assert [cell for row in found for cell in row if cell.startswith(FORMULA)] == []


# --- thinning out: nobody can change or delete a row, by any route or method


def test_no_route_changes_or_deletes_a_row(house: House, trail: Trail) -> None:
    house.browser().post("/people/sign-in/", {"username": "eve", "password": "wrong-again"})
    before = rows()
    last, tried = str(before[-1][0]), set()
    for route in routes():
        path = house.address(route)
        for method in METHODS:
            if method in ("GET", "HEAD") or (
                method not in house.methods(route) and "audit" not in route.name
            ):
                continue
            tried.add((route.name, method))
            for who in ("ada", "aude"):
                with undone():
                    house.browser(who).generic(
                        method,
                        f"{path}?sequence={last}&delete=1",
                        f"sequence={last}&id={last}&pk={last}&action=delete&result=ok&delete=on",
                        content_type="application/x-www-form-urlencoded",
                    )
    assert rows()[: len(before)] == before
    assert {("people:audit:trail", "DELETE"), ("people:audit:export", "PUT"), ("people:me", "POST")} <= tried


@pytest.mark.parametrize("method", METHODS[2:])
def test_the_pages_of_the_trail_take_reading_alone(house: House, method: str) -> None:
    pages = [route for route in routes() if route.name.startswith("people:audit:")]
    assert len(pages) >= 4, "the page, and its exports"
    for route in pages:
        for who in ("ada", "aude", "dana"):
            assert house.browser(who).generic(method, house.address(route)).status_code == 405, route


# --- keeping quiet: failures and denials are in it, and without it there is no change


def test_who_is_not_let_in_is_on_record(house: House, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every view that refuses a person says so in the trail, with the person and the view."""
    monkeypatch.setattr(middleware, "_denied", Seldom(60.0, most=4096))  # other tests had people of these ids
    house.demote()
    refused, missing = set(), []
    for visit in everything(house):
        for who in PEOPLE:
            if expected(visit.route, who, writes=visit.method == "POST") == FORBIDDEN:
                before = Entry.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
                assert visit.answer(house, who).status_code == 403
                refused.add((visit.route.name, who))
                told = Entry.objects.filter(sequence__gt=before, person=who, result="denied")
                missing += [] if told.exists() else [f"{visit} as {who}"]
    assert not missing, "\n".join(missing)
    assert {("people:invite", "dana"), ("clusters:add", "aude"), ("clusters:edit", "stan")} <= refused


def test_failures_to_come_in_are_on_record(house: House, trail: Trail) -> None:
    for name in ("eve", "dana", "idle"):
        house.demote()
        house.browser().post("/people/sign-in/", {"username": name, "password": "wrong-again"})
        told = trail.last(person=name, verb="sign-in")
        assert told.result in ("failed", "denied")
        assert "wrong-again" not in repr(vars(told))


def test_what_kubernetes_refuses_is_on_record(house: House, trail: Trail) -> None:
    """dana may work in shop alone."""
    with undone():
        house.browser("dana").get("/c/harbour/pay/secrets/any")
    told = trail.last(person="dana", result="denied", namespace="pay")
    assert (told.status, told.resource, told.cluster) == (403, "secrets", "harbour")


@contextmanager
def unwritable() -> Iterator[None]:
    """As with a full disk: every row is refused."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    try:
        yield
    finally:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("DROP TRIGGER full_disk")
        wait_for(lambda: health().is_writable)


# What may be done though nobody can put it on record, each with the reason. (Sessions may begin and end: coming in and
# leaving are counted, and the row that ends the outage says how many there were.)
GOES_ON = {
    "people:invitation": "a link that signs in; those that make a person or set a password do not work meanwhile",
    "people:sign_in": "when somebody came in last",
    "people:me": "one's own name as pages show it decides nothing",
    "resources:cluster": "which namespaces one has opened decides nothing",
}
SESSIONS = ("people.Session",)


@pytest.mark.skipif(
    "connections[ALIAS].vendor != 'sqlite'", reason="the trigger is written in SQLite's words"
)
def test_without_the_trail_nothing_is_changed_and_reading_goes_on(house: House, recorder: Recorder) -> None:
    fields = "&".join(
        f"{name}={value}"
        for name, value in {**FORM, "key": "password", "way": "token"}.items()
        if "\n" not in value
    )
    writing = [visit for visit in everything(house) if visit.method == "POST"]
    reading = [
        visit
        for visit in everything(house)
        if visit.method == "GET" and not visit.route.name.startswith("people:audit:")
    ]
    before = dump(without=SESSIONS)
    with unwritable():
        wrong: list[str] = []
        for visit in writing:
            path = house.address(visit.route, owner="ada")
            with undone(), recorder.watched() as seen:
                status = (
                    house.browser("ada")
                    .generic("POST", path, fields, content_type="application/x-www-form-urlencoded")
                    .status_code
                )
                changed = changes(before, dump(without=SESSIONS))
            if changed and visit.route.name not in GOES_ON:
                wrong.append(f"{visit} ({status}) changed {changed}")
            wrong += [f"{visit} sent {one}" for one in seen.writes if "selfsubject" not in one]
            if visit.route.name == "resources:secret_value" and status != 503:
                wrong.append(f"{visit}: {status}")
        for visit in reading:
            status = visit.answer(house, "ada").status_code
            if status not in (200, 204, 302):
                wrong.append(f"{visit}: {status}")
        assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(
    "connections[ALIAS].vendor != 'sqlite'", reason="the trigger is written in SQLite's words"
)
@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.PASSWORD])
def test_without_the_trail_no_link_makes_a_person_or_a_password(house: House, purpose: Purpose) -> None:
    joins = purpose == Purpose.INVITATION
    link = links.invite(standing=Standing.MEMBER) if joins else links.link_for(house.users["stan"], purpose)
    form = {"username": "mallory", "name": "Mallory", "password": "round-the-horn-again-1"}
    before = dump()
    with unwritable(), undone():
        answer = house.browser().post(f"/people/invitations/{link}/", form | {"again": form["password"]})
        assert answer.status_code == 503
        assert changes(before, dump()) == []
    with undone():
        answer = house.browser().post(f"/people/invitations/{link}/", form | {"again": form["password"]})
        assert answer.status_code == 302
