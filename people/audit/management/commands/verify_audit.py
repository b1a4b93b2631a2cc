"""Command `verify_audit`: verifies the hash chain and prints a checkpoint."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from people.audit import triggers
from people.audit.checks import ADVICE
from people.audit.record import AuditDraft, note
from people.audit.routing import ALIAS
from people.audit.verifying import Checkpoint, Verdict, verify

BROKEN, CUT, UNREADABLE, NOT_PROTECTED = 1, 3, 4, 5
CHECKPOINT = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
MAX_CHECKPOINTS = 10_000


class Command(BaseCommand):
    help = (
        "Verify the audit trail row by row and print a checkpoint (SEQUENCE:HASH) to keep outside this server. "
        "Exit codes: 0 valid; 1 a row was changed, inserted, moved or removed; 3 the end "
        "was truncated or does not match a checkpoint; 4 the audit trail cannot be read; 5 the database does not "
        "refuse changes to it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint",
            "--head",
            action="append",
            default=[],
            metavar="SEQUENCE:HASH",
            help="a saved checkpoint (--head is the earlier name)",
        )
        parser.add_argument(
            "--checkpoint-file",
            "--head-file",
            type=Path,
            metavar="FILE",
            help="file with saved checkpoints, one per line (--head-file is the earlier name)",
        )
        parser.add_argument(
            "--remember",
            action="store_true",
            help="append the current checkpoint to --checkpoint-file if the audit trail is valid",
        )
        parser.add_argument(
            "--segments",
            type=Path,
            metavar="FOLDER",
            help="directory with archived segments (default: audit-segments in the data folder)",
        )
        parser.add_argument(
            "--protect",
            action="store_true",
            help="reinstall the append-only triggers if the audit trail is valid",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["checkpoint_file"]
        if options["remember"] and file is None:
            raise CommandError("--remember needs --checkpoint-file.", returncode=2)
        checkpoints = [_parse_checkpoint(text) for text in options["checkpoint"]]
        if file is not None and (file.exists() or not options["remember"]):
            checkpoints += _read_checkpoints(file)
        verdict = self._verify(checkpoints, options["segments"])
        if verdict.first_break is not None:
            self.stdout.write(f"{verdict.rows} earlier rows are valid, up to {verdict.checkpoint}.")
            code = CUT if verdict.first_break.kind in ("cut", "rewritten") else BROKEN
            raise CommandError(
                f"{verdict.first_break.kind.upper()}: {verdict.first_break.message}", returncode=code
            )
        self.stdout.write(f"All {verdict.rows} rows are valid. Save this checkpoint:")
        self.stdout.write(str(verdict.checkpoint))
        if file is not None and options["remember"]:
            _append_checkpoint(file, verdict.checkpoint)
        self._check_triggers(protect=options["protect"])

    def _verify(self, checkpoints: list[Checkpoint], where: Path | None) -> Verdict:
        try:
            return verify(checkpoints, where)
        except DatabaseError as error:
            raise CommandError(f"The audit trail cannot be read: {error}", returncode=UNREADABLE) from error

    def _check_triggers(self, *, protect: bool) -> None:
        connection = connections[ALIAS]
        gone = triggers.find_missing(connection)
        if gone and protect:
            triggers.install(connection)
            note(AuditDraft(verb="trail-protected", target="trail", detail={"put up again": gone}))
            self.stdout.write(f"Reinstalled: {', '.join(gone)}.")
        elif gone:
            message = f"The database does not protect the audit trail; missing triggers: {', '.join(gone)}. {ADVICE}"
            raise CommandError(message, returncode=NOT_PROTECTED)


def _parse_checkpoint(text: str) -> Checkpoint:
    found = CHECKPOINT.fullmatch(text.strip())
    if found is None:
        raise CommandError(
            f"Not a valid checkpoint (expected SEQUENCE:HASH, e.g. 12:9f…): {text.strip()[:100]!r}.",
            returncode=2,
        )
    return Checkpoint(int(found[1]), found[2])


def _read_checkpoints(file: Path) -> list[Checkpoint]:
    try:
        lines = file.read_text(encoding="ascii", errors="replace").split()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from error
    return [_parse_checkpoint(line) for line in lines[-MAX_CHECKPOINTS:]]


def _append_checkpoint(file: Path, checkpoint: Checkpoint) -> None:
    with file.open("a", encoding="ascii") as checkpoints:
        checkpoints.write(f"{checkpoint}\n")
        checkpoints.flush()
        os.fsync(checkpoints.fileno())
