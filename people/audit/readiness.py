"""Readiness of the audit trail: whether an entry could be written now, found without writing one."""

from __future__ import annotations

from django.db import connections, transaction

from people.audit import triggers
from people.audit.routing import ALIAS
from people.audit.writer import writer
from people.storage import storage


def find_write_fault() -> str:
    """What stands in the way of the next entry; "" for nothing. Raises Django's database errors.

    SQLite opens the transaction with BEGIN IMMEDIATE, which needs a file that can be written.
    """
    if not writer.health.is_writable:
        return f"the audit trail is not writable: {writer.health.reason}"
    if storage.outage is not None and storage.outage.kind == "full":
        return "the disk is full"
    connection = connections[ALIAS]
    with transaction.atomic(using=ALIAS):
        missing = triggers.find_missing(connection)
        if connection.vendor == "postgresql" and not _can_insert():
            return "the audit trail's table cannot be written"
    return f"append-only triggers are missing: {', '.join(missing)}" if missing else ""


def _can_insert() -> bool:
    """Whether this role can insert rows, on a server that is no standby."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, 'INSERT') AND current_setting('transaction_read_only') = 'off'",
            [triggers.TABLE],
        )
        row = cursor.fetchone()
    return bool(row and row[0])
