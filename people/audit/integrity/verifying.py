"""Verifying: checks the hash chain row by row in bounded memory and names the first break."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from people.audit.chain import UnknownKey, digest
from people.audit.checkpoints import NOTHING, Checkpoint
from people.audit.integrity.reading import (
    UnreadableRow,
    all_entries,
    build_ring,
    entries_from,
    first_sequence,
    read_row,
)
from people.audit.keys import KeyRing
from people.audit.models import AuditEntry
from people.audit.segments import ARCHIVED, folder, segments
from people.audit.triggers import GENESIS

ACCEPTED = "trail-accepted"  # the verb of the row by which somebody took over what does not hold before it
NEARBY = 50  # rows by which a row that was renumbered is looked for
Kind = Literal["changed", "missing", "inserted", "order", "cut", "rewritten", "unkeyed", "key"]


@dataclass(frozen=True)
class Break:
    """What is wrong first. `sequence` is the row's, or that of the first row that should be there."""

    kind: Kind
    sequence: int
    message: str


@dataclass(frozen=True)
class Verdict:
    """How many rows hold, where they end, and what is wrong, if anything is.

    `accepted` are the rows by which somebody took over what was before them, whether or not it holds.
    """

    rows: int
    checkpoint: Checkpoint
    first_break: Break | None = None
    accepted: tuple[AuditEntry, ...] = ()


def verify(checkpoints: Sequence[Checkpoint] = (), where: Path | None = None) -> Verdict:
    """Reads all rows that there are when it comes to the end, while others may be written.

    `where` is the folder of the archived segments, with whose rows it begins. Where rows are being archived meanwhile,
    it begins anew.
    """
    folder_of_segments = folder() if where is None else where
    while True:
        start = first_sequence()
        verifier = _Verifier(folder_of_segments, NOTHING, build_ring(folder_of_segments))
        verdict = verifier.verify(all_entries(start, folder_of_segments, verifier.ring), checkpoints)
        if verdict.first_break is None or first_sequence() == start:
            return verdict


def verify_newest(count: int) -> Verdict:
    """The same of the newest `count` rows of the table alone; what is before them is taken as it is."""
    newest = AuditEntry.objects.order_by("-sequence").values_list("sequence", flat=True)[:count]
    start = min(newest, default=None)
    first = None if start is None else read_row(start)
    before = (
        Checkpoint(first.sequence - 1, first.previous) if first else Checkpoint((start or 1) - 1, GENESIS)
    )
    verdict = _Verifier(folder(), before, build_ring(None)).verify(entries_from(start), ())
    if verdict.first_break is None or verdict.first_break.kind != "key":
        return verdict
    # The key may be one that only a segment holds, all of which take long to read.
    return _Verifier(folder(), before, build_ring(folder())).verify(entries_from(start), ())


class _Verifier:
    """Goes along a chain: `last` is the row before the next one, and itself stands on `before`."""

    def __init__(self, where: Path, last: Checkpoint, ring: KeyRing) -> None:
        self.ring = ring
        self.rows = 0
        self.last = self.before = last
        self._where = where
        self._is_keyed = False
        self._accepted: list[AuditEntry] = []
        self._resume_at = -1  # the row that took over what does not hold before it

    def verify(
        self, entries: Iterator[AuditEntry | UnreadableRow], checkpoints: Sequence[Checkpoint]
    ) -> Verdict:
        due = {one.sequence: one for one in checkpoints}
        try:
            for entry in entries:
                wrong = self._check(entry, due)
                if wrong is not None:
                    return self._verdict(_name_segment(wrong, self._where))
        except UnknownKey as error:
            return self._verdict(_explain_unknown_key(self.last.sequence + 1, str(error)))
        return self._verdict(self._check_last_key() or _check_end(self.last, checkpoints))

    def _check(self, entry: AuditEntry | UnreadableRow, due: dict[int, Checkpoint]) -> Break | None:
        """What is wrong with the next row; it is counted where nothing is, or where it was taken over."""
        if entry.sequence < self._resume_at:
            return _check_checkpoint(entry, due) if isinstance(entry, AuditEntry) else None
        wrong = None if entry.sequence == self._resume_at else self._find_break(entry)
        if wrong is not None and self._find_acceptance(max(wrong.sequence, entry.sequence)):
            return self._check(entry, due)
        if wrong is None and isinstance(entry, AuditEntry):
            wrong = _check_checkpoint(entry, due) or _check_segment(entry, self._where)
            self._accepted += [entry] if entry.verb == ACCEPTED else []
            self._is_keyed = self._is_keyed or bool(entry.key_id)
        if wrong is None and isinstance(entry, AuditEntry):
            self.rows, self.before, self.last = (
                self.rows + 1,
                self.last,
                Checkpoint(entry.sequence, entry.hash),
            )
        return wrong

    def _find_break(self, entry: AuditEntry | UnreadableRow) -> Break | None:
        """What does not fit about the row that comes after `last`."""
        due = self.last.sequence + 1
        if entry.sequence < due:
            return Break("inserted", entry.sequence, f"Row {entry.sequence} was inserted before the first.")
        if entry.sequence > due:
            return Break("missing", due, f"Row {due} is missing; the next existing row is {entry.sequence}.")
        if isinstance(entry, UnreadableRow):
            return Break("changed", due, f"Row {due} was changed: {entry.reason}.")
        wrong = self._find_wrong_key(entry)
        if wrong:
            return Break("changed", due, f"Row {due} was changed: {wrong}.")
        if digest(entry, self.ring) != entry.hash:
            return _explain_changed(entry, self.last, self.before, self.ring)
        return _explain_rehashed(due) if entry.previous != self.last.hash else None

    def _find_wrong_key(self, entry: AuditEntry) -> str:
        """What is wrong with the key that the row names, where it cannot have signed it."""
        if self._is_keyed and not entry.key_id:
            return "it names no key, though rows before it do, so it was not written by Quarterdeck"
        if entry.key_id and self.ring.find(entry.key_id) is None and self._fits_known_key(entry):
            return "it names a key that did not sign it"
        return ""

    def _fits_known_key(self, entry: AuditEntry) -> bool:
        """Whether one of the known keys signed it, though it names another."""
        other = copy.copy(entry)
        for key_id in self.ring.ids():
            other.key_id = key_id
            if digest(other, self.ring) == entry.hash:
                return True
        return False

    def _find_acceptance(self, broken: int) -> bool:
        """Whether somebody has taken over what is wrong here: it goes on with that row, which has to be keyed."""
        found = AuditEntry.objects.filter(verb=ACCEPTED, sequence__gte=broken).exclude(key_id="").last()
        if found is None or self._resume_at >= 0 or digest(found, self.ring) != found.hash:
            return False
        self._resume_at = found.sequence
        return True

    def _check_last_key(self) -> Break | None:
        """A chain that ends without a key could be made anew by who has none."""
        if not self.rows or self._is_keyed:
            return None
        message = (
            f"Row {self.last.sequence}, the last, has no key: either keyed rows after it were removed, or this audit "
            "trail is of an earlier version and was not opened by this one yet (`manage.py migrate`)."
        )
        return Break("unkeyed", self.last.sequence, message)

    def _verdict(self, found: Break | None) -> Verdict:
        return Verdict(self.rows, self.last, found, tuple(self._accepted))


def _explain_unknown_key(sequence: int, key_id: str) -> Break:
    message = (
        f"Row {sequence} cannot be verified: its key {key_id} does not belong to QUARTERDECK_SEALING_KEYS. Run this "
        "with the environment of the server, or add the sealing key of that time behind the present one."
    )
    return Break("key", sequence, message)


def _explain_changed(entry: AuditEntry, last: Checkpoint, before: Checkpoint, ring: KeyRing) -> Break:
    """The row is not what its hash says. A hash that fits another sequence shows what was done."""
    here, original = entry.sequence, _find_sequence(entry, ring)
    if original is None:
        after = read_row(here + 1)
        if after is not None and _find_sequence(after, ring) == here and after.previous == last.hash:
            return Break("inserted", here, f"Row {here} was inserted, and what follows was renumbered.")
        return Break("changed", here, f"Row {here} was changed, or was not written by Quarterdeck.")
    if original == last.sequence and entry.previous == before.hash:
        return Break("inserted", original, f"Row {original} was inserted, and what follows was renumbered.")
    there = read_row(original)
    if original > here and (there is None or _find_sequence(there, ring) != here):
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


def _find_sequence(entry: AuditEntry, ring: KeyRing) -> int | None:
    """The sequence with which the row is what its hash says; None where there is none nearby."""
    moved = copy.copy(entry)
    for step in range(NEARBY + 1):
        for sequence in (entry.sequence + step, entry.sequence - step):
            moved.sequence = sequence
            if digest(moved, ring) == entry.hash:
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
