"""Appending: adds rows to the end of the chain under a lock, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from people.audit import triggers
from people.audit.chain import digest
from people.audit.models import AuditEntry
from people.audit.routing import ALIAS
from people.audit.triggers import GENESIS

LOCK = 5_317_408_326_112_905_411  # PostgreSQL's advisory lock of all writers
LOCK_TIMEOUT = "10s"


class NotAppendOnly(Exception):
    """The append-only triggers are missing: what was written now could be changed unnoticed."""


def append(entries: Sequence[AuditEntry]) -> list[int]:
    """Their sequences, once they are durable. Raises DatabaseError or NotAppendOnly, and then none is written."""
    connection = connections[ALIAS]
    with transaction.atomic(using=ALIAS):
        lock(connection)
        gone = triggers.find_missing(connection)
        if gone:
            raise NotAppendOnly(f"its append-only triggers are missing: {', '.join(gone)}")
        last = AuditEntry.objects.using(ALIAS).order_by("-sequence").values_list("sequence", "hash").first()
        sequence, previous = last or (0, GENESIS)
        for entry in entries:
            sequence += 1
            entry.sequence, entry.previous = sequence, previous
            previous = entry.hash = digest(entry)
        AuditEntry.objects.using(ALIAS).bulk_create(entries)
    return [entry.sequence for entry in entries]


def lock(connection: BaseDatabaseWrapper) -> None:
    """SQLite's own write lock is held since BEGIN IMMEDIATE; on PostgreSQL one is taken, until the transaction ends.

    Its rows are on the disk when COMMIT returns, also where the installation has switched that off for the rest.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("SET LOCAL synchronous_commit = on")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
