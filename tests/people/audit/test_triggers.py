"""Triggers: the database refuses to change audit entries, and missing triggers are noticed."""

from __future__ import annotations

import io

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from people.audit import triggers
from people.audit.integrity.verifying import verify
from people.audit.record import AuditDraft, AuditTrailUnavailable, health, record
from people.audit.routing import ALIAS
from tests.audit_trail import AuditTrail, drop_triggers
from tests.dashboard_server import wait_for

COPY = "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE sequence = 2"
ONLY_SQLITE = pytest.mark.skipif("connections['audit'].vendor != 'sqlite'", reason="SQLite's words")
ONLY_POSTGRESQL = pytest.mark.skipif("connections['audit'].vendor == 'sqlite'", reason="PostgreSQL's words")


def list_statements() -> list[str]:
    every = [
        "UPDATE audit_entry SET person = 'rene' WHERE sequence = 2",
        "UPDATE audit_entry SET hash = hash",
        "DELETE FROM audit_entry WHERE sequence = 3",
        "DELETE FROM audit_entry",
        COPY,
    ]
    if connections[ALIAS].vendor == "sqlite":
        return [*every, COPY.replace("INSERT", "INSERT OR REPLACE"), COPY.replace("INSERT", "REPLACE")]
    return [
        *every,
        "TRUNCATE audit_entry",
        f"{COPY} ON CONFLICT (sequence) DO UPDATE SET person = 'rene'",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_entry",
    ]


@pytest.fixture
def three_entries(empty_audit_trail: AuditTrail) -> AuditTrail:
    for number in range(3):
        record(AuditDraft(verb="team-create", target=f"team {number}"))
    return empty_audit_trail


def test_the_database_refuses_every_change(three_entries: AuditTrail) -> None:
    for statement in list_statements():
        with (
            pytest.raises(DatabaseError, match=r"append-only|UNIQUE|unique"),
            transaction.atomic(using=ALIAS),
            connections[ALIAS].cursor() as cursor,
        ):
            cursor.execute(statement)
    assert [row.target for row in three_entries.list_rows()] == ["team 0", "team 1", "team 2"]
    assert verify().first_break is None


def test_the_database_takes_nothing_but_a_next_row(three_entries: AuditTrail) -> None:
    row = three_entries.get_last()
    for sequence, previous in ((5, row.hash), (4, "a" * 64), (0, row.hash), (-1, row.hash)):
        row.sequence, row.previous = sequence, previous
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using=ALIAS):
            row.save(force_insert=True, using=ALIAS)
    assert three_entries.list_rows().count() == 3


@pytest.fixture
def without_triggers(three_entries: AuditTrail):
    """Without the triggers; they are put up again whatever the test does."""
    drop_triggers()
    yield three_entries
    triggers.install(connections[ALIAS])
    wait_for(lambda: health().is_writable)


def test_without_the_triggers_nothing_is_written_and_every_check_says_so(
    without_triggers: AuditTrail,
) -> None:
    assert set(triggers.find_missing(connections[ALIAS])) == set(triggers.trigger_names(connections[ALIAS]))
    with pytest.raises(AuditTrailUnavailable, match="triggers"):
        record(AuditDraft(verb="team-create"))
    assert without_triggers.list_rows().count() == 3
    found = run_checks(databases=[ALIAS, "default"], tags=["database"])
    assert [one.id for one in found] == ["audit.E001"]
    with pytest.raises(CommandError, match="not append-only"):
        call_command("migrate", verbosity=0)
    with pytest.raises(CommandError, match="does not protect") as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 5


def test_the_triggers_are_put_up_again_where_the_chain_holds(without_triggers: AuditTrail) -> None:
    call_command("verify_audit", protect=True, stdout=io.StringIO())
    assert triggers.find_missing(connections[ALIAS]) == []
    call_command("migrate", verbosity=0)


def test_they_are_not_put_up_over_a_chain_that_does_not_hold(without_triggers: AuditTrail) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET person = 'rene' WHERE sequence = 2")
    with pytest.raises(CommandError, match="CHANGED"):
        call_command("verify_audit", protect=True, stdout=io.StringIO())
    assert triggers.find_missing(connections[ALIAS]) != []


def test_a_trigger_that_does_nothing_is_none(three_entries: AuditTrail) -> None:
    on, body = (
        ("", "BEGIN SELECT 1; END")
        if connections[ALIAS].vendor == "sqlite"
        else (" ON audit_entry", "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")
    )
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"DROP TRIGGER audit_entry_no_update{on}")
        cursor.execute(f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry {body}")
    try:
        assert triggers.find_missing(connections[ALIAS]) == ["audit_entry_no_update"]
    finally:
        triggers.install(connections[ALIAS])


@ONLY_SQLITE
def test_a_migration_that_alters_the_table_is_noticed(three_entries: AuditTrail) -> None:
    """SQLite's schema editor makes the table anew, and the triggers are gone without a word."""
    connection = connections[ALIAS]
    field = three_entries.get_last()._meta.get_field("token")
    wider = field.clone()
    wider.max_length = 65
    wider.set_attributes_from_name("token")
    wider.model = field.model
    connection.disable_constraint_checking()
    try:
        with connection.schema_editor(atomic=True) as editor:
            editor._remake_table(field.model, alter_fields=[(field, wider)])
        assert set(triggers.find_missing(connection)) == set(triggers.trigger_names(connection))
        with pytest.raises(CommandError, match="not append-only"):
            call_command("migrate", verbosity=0)
    finally:
        connection.enable_constraint_checking()
        triggers.install(connection)
    assert verify().first_break is None
    assert wait_for(lambda: health().is_writable)
