"""Reading the chain: the rows of the segments and then the table's, in their order and in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet

from people.audit.checkpoints import NOTHING, Checkpoint
from people.audit.keys import KEYED, KeyRing
from people.audit.models import AuditEntry
from people.audit.segments import ARCHIVED, Segment, UnreadableSegment, segments

CHUNK = 2000  # rows that are held at once

# What reading a row raises whose columns hold what no field of theirs takes.
UNREADABLE = (ValueError, TypeError, ValidationError, DataError)


@dataclass(frozen=True)
class UnreadableRow:
    """A row whose columns, or whose line in a segment, hold what no writer of ours puts there."""

    sequence: int
    reason: str = "it cannot be read"


def build_ring(where: Path | None) -> KeyRing:
    """The configured keys, and the older ones that rows of the table hold, and those of the segments in `where`."""
    details = list(
        AuditEntry.objects.filter(verb=KEYED).order_by("sequence").values_list("detail", flat=True)
    )
    for segment in segments(where) if where is not None else ():
        try:
            details += segment.key_details()
        except (UnreadableSegment, ValueError, RecursionError):
            continue  # what is wrong with it is reported where its rows are read
    ring = KeyRing()
    ring.unwrap(detail for detail in details if isinstance(detail, dict))
    return ring


def first_sequence() -> int | None:
    """The first row that the table has."""
    return AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True).first()


def find_end() -> Checkpoint:
    """The last row of the table as it stands there."""
    last = AuditEntry.objects.order_by("-sequence").values_list("sequence", "hash").first()
    return Checkpoint(*last) if last else NOTHING


def entries_of_archive(sequence: int) -> QuerySet[AuditEntry]:
    """The entries that vouch for the file of a segment in which this row is."""
    return AuditEntry.objects.filter(verb=ARCHIVED, detail__first__lte=sequence, detail__last__gte=sequence)


def all_entries(start: int | None, where: Path, ring: KeyRing) -> Iterator[AuditEntry | UnreadableRow]:
    """The rows of the segments up to where the table begins, and then the table's."""
    for segment in segments(where):
        if start is None or segment.first < start:
            yield from _read_segment(segment, start, ring)
    yield from entries_from(first_sequence())


def _read_segment(segment: Segment, start: int | None, ring: KeyRing) -> Iterator[AuditEntry | UnreadableRow]:
    due = segment.first
    try:
        for entry in segment.entries(ring):
            if start is not None and entry.sequence >= start:
                return  # it was not taken out of the table yet
            yield entry
            due = entry.sequence + 1
    except UnreadableSegment as error:
        yield UnreadableRow(due, str(error))


def entries_from(after: int | None) -> Iterator[AuditEntry | UnreadableRow]:
    """The table's rows from this one on, a chunk at a time: no read stays open over the whole of it."""
    while after is not None:
        sequences = list(
            AuditEntry.objects.filter(sequence__gte=after)
            .order_by("sequence")
            .values_list("sequence", flat=True)[:CHUNK]
        )
        yield from _chunk(sequences)
        after = sequences[-1] + 1 if len(sequences) == CHUNK else None


def _chunk(sequences: list[int]) -> Iterator[AuditEntry | UnreadableRow]:
    try:
        yield from list(
            AuditEntry.objects.filter(sequence__gte=sequences[0], sequence__lte=sequences[-1]).order_by(
                "sequence"
            )
        )
    except UNREADABLE:
        for sequence in sequences:
            yield read_row(sequence) or UnreadableRow(sequence)


def read_row(sequence: int) -> AuditEntry | None:
    try:
        return AuditEntry.objects.filter(sequence=sequence).first()
    except UNREADABLE:
        return None
