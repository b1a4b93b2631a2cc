"""Audit trail integrity: requests can neither forge, flood nor stop it (class 27)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections

from dashboard.accounts.signin_failures import redact_username
from people import one_time_links
from people.audit.integrity.verifying import verify
from people.audit.models import AuditEntry
from people.audit.record import health
from people.audit.routing import ALIAS
from people.models import GlobalRole, Purpose
from tests.attacks.cluster_requests import list_visits
from tests.attacks.database_state import diff, dump
from tests.attacks.installation import PEOPLE, Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import METHODS, list_routes
from tests.attacks.rules import FORBIDDEN, expect_access
from tests.attacks.test_class_18_forced_errors import FORM
from tests.audit_trail import AuditTrail
from tests.controlplane.hostile import TEXTS
from tests.dashboard_server import wait_for

RAW = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def list_rows() -> list[tuple[object, ...]]:
    return list(AuditEntry.objects.order_by("sequence").values_list())


# --- forging: what people name ends up in it


def test_no_text_that_people_send_breaks_a_line_or_turns_one(
    installation: Installation, audit_trail: AuditTrail
) -> None:
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
            with roll_back():
                installation.browser(who, HTTP_USER_AGENT="x", HTTP_REFERER="http://testserver/").post(
                    path, form
                )
    assert audit_trail.list_rows().count() >= len(hostile), "attempts to sign in, at least, are on record"
    for row in audit_trail.list_rows().values():
        assert not any(
            RAW.search(value) or "\n" in value for value in row.values() if isinstance(value, str)
        ), row
    assert verify().first_break is None


def test_each_row_is_one_line_of_an_export_and_no_cell_is_a_formula(
    installation: Installation, audit_trail: AuditTrail
) -> None:
    for text in [*TEXTS.values(), "=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "\r=1"]:
        installation.browser().post("/people/sign-in/", {"username": text, "password": "wrong-again"})
    browser = installation.browser("aude")
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


def test_no_route_changes_or_deletes_a_row(installation: Installation, audit_trail: AuditTrail) -> None:
    installation.browser().post("/people/sign-in/", {"username": "eve", "password": "wrong-again"})
    before = list_rows()
    last, tried = str(before[-1][0]), set()
    for route in list_routes():
        path = installation.address(route)
        for method in METHODS:
            if method in ("GET", "HEAD") or (
                method not in installation.methods(route) and "audit" not in route.name
            ):
                continue
            tried.add((route.name, method))
            for who in ("ada", "aude"):
                with roll_back():
                    installation.browser(who).generic(
                        method,
                        f"{path}?sequence={last}&delete=1",
                        f"sequence={last}&id={last}&pk={last}&action=delete&result=ok&delete=on",
                        content_type="application/x-www-form-urlencoded",
                    )
    assert {
        ("accounts:audit:trail", "DELETE"),
        ("accounts:audit:export", "PUT"),
        ("accounts:me", "POST"),
    } <= tried
    assert list_rows()[: len(before)] == before


@pytest.mark.parametrize("method", METHODS[2:])
def test_the_pages_of_the_audit_trail_are_read_only(installation: Installation, method: str) -> None:
    pages = [route for route in list_routes() if route.name.startswith("accounts:audit:")]
    assert len(pages) >= 4, "the page, and its exports"
    for route in pages:
        for who in ("ada", "aude", "dana"):
            answer = installation.browser(who).generic(method, installation.address(route))
            assert answer.status_code == 405, route


# --- keeping quiet: failures and denials are in it, and without it there is no change


def test_who_is_not_let_in_is_on_record(
    installation: Installation, audit_trail: AuditTrail, fresh_rate_limits: None
) -> None:
    """Every view that refuses a person says so in the audit trail, with the person and the view, and once."""
    installation.demote()
    refused, wrong = set(), []
    for visit in list_visits(installation):
        for who in PEOPLE:
            if expect_access(visit.route, who, writes=visit.method == "POST") == FORBIDDEN:
                before = (
                    AuditEntry.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
                )
                assert visit.answer(installation, who).status_code == 403
                refused.add((visit.route.name, who))
                entries = AuditEntry.objects.filter(sequence__gt=before, person=who, result="denied")
                if (count := entries.count()) != 1:
                    wrong.append(f"{visit} as {who}: {count} entries")
    assert {("accounts:invite", "dana"), ("clusters:add", "aude"), ("clusters:edit", "stan")} <= refused
    assert ("resources:secret_value", "rene") in refused, "a denial that a cluster session records itself"
    assert not wrong, "\n".join(wrong)


def test_failed_sign_ins_are_on_record(installation: Installation, audit_trail: AuditTrail) -> None:
    for name, recorded in (("eve", redact_username("eve")), ("dana", "dana"), ("idle", "idle")):
        installation.demote()
        installation.browser().post("/people/sign-in/", {"username": name, "password": "wrong-again"})
        entry = audit_trail.get_last(person=recorded, verb="sign-in")
        assert entry.result in ("failed", "denied")
        assert "wrong-again" not in repr(vars(entry))


@pytest.mark.usefixtures("fresh_rate_limits")
def test_what_kubernetes_refuses_is_on_record(installation: Installation, audit_trail: AuditTrail) -> None:
    """dana may work in shop alone."""
    with roll_back():
        installation.browser("dana").get("/c/harbour/pay/secrets/any")
    entry = audit_trail.get_last(person="dana", result="denied", namespace="pay")
    assert (entry.status, entry.resource, entry.cluster) == (403, "secrets", "harbour")


@contextmanager
def fill_disk() -> Iterator[None]:
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
WORKS_WITHOUT_AUDIT_TRAIL = {
    "resources:draft": "what is not saved yet is nobody else's",
    "accounts:invitation": "a link that signs in; those that make a person or set a password do not work meanwhile",
    "accounts:sign_in": "when somebody came in last",
    "accounts:me": "one's own name as pages show it decides nothing",
    "resources:cluster": "which namespaces one has opened decides nothing",
}
IGNORED_TABLES = ("people.Session",)
EXPECTED_WITHOUT_AUDIT_TRAIL = {
    "metrics": (404,),  # off unless a token is set
    "resources:schema": (422,),  # its query is empty here
    "resources:files": (503,),  # a command in the container lists a folder, and is recorded before it is sent
    "resources:files_download": (503,),  # so does one that reads it
}


@pytest.mark.skipif(
    "connections[ALIAS].vendor != 'sqlite'", reason="the trigger is written in SQLite's words"
)
def test_without_the_audit_trail_nothing_is_changed_and_reading_goes_on(
    installation: Installation, recorder: Recorder
) -> None:
    fields = "&".join(
        f"{name}={value}"
        for name, value in {**FORM, "key": "password", "way": "token"}.items()
        if "\n" not in value
    )
    writing = [visit for visit in list_visits(installation) if visit.method == "POST"]
    reading = [
        visit
        for visit in list_visits(installation)
        if visit.method == "GET" and not visit.route.name.startswith("accounts:audit:")
    ]
    before = dump(excluded=IGNORED_TABLES)
    with fill_disk():
        wrong: list[str] = []
        for visit in writing:
            path = installation.address(visit.route, owner="ada")
            with roll_back(), recorder.record() as seen:
                status = (
                    installation.browser("ada")
                    .generic("POST", path, fields, content_type="application/x-www-form-urlencoded")
                    .status_code
                )
                changed = diff(before, dump(excluded=IGNORED_TABLES))
            if changed and visit.route.name not in WORKS_WITHOUT_AUDIT_TRAIL:
                wrong.append(f"{visit} ({status}) changed {changed}")
            wrong += [f"{visit} sent {one}" for one in seen.writes if "selfsubject" not in one]
            if visit.route.name == "resources:secret_value" and status != 503:
                wrong.append(f"{visit}: {status}")
        for visit in reading:
            status = visit.answer(installation, "ada").status_code
            if status not in EXPECTED_WITHOUT_AUDIT_TRAIL.get(visit.route.name, (200, 204, 302)):
                wrong.append(f"{visit}: {status}")
        assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(
    "connections[ALIAS].vendor != 'sqlite'", reason="the trigger is written in SQLite's words"
)
@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.PASSWORD])
def test_without_the_audit_trail_no_link_makes_a_user_or_a_password(
    installation: Installation, purpose: Purpose
) -> None:
    joins = purpose == Purpose.INVITATION
    link = (
        one_time_links.invite(global_role=GlobalRole.MEMBER)
        if joins
        else one_time_links.link_for(installation.users["stan"], purpose)
    )
    form = {"username": "mallory", "name": "Mallory", "password": "round-the-horn-again-1"}
    before = dump()
    with fill_disk(), roll_back():
        answer = installation.browser().post(
            f"/people/invitations/{link}/", form | {"again": form["password"]}
        )
        assert answer.status_code == 503
        assert diff(before, dump()) == []
    with roll_back():
        answer = installation.browser().post(
            f"/people/invitations/{link}/", form | {"again": form["password"]}
        )
        assert answer.status_code == 302
