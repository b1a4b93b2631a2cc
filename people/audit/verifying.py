"""Does the chain hold? Row by row from the first, in a bounded memory; the first that does not fit is named."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import DataError

from people.audit.chain import digest
from people.audit.guards import GENESIS
from people.audit.models import Entry
from people.audit.segments import SEALED, Segment, Unreadable, folder, segments

CHUNK = 2000  # rows that are held at once
NEARBY = 50  # rows by which a row that was renumbered is looked for

# What reading a row raises whose columns hold what no field of theirs takes.
UNREADABLE = (ValueError, TypeError, ValidationError, DataError)
Kind = Literal["changed", "missing", "inserted", "order", "cut", "rewritten"]


@dataclass(frozen=True)
class Head:
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
    told: str


@dataclass(frozen=True)
class Verdict:
    """How many rows hold, where they end, and what is wrong, if anything is."""

    rows: int
    head: Head
    wrong: Break | None = None


def verify(remembered: Sequence[Head] = (), where: Path | None = None) -> Verdict:
    """Reads all rows that there are when it comes to the end, while others may be written.

    `where` is the folder of the sealed segments, with whose rows it begins. Where rows are being sealed meanwhile,
    it begins anew.
    """
    folder_of_segments = folder() if where is None else where
    while True:
        start = _start()
        verdict = _verified(remembered, _everything(start, folder_of_segments), folder_of_segments)
        if verdict.wrong is None or _start() == start:
            return verdict


def _verified(remembered: Sequence[Head], entries: Iterator[Entry | _Unreadable], where: Path) -> Verdict:
    due = {one.sequence: one for one in remembered}
    rows, last, before = 0, Head(0, GENESIS), Head(0, GENESIS)
    for entry in entries:
        wrong = _wrong(entry, last, before)
        if wrong is None and isinstance(entry, Entry):
            wrong = _held(entry, due) or _not_as_sealed(entry, where)
        if wrong is not None or isinstance(entry, _Unreadable):
            return Verdict(rows, last, _missed_in(wrong, where))
        rows, before, last = rows + 1, last, Head(entry.sequence, entry.hash)
    return Verdict(rows, last, _cut(last, remembered))


@dataclass(frozen=True)
class _Unreadable:
    """A row whose columns, or whose line in a segment, hold what no writer of ours puts there."""

    sequence: int
    told: str = "it cannot be read"


def _wrong(entry: Entry | _Unreadable, last: Head, before: Head) -> Break | None:
    """What does not fit about the row that comes after `last`, which itself stands on `before`."""
    due = last.sequence + 1
    if entry.sequence < due:
        return Break("inserted", entry.sequence, f"Row {entry.sequence} was inserted before the first.")
    if entry.sequence > due:
        return Break("missing", due, f"Row {due} is missing; the next existing row is {entry.sequence}.")
    if isinstance(entry, _Unreadable):
        return Break("changed", due, f"Row {due} was changed: {entry.told}.")
    if digest(entry) != entry.hash:
        return _disturbed(entry, last, before)
    if entry.previous != last.hash:
        return _rehashed(due)
    return None


def _disturbed(entry: Entry, last: Head, before: Head) -> Break:
    """The row is not what its hash says. A hash that fits another place tells what was done."""
    here, place = entry.sequence, _place(entry)
    if place is None:
        after = _row(here + 1)
        if after is not None and _place(after) == here and after.previous == last.hash:
            return Break("inserted", here, f"Row {here} was inserted, and what follows was renumbered.")
        return Break("changed", here, f"Row {here} was changed, or was not written by Quarterdeck.")
    if place == last.sequence and entry.previous == before.hash:
        return Break("inserted", place, f"Row {place} was inserted, and what follows was renumbered.")
    there = _row(place)
    if place > here and (there is None or _place(there) != here):
        return Break("missing", here, f"Row {here} is missing: the row in its place was row {place}.")
    return Break("order", here, f"Row {here} is out of order: it was row {place}.")


def _rehashed(here: int) -> Break:
    """The row itself is whole, and stands on another than the one that is there before it."""
    if here == 1:
        return Break("missing", 1, "Rows before row 1 are missing: it refers to another row.")
    told = (
        f"Row {here - 1} was changed or replaced, and rehashed: row {here} refers to another row. "
        "Or rows between the two were removed."
    )
    return Break("changed", here - 1, told)


def _place(entry: Entry) -> int | None:
    """The sequence with which the row is what its hash says; None where there is none nearby."""
    moved = copy.copy(entry)
    for step in range(NEARBY + 1):
        for sequence in (entry.sequence + step, entry.sequence - step):
            moved.sequence = sequence
            if digest(moved) == entry.hash:
                return sequence
    return None


def _held(entry: Entry, due: dict[int, Head]) -> Break | None:
    """Is this the row that was remembered? A chain that was written anew from some row on fits in itself."""
    remembered = due.get(entry.sequence)
    if remembered is None or remembered.hash == entry.hash:
        return None
    told = f"Row {entry.sequence} does not match the checkpoint: the audit trail was rewritten."
    return Break("rewritten", entry.sequence, told)


def _cut(last: Head, remembered: Sequence[Head]) -> Break | None:
    """Is the end still there?"""
    newest = max((one.sequence for one in remembered), default=0)
    if newest <= last.sequence:
        return None
    told = f"The end is truncated: rows {last.sequence + 1} to {newest} are missing."
    return Break("cut", last.sequence + 1, told)


def _not_as_sealed(entry: Entry, where: Path) -> Break | None:
    """The chain vouches for each segment's file; one that was made anew may hold the same rows, and is another."""
    if entry.verb != SEALED:
        return None
    name, first = entry.detail.get("file"), entry.detail.get("first")
    for segment in segments(where):
        if segment.path.name == name and segment.digest() != entry.detail.get("digest"):
            return Break(
                "changed", int(first or 0), f"{name} is not the file that row {entry.sequence} archived."
            )
    return None


def _missed_in(wrong: Break | None, where: Path) -> Break | None:
    """Where a row is missing that was sealed, in which file it was."""
    if wrong is None or wrong.kind != "missing":
        return wrong
    number = wrong.sequence
    sealed = Entry.objects.filter(verb=SEALED, detail__first__lte=number, detail__last__gte=number).last()
    if sealed is None:
        return wrong
    told = f"{wrong.told} It was archived to {sealed.detail.get('file')}, which has to be in {where}."
    return replace(wrong, told=told)


def _start() -> int | None:
    """The first row that the table has."""
    return Entry.objects.order_by("sequence").values_list("sequence", flat=True).first()


def _everything(start: int | None, where: Path) -> Iterator[Entry | _Unreadable]:
    """The rows of the segments up to where the table begins, and then the table's."""
    for segment in segments(where):
        if start is None or segment.first < start:
            yield from _sealed(segment, start)
    yield from _entries()


def _sealed(segment: Segment, start: int | None) -> Iterator[Entry | _Unreadable]:
    due = segment.first
    try:
        for entry in segment.entries():
            if start is not None and entry.sequence >= start:
                return  # it was not taken out of the table yet
            yield entry
            due = entry.sequence + 1
    except Unreadable as error:
        yield _Unreadable(due, str(error))


def _entries() -> Iterator[Entry | _Unreadable]:
    """All rows in their order, a chunk at a time: no read stays open over the whole of it."""
    after = Entry.objects.order_by("sequence").values_list("sequence", flat=True).first()
    while after is not None:
        sequences = list(
            Entry.objects.filter(sequence__gte=after)
            .order_by("sequence")
            .values_list("sequence", flat=True)[:CHUNK]
        )
        yield from _chunk(sequences)
        after = sequences[-1] + 1 if len(sequences) == CHUNK else None


def _chunk(sequences: list[int]) -> Iterator[Entry | _Unreadable]:
    try:
        yield from list(
            Entry.objects.filter(sequence__gte=sequences[0], sequence__lte=sequences[-1]).order_by("sequence")
        )
    except UNREADABLE:
        for sequence in sequences:
            yield _row(sequence) or _Unreadable(sequence)


def _row(sequence: int) -> Entry | None:
    try:
        return Entry.objects.filter(sequence=sequence).first()
    except UNREADABLE:
        return None
