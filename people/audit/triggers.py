"""Triggers: keep the audit table append-only in the database, and report which are missing.

A migration that alters the table makes it anew on SQLite and drops them without a word: such a migration ends with
`RunPython(install_triggers)`, and whoever writes calls `find_missing` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "audit_entry"
GENESIS = "0" * 64  # stands before the first row
APPEND_ONLY_MESSAGE = "the audit trail is append-only"

# REPLACE deletes without asking a DELETE trigger; it cannot pass the one that lets only a next row in.
_SQLITE = {
    "audit_entry_no_update": f"""CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON {TABLE}
BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY_MESSAGE}'); END""",
    "audit_entry_no_delete": f"""CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON {TABLE}
BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY_MESSAGE}'); END""",
    "audit_entry_next_only": f"""CREATE TRIGGER audit_entry_next_only BEFORE INSERT ON {TABLE}
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM {TABLE})
  OR NEW.previous IS NOT coalesce((SELECT hash FROM {TABLE} ORDER BY sequence DESC LIMIT 1), '{GENESIS}')
BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY_MESSAGE}'); END""",  # noqa: S608
}

_REFUSE = f"""
BEGIN
  RAISE EXCEPTION '{APPEND_ONLY_MESSAGE}';
END"""
_NEXT = f"""
DECLARE
  last record;
BEGIN
  SELECT sequence, hash INTO last FROM {TABLE} ORDER BY sequence DESC LIMIT 1;
  IF NEW.sequence IS DISTINCT FROM coalesce(last.sequence, 0) + 1
     OR NEW.previous IS DISTINCT FROM coalesce(last.hash, '{GENESIS}') THEN
    RAISE EXCEPTION '{APPEND_ONLY_MESSAGE}';
  END IF;
  RETURN NEW;
END"""  # noqa: S608
_FUNCTIONS = {"audit_entry_refuse": _REFUSE, "audit_entry_next": _NEXT}
_POSTGRESQL = {
    "audit_entry_no_update": ("BEFORE UPDATE", "ROW", "audit_entry_refuse"),
    "audit_entry_no_delete": ("BEFORE DELETE", "ROW", "audit_entry_refuse"),
    "audit_entry_no_truncate": ("BEFORE TRUNCATE", "STATEMENT", "audit_entry_refuse"),
    "audit_entry_next_only": ("BEFORE INSERT", "ROW", "audit_entry_next"),
}


def install_triggers(_apps: Any, schema_editor: Any) -> None:
    """Put the triggers up, as an operation of a migration (`RunPython`); those that are there are made anew."""
    install(schema_editor.connection)


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


@contextmanager
def allow_deletes(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within the block rows may be deleted, for `people.audit.integrity.archiving` alone. All of it is one transaction.

    Nobody else ever sees the table without the trigger: SQLite has locked its file, PostgreSQL the table, and where
    the block fails the trigger was never away.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the trigger may be away within a transaction only")
    on = "" if connection.vendor == "sqlite" else f" ON {TABLE}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER audit_entry_no_delete{on}")
    yield
    install(connection)


def find_missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that are not there, are switched off, or are not as they are written here."""
    if connection.vendor == "sqlite":
        found = _rows(
            connection, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        )
        return [name for name, sql in _SQLITE.items() if found.get(name) != sql]
    found = _rows(
        connection,
        "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE t.tgrelid = to_regclass(%s) AND t.tgenabled = 'A'",
    )
    return [
        name for name, (_w, _e, function) in _POSTGRESQL.items() if found.get(name) != _FUNCTIONS[function]
    ]


def trigger_names(connection: BaseDatabaseWrapper) -> list[str]:
    """All that there have to be."""
    return list(_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)


def _rows(connection: BaseDatabaseWrapper, query: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(query, [TABLE])
        return dict(cursor.fetchall())


def _statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [line for name, sql in _SQLITE.items() for line in (f"DROP TRIGGER IF EXISTS {name}", sql)]
    made = [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        for name, body in _FUNCTIONS.items()
    ]
    for name, (when, each, function) in _POSTGRESQL.items():
        made += [
            f"DROP TRIGGER IF EXISTS {name} ON {TABLE}",
            f"CREATE TRIGGER {name} {when} ON {TABLE} FOR EACH {each} EXECUTE FUNCTION {function}()",
            f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}",  # also for a session that plays a replica
        ]
    return made
