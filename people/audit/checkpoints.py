"""Checkpoints: where the audit trail ends, signed in the main database, and in the log and a file beside it.

Who can write the audit trail's own database cannot cut off rows up to the checkpoint, or replace its row, unseen: the
next start compares it (`people.audit.integrity.start_check`). `verify_audit` finds any other change.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from people.audit import keys
from people.audit.triggers import GENESIS
from people.models import AuditCheckpoint

PURPOSE = "checkpoint"
ROW = 1  # there is one
_CHECKPOINT = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
TAIL_BYTES = 4096  # of the file: its last line is in them
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """The last row at some time, remembered elsewhere; written as `SEQUENCE:HASH`."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


NOTHING = Checkpoint(0, GENESIS)  # before the first row


class InvalidCheckpoint(Exception):
    """A stored checkpoint is missing, or nobody with a key of ours has written it; the text is a sentence."""


def parse(text: str) -> Checkpoint | None:
    """A checkpoint as it is written; None for anything else."""
    found = _CHECKPOINT.fullmatch(text)
    return Checkpoint(int(found[1]), found[2]) if found else None


def sign(checkpoint: Checkpoint) -> str:
    """With the first of the configured keys."""
    return keys.hash_text(PURPOSE, str(checkpoint))


def read() -> Checkpoint:
    """The one in the main database. Raises InvalidCheckpoint."""
    row = AuditCheckpoint.objects.filter(pk=ROW).first()
    if row is None:
        raise InvalidCheckpoint("The main database has no checkpoint of the audit trail any more.")
    checkpoint = Checkpoint(row.sequence, row.hash)
    known = keys.list_hashes(PURPOSE, str(checkpoint))
    if not any(constant_time_compare(row.signature, one) for one in known):
        raise InvalidCheckpoint(
            "The checkpoint of the audit trail in the main database was not signed with QUARTERDECK_SEALING_KEYS: "
            "it was changed, or the sealing key of that time is missing from them."
        )
    return checkpoint


def save(checkpoint: Checkpoint, *, replace: bool = False) -> None:
    """To the main database. One that is older than what stands there is dropped, unless it is to `replace` it."""
    values = {
        "sequence": checkpoint.sequence,
        "hash": checkpoint.hash,
        "signature": sign(checkpoint),
        "saved_at": timezone.now(),
    }
    if replace:
        AuditCheckpoint.objects.update_or_create(pk=ROW, defaults=values)
    else:
        AuditCheckpoint.objects.filter(pk=ROW, sequence__lt=checkpoint.sequence).update(**values)


def publish(checkpoint: Checkpoint) -> None:
    """To the server's log, and to QUARTERDECK_AUDIT_CHECKPOINT_FILE where it is set. An error of it is logged."""
    log.info("Audit trail checkpoint %s", checkpoint)
    path: Path | None = settings.AUDIT_CHECKPOINT_FILE
    if path is None:
        return
    try:
        append_to_file(path, checkpoint)
    except OSError as error:
        log.error("QUARTERDECK_AUDIT_CHECKPOINT_FILE: %s cannot be written: %s", path, error.strerror)


def append_to_file(path: Path, checkpoint: Checkpoint) -> None:
    """One more line, on the disk when this returns. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{checkpoint}\n")
        file.flush()
        os.fsync(file.fileno())


def read_file() -> Checkpoint | None:
    """The last line of the operator's file; None where there is no file yet, or none is set.

    Raises InvalidCheckpoint where it cannot be read or ends with something else.
    """
    path: Path | None = settings.AUDIT_CHECKPOINT_FILE
    try:
        if path is None or not path.exists():
            return None
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            words = file.read().decode("ascii", "replace").split()
    except OSError as error:
        raise InvalidCheckpoint(
            f"QUARTERDECK_AUDIT_CHECKPOINT_FILE: {path} cannot be read: {error.strerror}."
        ) from error
    found = parse(words[-1]) if words else None
    if words and found is None:
        raise InvalidCheckpoint(f"QUARTERDECK_AUDIT_CHECKPOINT_FILE: {path} does not end with a checkpoint.")
    return found
