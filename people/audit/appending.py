"""Appending: adds rows to the end of the chain under a lock, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from people.audit import keys, triggers
from people.audit.chain import digest
from people.audit.draft import build_entry, draft_for_program
from people.audit.keys import KeyRing
from people.audit.models import AuditEntry, Phase
from people.audit.routing import ALIAS
from people.audit.triggers import GENESIS

LOCK = 5_317_408_326_112_905_411  # PostgreSQL's advisory lock of all writers
LOCK_TIMEOUT = "10s"
NO_ROW = (0, GENESIS, "")  # sequence, hash and key ID before the first row


class NotAppendOnly(Exception):
    """The append-only triggers are missing: what was written now could be changed unnoticed."""


def append(entries: Sequence[AuditEntry]) -> list[int]:
    """Their sequences, once they are durable. Raises DatabaseError or NotAppendOnly, and then none is written.

    Where another key signed the row before them, one more row says so first.
    """
    connection = connections[ALIAS]
    with transaction.atomic(using=ALIAS):
        lock(connection)
        gone = triggers.find_missing(connection)
        if gone:
            raise NotAppendOnly(f"its append-only triggers are missing: {', '.join(gone)}")
        newest = AuditEntry.objects.using(ALIAS).order_by("-sequence")
        sequence, previous, signed_by = newest.values_list("sequence", "hash", "key_id").first() or NO_ROW
        rows, ring, key_id = [*_announce_key(sequence, signed_by), *entries], KeyRing(), keys.current().id
        for entry in rows:
            sequence += 1
            entry.sequence, entry.previous, entry.key_id = sequence, previous, key_id
            previous = entry.hash = digest(entry, ring)
        AuditEntry.objects.using(ALIAS).bulk_create(rows)
    return [entry.sequence for entry in entries]


def append_again(entries: Sequence[AuditEntry]) -> list[int]:
    """The same, after the connection was lost in `append`: what the server has committed is not written twice.

    It is looked for under the lock, which the earlier transaction holds until it has ended.
    """
    with transaction.atomic(using=ALIAS):
        lock(connections[ALIAS])
        if entries and entries[-1].hash:
            last = AuditEntry.objects.using(ALIAS).filter(
                sequence=entries[-1].sequence, hash=entries[-1].hash
            )
            if last.exists():
                return [entry.sequence for entry in entries]
        return append(entries)


def _announce_key(last: int, signed_by: str) -> list[AuditEntry]:
    """The row about a key that signs for the first time, with the keys before it; none for an empty trail.

    `last` is the sequence of the last row, 0 where there is none, and `signed_by` the ID of its key.

    Processes that were started with other keys may write in between: one row for each key is enough.
    """
    key = keys.current()
    if last == 0 or signed_by == key.id:
        return []
    target = f"key {key.id}"
    if AuditEntry.objects.using(ALIAS).filter(verb=keys.KEYED, target=target).exists():
        return []
    detail = {"key": key.id, "older": keys.wrap_older(key), "before": signed_by, "from": last + 1}
    draft = draft_for_program("quarterdeck", keys.KEYED, target=target, detail=detail)
    return [build_entry(draft, Phase.EVENT)]


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
