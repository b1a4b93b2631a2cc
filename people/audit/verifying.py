"""Verifying: checks the hash chain row by row in bounded memory and names the first break."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import DataError

from people.audit.chain import digest
from people.audit.models import AuditEntry
from people.audit.segments import ARCHIVED, Segment, UnreadableSegment, folder, segments
from people.audit.triggers import GENESIS

CHUNK = 2000  # rows that are held at once
NEARBY = 50  # rows by which a row that was renumbered is looked for

# What reading a row raises whose columns hold what no field of theirs takes.
UNREADABLE = (ValueError, TypeError, ValidationError, DataError)
Kind = Literal["changed", "missing", "inserted", "order", "cut", "rewritten"]


@dataclass(frozen=True)
class Checkpoint:
    """The last row at some time, remembered elsewhere; written as `SEQUENCE:HASH`."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True)
class Break:
    """What is wrong first. `sequence` is the row's, or that of the first row that should be there."""

    kind: Kind
    sequence: int
    message: str


@dataclass(frozen=True)
class Verdict:
    """How many rows hold, where they end, and what is wrong, if anything is."""

    rows: int
    checkpoint: Checkpoint
    first_break: Break | None = None


def verify(checkpoints: Sequence[Checkpoint] = (), where: Path | None = None) -> Verdict:
    """Reads all rows that there are when it comes to the end, while others may be written.

    `where` is the folder of the archived segments, with whose rows it begins. Where rows are being archived meanwhile,
    it begins anew.
    """
    folder_of_segments = folder() if where is None else where
    while True:
        start = _first_sequence()
        verdict = _verify_entries(checkpoints, _all_entries(start, folder_of_segments), folder_of_segments)
        if verdict.first_break is None or _first_sequence() == start:
            return verdict


def _verify_entries(
    checkpoints: Sequence[Checkpoint], entries: Iterator[AuditEntry | _UnreadableRow], where: Path
) -> Verdict:
    due = {one.sequence: one for one in checkpoints}
    rows, last, before = 0, Checkpoint(0, GENESIS), Checkpoint(0, GENESIS)
    for entry in entries:
        wrong = _find_break(entry, last, before)
        if wrong is None and isinstance(entry, AuditEntry):
            wrong = _check_checkpoint(entry, due) or _check_segment(entry, where)
        if wrong is not None or isinstance(entry, _UnreadableRow):
            return Verdict(rows, last, _name_segment(wrong, where))
        rows, before, last = rows + 1, last, Checkpoint(entry.sequence, entry.hash)
    return Verdict(rows, last, _check_end(last, checkpoints))


@dataclass(frozen=True)
class _UnreadableRow:
    """A row whose columns, or whose line in a segment, hold what no writer of ours puts there."""

    sequence: int
    reason: str = "it cannot be read"


def _find_break(entry: AuditEntry | _UnreadableRow, last: Checkpoint, before: Checkpoint) -> Break | None:
    """What does not fit about the row that comes after `last`, which itself stands on `before`."""
    due = last.sequence + 1
    if entry.sequence < due:
        return Break("inserted", entry.sequence, f"Row {entry.sequence} was inserted before the first.")
    if entry.sequence > due:
        return Break("missing", due, f"Row {due} is missing; the next existing row is {entry.sequence}.")
    if isinstance(entry, _UnreadableRow):
        return Break("changed", due, f"Row {due} was changed: {entry.reason}.")
    if digest(entry) != entry.hash:
        return _explain_changed(entry, last, before)
    if entry.previous != last.hash:
        return _explain_rehashed(due)
    return None


def _explain_changed(entry: AuditEntry, last: Checkpoint, before: Checkpoint) -> Break:
    """The row is not what its hash says. A hash that fits another sequence shows what was done."""
    here, original = entry.sequence, _find_sequence(entry)
    if original is None:
        after = _row(here + 1)
        if after is not None and _find_sequence(after) == here and after.previous == last.hash:
            return Break("inserted", here, f"Row {here} was inserted, and what follows was renumbered.")
        return Break("changed", here, f"Row {here} was changed, or was not written by Quarterdeck.")
    if original == last.sequence and entry.previous == before.hash:
        return Break("inserted", original, f"Row {original} was inserted, and what follows was renumbered.")
    there = _row(original)
    if original > here and (there is None or _find_sequence(there) != here):
        return Break("missing", here, f"Row {here} is missing: the row in its place was row {original}.")
    return Break("order", here, f"Row {here} is out of order: it was row {original}.")


def _explain_rehashed(here: int) -> Break:
    """The row itself is whole, and stands on another than the one that is there before it."""
    if here == 1:
        return Break("missing", 1, "Rows before row 1 are missing: it refers to another row.")
    message = (
        f"Row {here - 1} was changed or replaced, and rehashed: row {here} refers to another row. "
        "Or rows between the two were removed."
    )
    return Break("changed", here - 1, message)


def _find_sequence(entry: AuditEntry) -> int | None:
    """The sequence with which the row is what its hash says; None where there is none nearby."""
    moved = copy.copy(entry)
    for step in range(NEARBY + 1):
        for sequence in (entry.sequence + step, entry.sequence - step):
            moved.sequence = sequence
            if digest(moved) == entry.hash:
                return sequence
    return None


def _check_checkpoint(entry: AuditEntry, due: dict[int, Checkpoint]) -> Break | None:
    """Is this the row that was remembered? A chain that was written anew from some row on fits in itself."""
    remembered = due.get(entry.sequence)
    if remembered is None or remembered.hash == entry.hash:
        return None
    message = f"Row {entry.sequence} does not match the checkpoint: the audit trail was rewritten."
    return Break("rewritten", entry.sequence, message)


def _check_end(last: Checkpoint, checkpoints: Sequence[Checkpoint]) -> Break | None:
    """Is the end still there?"""
    newest = max((one.sequence for one in checkpoints), default=0)
    if newest <= last.sequence:
        return None
    message = f"The end is truncated: rows {last.sequence + 1} to {newest} are missing."
    return Break("cut", last.sequence + 1, message)


def _check_segment(entry: AuditEntry, where: Path) -> Break | None:
    """The chain vouches for each segment's file; one that was made anew may hold the same rows, and is another."""
    if entry.verb != ARCHIVED:
        return None
    name, first = entry.detail.get("file"), entry.detail.get("first")
    for segment in segments(where):
        if segment.path.name == name and segment.digest() != entry.detail.get("digest"):
            return Break(
                "changed", int(first or 0), f"{name} is not the file that row {entry.sequence} archived."
            )
    return None


def _name_segment(found: Break | None, where: Path) -> Break | None:
    """Where an archived row is missing, the file that it was in."""
    if found is None or found.kind != "missing":
        return found
    number = found.sequence
    archived = AuditEntry.objects.filter(
        verb=ARCHIVED, detail__first__lte=number, detail__last__gte=number
    ).last()
    if archived is None:
        return found
    message = f"{found.message} It was archived to {archived.detail.get('file')}, which has to be in {where}."
    return replace(found, message=message)


def _first_sequence() -> int | None:
    """The first row that the table has."""
    return AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True).first()


def _all_entries(start: int | None, where: Path) -> Iterator[AuditEntry | _UnreadableRow]:
    """The rows of the segments up to where the table begins, and then the table's."""
    for segment in segments(where):
        if start is None or segment.first < start:
            yield from _read_segment(segment, start)
    yield from _entries()


def _read_segment(segment: Segment, start: int | None) -> Iterator[AuditEntry | _UnreadableRow]:
    due = segment.first
    try:
        for entry in segment.entries():
            if start is not None and entry.sequence >= start:
                return  # it was not taken out of the table yet
            yield entry
            due = entry.sequence + 1
    except UnreadableSegment as error:
        yield _UnreadableRow(due, str(error))


def _entries() -> Iterator[AuditEntry | _UnreadableRow]:
    """All rows in their order, a chunk at a time: no read stays open over the whole of it."""
    after = AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True).first()
    while after is not None:
        sequences = list(
            AuditEntry.objects.filter(sequence__gte=after)
            .order_by("sequence")
            .values_list("sequence", flat=True)[:CHUNK]
        )
        yield from _chunk(sequences)
        after = sequences[-1] + 1 if len(sequences) == CHUNK else None


def _chunk(sequences: list[int]) -> Iterator[AuditEntry | _UnreadableRow]:
    try:
        yield from list(
            AuditEntry.objects.filter(sequence__gte=sequences[0], sequence__lte=sequences[-1]).order_by(
                "sequence"
            )
        )
    except UNREADABLE:
        for sequence in sequences:
            yield _row(sequence) or _UnreadableRow(sequence)


def _row(sequence: int) -> AuditEntry | None:
    try:
        return AuditEntry.objects.filter(sequence=sequence).first()
    except UNREADABLE:
        return None
