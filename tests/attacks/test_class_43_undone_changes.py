"""Undone changes: the audit trail never says ok of what a full disk or a failed commit has undone (class 43)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection

from people.audit.changes import audited_change
from people.audit.record import AuditDraft, record
from people.models import Team
from tests.attacks.database_state import diff, dump
from tests.attacks.installation import Installation
from tests.audit_trail import AuditTrail

ROOT = Path(__file__).resolve().parents[2]
# A transaction of its own there, and why: the audit trail itself; attempts that are counted before anything is done;
# how far an operation is, each request of which is recorded by itself.
UNAUDITED = {
    "people/throttle.py",
    "people/audit/changes.py",
    "dashboard/assets/versions.py",
    "clusters/operations/runner.py",
}  # nobody does the last
ORPHAN = "INSERT INTO people_membership (user_id, team_id, role) VALUES (987654321, 987654321, 'viewer')"
POSTS: dict[str, tuple[str, dict[str, str]]] = {
    "team-create": ("/people/teams/", {"name": "Fresh", "slug": "fresh"}),
    "team-edit": ("/people/teams/shop/", {"name": "Renamed", "slug": "renamed"}),
    "team-delete": ("/people/teams/pay/delete/", {}),
    "member-role": ("/people/teams/shop/members/{dana}/role/", {"role": "viewer"}),
    "member-remove": ("/people/teams/shop/members/{dana}/remove/", {}),
    "invite": ("/people/invite/", {"global_role": "member", "role": "viewer"}),
    "global-role": ("/people/{dana}/standing/", {"global_role": "auditor"}),
    "deactivate": ("/people/{dana}/deactivate/", {}),
    "password-link": ("/people/{dana}/new-password-link/", {}),
    "name": ("/people/me/", {"name": "Another"}),
    "cluster-delete": ("/clusters/island/delete/", {"slug": "island"}),
    "share-remove": ("/clusters/harbour/teams/", {}),
    "credential-remove": ("/clusters/harbour/teams/shop/credential/remove/", {}),
    "request-decline": ("/clusters/requests/{request}/decline/", {}),
}


@contextmanager
def fail_commits() -> Iterator[None]:
    """A transaction of the main database that changes something fails when it commits: as where the disk is full.

    A foreign key that leads nowhere is checked at COMMIT, by SQLite and PostgreSQL alike.
    """

    def break_transaction(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        done = execute(sql, params, many, context)
        is_change = sql.startswith(("INSERT", "UPDATE", "DELETE")) and "people_s" not in sql
        if is_change and connection.in_atomic_block and sql != ORPHAN and not broken:
            broken.append(sql)
            with connection.cursor() as cursor:
                cursor.execute(ORPHAN)
        return done

    broken: list[str] = []
    with connection.execute_wrapper(break_transaction):
        yield


@pytest.mark.parametrize("verb", POSTS)
def test_a_change_whose_commit_fails_is_recorded_as_failed(
    committed_offline_installation: Installation, audit_trail: AuditTrail, verb: str
) -> None:
    installation = committed_offline_installation
    path, form = POSTS[verb]
    dana = installation.users["dana"]
    path = path.format(dana=dana.pk, request=dana.cluster_requests.get().pk if "{request}" in path else "")
    before = dump(excluded=("people.Session",))
    with fail_commits():
        answer = installation.browser("ada").post(path, form)
    assert answer.status_code >= 400, "the person is not told that it was done"
    assert diff(before, dump(excluded=("people.Session",))) == []
    row = next(one for one in audit_trail.list_outcomes() if one.verb == verb)
    assert (row.phase, row.result) == ("outcome", "failed")
    assert row.reason.startswith("not done: ")
    assert not audit_trail.list_rows(result="ok").exists()


def test_the_request_is_on_record_before_the_commit_and_ok_only_after_it(
    transactional_db: None, audit_trail: AuditTrail
) -> None:
    with audited_change():
        Team.objects.create(slug="fresh", name="Fresh")
        record(AuditDraft(verb="team-create", target="team fresh"))
        assert [(row.phase, row.result) for row in audit_trail.list_rows()] == [("intent", "")]
    assert [(row.phase, row.result) for row in audit_trail.list_rows()] == [("intent", ""), ("outcome", "ok")]


def test_a_full_disk_leaves_as_many_ok_rows_as_teams(transactional_db: None, audit_trail: AuditTrail) -> None:
    """Teams are made until the database takes no more, as on a disk that fills up."""
    if connection.vendor != "sqlite":
        pytest.skip(
            "PostgreSQL's server has no limit of pages that a test could set; see the test of failed commits"
        )
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA max_page_count").fetchone()[0]
        size = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {size + 2}")
    refused = 0
    try:
        for number in range(400):
            try:
                with audited_change():
                    Team.objects.create(slug=f"team-{number}", name=f"Team {number} {'x' * 80}")
                    record(AuditDraft(verb="team-create", target=f"team {number}"))
            except DatabaseError:
                refused += 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {usual}")
    assert refused > 0
    assert audit_trail.list_rows(verb="team-create", result="ok").count() == Team.objects.count()


def test_a_part_that_is_undone_within_a_change_is_failed_and_the_rest_is_ok(
    transactional_db: None, audit_trail: AuditTrail
) -> None:
    with audited_change():
        Team.objects.create(slug="one", name="One")
        record(AuditDraft(verb="team-create", target="team one"))
        with suppress(IntegrityError), audited_change():
            record(AuditDraft(verb="team-create", target="team two"))
            Team.objects.create(slug="one", name="Two")
        with audited_change():
            record(AuditDraft(verb="team-create", target="team three"))
    results = {row.target: row.result for row in audit_trail.list_outcomes()}
    assert results == {"team one": "ok", "team two": "failed", "team three": "ok"}


def test_every_transaction_of_ours_is_an_audited_change() -> None:
    """Also those that are not written yet: a row within a plain transaction would say ok before it commits."""
    found = set()
    for folder in ("people", "clusters", "dashboard", "demo"):
        for path in (ROOT / folder).rglob("*.py"):
            if any(_is_plain_transaction(node) for node in ast.walk(ast.parse(path.read_text()))):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == UNAUDITED


def _is_plain_transaction(node: ast.AST) -> bool:
    """`transaction.atomic` without a name, or with the main database's: the audit trail's own is another."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "transaction.atomic":
        return "ALIAS" not in ast.unparse(node)
    return isinstance(node, ast.FunctionDef) and "transaction.atomic" in map(ast.unparse, node.decorator_list)
