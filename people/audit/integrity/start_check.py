"""Start check: the audit trail is the one that the checkpoints are of, and its newest rows hold."""

from __future__ import annotations

from people.audit import checkpoints
from people.audit.checkpoints import NOTHING, Checkpoint, InvalidCheckpoint
from people.audit.integrity.reading import entries_of_archive, find_end, first_sequence
from people.audit.integrity.verifying import ACCEPTED, verify_newest
from people.audit.models import AuditEntry

NEWEST = 10_000  # rows that each start verifies; `verify_audit` verifies all of them
ADVICE = (
    "The server does not start, so that nobody takes this for the whole audit trail. Find out who removed or changed "
    "it, and restore it from a backup; or say who accepts it as it is, and why, with "
    "`manage.py accept_new_audit_trail`."
)


def find_fault() -> str:
    """What is missing from the audit trail, shortened or rewritten, in a sentence; "" where nothing is."""
    try:
        expected = [checkpoints.read(), checkpoints.read_file()]
    except InvalidCheckpoint as error:
        return str(error)
    for checkpoint in expected:
        fault = describe_mismatch(checkpoint or NOTHING)
        if fault:
            return fault
    return _find_gap_before_first() or _find_break()


def describe_mismatch(checkpoint: Checkpoint) -> str:
    """What stands where the checkpoint's row should be; "" for that row."""
    last = find_end().sequence
    if last == 0 < checkpoint.sequence:
        return f"The audit trail is empty, though it had {checkpoint.sequence} rows."
    if last < checkpoint.sequence:
        return f"The audit trail ends with row {last}: rows {last + 1} to {checkpoint.sequence} are missing."
    if checkpoint == NOTHING:
        return ""
    found = AuditEntry.objects.filter(sequence=checkpoint.sequence).values_list("hash", flat=True).first()
    if found is None:
        is_gone = not is_archived(checkpoint.sequence)
        return f"Row {checkpoint.sequence} of the audit trail is missing." if is_gone else ""
    if found != checkpoint.hash:
        return f"The audit trail was rewritten: row {checkpoint.sequence} is not the one that was there."
    return ""


def is_archived(sequence: int) -> bool:
    """Whether a row of the trail vouches for the file in which this one is."""
    return entries_of_archive(sequence).exists()


def _find_gap_before_first() -> str:
    """The table begins later than with row 1 only where archiving took out what was before, or that was accepted."""
    first = first_sequence()
    if first is None or first == 1 or is_archived(first - 1):
        return ""
    if AuditEntry.objects.filter(verb=ACCEPTED, detail__first=first).exists():
        return ""
    return f"Rows 1 to {first - 1} of the audit trail are missing, and were not archived."


def _find_break() -> str:
    found = verify_newest(NEWEST).first_break
    return "" if found is None else f"The audit trail does not hold: {found.message}"
