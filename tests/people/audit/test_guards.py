"""Does the database itself refuse to change the trail, and does anybody notice where it does not?"""

from __future__ import annotations

import io

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from people.audit import guards
from people.audit.record import Fact, TrailUnavailable, health, record
from people.audit.routing import ALIAS
from people.audit.verifying import verify
from tests.served import wait_for
from tests.trail import Trail, unguard

COPY = "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE sequence = 2"
ONLY_SQLITE = pytest.mark.skipif("connections['audit'].vendor != 'sqlite'", reason="SQLite's words")
ONLY_POSTGRESQL = pytest.mark.skipif("connections['audit'].vendor == 'sqlite'", reason="PostgreSQL's words")


def statements() -> list[str]:
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
def three(empty_trail: Trail) -> Trail:
    for number in range(3):
        record(Fact(verb="team-create", subject=f"team {number}"))
    return empty_trail


def test_the_database_refuses_every_change(three: Trail) -> None:
    for statement in statements():
        with (
            pytest.raises(DatabaseError, match=r"append-only|UNIQUE|unique"),
            transaction.atomic(using=ALIAS),
            connections[ALIAS].cursor() as cursor,
        ):
            cursor.execute(statement)
    assert [row.subject for row in three.rows()] == ["team 0", "team 1", "team 2"]
    assert verify().wrong is None


def test_the_database_takes_nothing_but_a_next_row(three: Trail) -> None:
    row = three.last()
    for sequence, previous in ((5, row.hash), (4, "a" * 64), (0, row.hash), (-1, row.hash)):
        row.sequence, row.previous = sequence, previous
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using=ALIAS):
            row.save(force_insert=True, using=ALIAS)
    assert three.rows().count() == 3


@pytest.fixture
def bare(three: Trail):
    """Without the triggers; they are put up again whatever the test does."""
    unguard()
    yield three
    guards.install(connections[ALIAS])
    wait_for(lambda: health().is_writable)


def test_without_the_triggers_nothing_is_written_and_every_check_says_so(bare: Trail) -> None:
    assert set(guards.missing(connections[ALIAS])) == set(guards.names(connections[ALIAS]))
    with pytest.raises(TrailUnavailable, match="triggers"):
        record(Fact(verb="team-create"))
    assert bare.rows().count() == 3
    found = run_checks(databases=[ALIAS, "default"], tags=["database"])
    assert [one.id for one in found] == ["audit.E001"]
    with pytest.raises(CommandError, match="not append-only"):
        call_command("migrate", verbosity=0)
    with pytest.raises(CommandError, match="does not protect") as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 5


def test_the_triggers_are_put_up_again_where_the_chain_holds(bare: Trail) -> None:
    call_command("verify_audit", protect=True, stdout=io.StringIO())
    assert guards.missing(connections[ALIAS]) == []
    call_command("migrate", verbosity=0)


def test_they_are_not_put_up_over_a_chain_that_does_not_hold(bare: Trail) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET person = 'rene' WHERE sequence = 2")
    with pytest.raises(CommandError, match="CHANGED"):
        call_command("verify_audit", protect=True, stdout=io.StringIO())
    assert guards.missing(connections[ALIAS]) != []


def test_a_trigger_that_does_nothing_is_none(three: Trail) -> None:
    on, body = (
        ("", "BEGIN SELECT 1; END")
        if connections[ALIAS].vendor == "sqlite"
        else (" ON audit_entry", "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")
    )
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"DROP TRIGGER audit_entry_no_update{on}")
        cursor.execute(f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry {body}")
    try:
        assert guards.missing(connections[ALIAS]) == ["audit_entry_no_update"]
    finally:
        guards.install(connections[ALIAS])


@ONLY_SQLITE
def test_a_migration_that_alters_the_table_is_noticed(three: Trail) -> None:
    """SQLite's schema editor makes the table anew, and the triggers are gone without a word."""
    connection = connections[ALIAS]
    field = three.last()._meta.get_field("token")
    wider = field.clone()
    wider.max_length = 65
    wider.set_attributes_from_name("token")
    wider.model = field.model
    connection.disable_constraint_checking()
    try:
        with connection.schema_editor(atomic=True) as editor:
            editor._remake_table(field.model, alter_fields=[(field, wider)])
        assert set(guards.missing(connection)) == set(guards.names(connection))
        with pytest.raises(CommandError, match="not append-only"):
            call_command("migrate", verbosity=0)
    finally:
        connection.enable_constraint_checking()
        guards.install(connection)
    assert verify().wrong is None
    assert wait_for(lambda: health().is_writable)
