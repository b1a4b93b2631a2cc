"""Archiving: moves whole months of audit rows into verified segment files, in small transactions.

A row is taken out of the table only while the same transaction has found, under the lock of all writers, that the
file's last row is the table's own. No moment is ever committed at which the triggers are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.models import Min

from people.audit import triggers
from people.audit.appending import NotAppendOnly, lock
from people.audit.integrity.reading import CHUNK, build_ring
from people.audit.keys import KeyRing
from people.audit.models import AuditEntry
from people.audit.record import draft_for_program, record
from people.audit.routing import ALIAS
from people.audit.segments import ARCHIVED, Segment, SegmentHeader, UnreadableSegment, segments, write
from people.audit.time_range import format_utc

DELETE_BATCH = 5000  # rows that one transaction takes out: writers wait for it


class NotArchived(Exception):
    """Nothing was taken out of the table; the text says why."""


@dataclass(frozen=True)
class ArchivedSegment:
    """What was done: the file, and how many of its rows were taken out of the table."""

    segment: Segment
    rows: int


def archive(before: datetime, where: Path) -> Iterator[ArchivedSegment]:
    """Months that were over `before` then, oldest first. Raises NotArchived, AuditTrailUnavailable or DatabaseError.

    What an interrupted call had archived already is deleted first.
    """
    for segment in segments(where):
        if _is_recorded(segment):
            yield from _delete_archived(segment)
    ring = build_ring(
        where
    )  # as before the first segment that is written here: rows move, and keys stay known
    while (last := _last_of_the_oldest_month(before)) is not None:
        segment = _write_segment(last, where)
        detail = _describe_segment(segment, _verify_segment(segment, ring))
        record(draft_for_program("manage.py", ARCHIVED, target="trail", detail=detail))
        yield from _delete_archived(segment)


def _last_of_the_oldest_month(before: datetime) -> AuditEntry | None:
    """The last row before the first one that is not of the month of the oldest; None where that is not over."""
    oldest = AuditEntry.objects.order_by("sequence").first()
    if oldest is None:
        return None
    following = (oldest.at.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    if following > before:
        return None
    later = AuditEntry.objects.filter(at__gte=following).aggregate(first=Min("sequence"))["first"]
    if later is None or later == oldest.sequence:  # the newest row stays in any case
        return None
    return AuditEntry.objects.filter(sequence=later - 1).first()


def _write_segment(last: AuditEntry, where: Path) -> Segment:
    first = AuditEntry.objects.order_by("sequence").first()
    if first is None:
        raise NotArchived("The table is empty.")
    about = SegmentHeader(
        first.sequence, last.sequence, last.sequence - first.sequence + 1, first.previous, last.hash,
        format_utc(first.at), format_utc(last.at),
    )  # fmt: skip
    month = f"{first.at:%Y-%m}"
    for there in segments(where):
        if (there.month, there.first, there.last) == (month, about.first, about.last):
            return there  # of a call that was interrupted; it is checked like a new one
        if there.last >= about.first:
            raise NotArchived(
                f"{there.path.name} already exists, but the table still has its rows: move the file away."
            )
    return write(where, month, _rows(first.sequence, last.sequence), about)


def _rows(first: int, last: int) -> Iterator[AuditEntry]:
    for low in range(first, last + 1, CHUNK):
        yield from AuditEntry.objects.filter(
            sequence__gte=low, sequence__lt=min(low + CHUNK, last + 1)
        ).order_by("sequence")


def _verify_segment(segment: Segment, ring: KeyRing) -> str:
    """The last row's hash of the file as it lies on the disk, which is the table's own chain; else it is not used."""
    expected, previous = segment.first, ""
    try:
        for entry in segment.entries(ring):
            if entry.sequence != expected or previous not in ("", entry.previous):
                raise UnreadableSegment(f"{segment.path.name} is not a valid chain at row {expected}")
            expected, previous = expected + 1, entry.hash
    except UnreadableSegment as error:
        raise NotArchived(str(error)) from error
    if AuditEntry.objects.filter(sequence=segment.last).values_list("hash", flat=True).first() != previous:
        raise NotArchived(f"{segment.path.name} ends with a row that differs from the table.")
    return previous


def _describe_segment(segment: Segment, last_hash: str) -> dict[str, Any]:
    """The detail of the audit entry of a segment, so that the chain itself vouches for the file."""
    bounds = AuditEntry.objects.filter(sequence__in=(segment.first, segment.last)).order_by("sequence")
    first, last = bounds[0], bounds.reverse()[0]
    return {
        "file": segment.path.name,
        "first": segment.first,
        "last": segment.last,
        "rows": segment.last - segment.first + 1,
        "previous": first.previous,
        "hash": last_hash,
        "until": format_utc(last.at),
        "digest": segment.digest(),
    }


def _is_recorded(segment: Segment) -> bool:
    found = AuditEntry.objects.filter(verb=ARCHIVED, detail__file=segment.path.name).last()
    return found is not None and found.detail.get("digest") == segment.digest()


def _delete_archived(segment: Segment) -> Iterator[ArchivedSegment]:
    """Nothing where all of its rows are out already."""
    count = 0
    while some := _delete_batch(segment):
        count += some
    if count:
        yield ArchivedSegment(segment, count)


def _delete_batch(segment: Segment) -> int:
    """Some of the segment's rows, the oldest first; the trigger is away within this transaction alone."""
    connection = connections[ALIAS]
    with transaction.atomic(using=ALIAS):
        lock(connection)
        gone = triggers.find_missing(connection)
        if gone:
            raise NotAppendOnly(f"its append-only triggers are missing: {', '.join(gone)}")
        first = (
            AuditEntry.objects.using(ALIAS).order_by("sequence").values_list("sequence", flat=True).first()
        )
        if first is None or first > segment.last:
            return 0
        _require_same_segment(segment)
        with triggers.allow_deletes(connection), connection.cursor() as cursor:
            upto = min(first + DELETE_BATCH - 1, segment.last)
            cursor.execute(f"DELETE FROM {triggers.TABLE} WHERE sequence <= %s", [upto])  # noqa: S608
    return upto - first + 1


def _require_same_segment(segment: Segment) -> None:
    """Whose last row is the file's stands on the file's rows: a hash is of all that is before it."""
    entry = AuditEntry.objects.using(ALIAS).filter(verb=ARCHIVED, detail__file=segment.path.name).last()
    here = (
        AuditEntry.objects.using(ALIAS).filter(sequence=segment.last).values_list("hash", flat=True).first()
    )
    if entry is None or here is None or here != entry.detail.get("hash"):
        raise NotArchived(f"{segment.path.name} does not match its entry in the audit trail.")
