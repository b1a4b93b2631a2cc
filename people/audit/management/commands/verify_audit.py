"""Command `verify_audit`: verifies the hash chain and prints a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from people.audit import triggers
from people.audit.checkpoints import Checkpoint, append_to_file, parse
from people.audit.checks import ADVICE
from people.audit.integrity.verifying import Verdict, verify
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, note
from people.audit.routing import ALIAS

BROKEN, CUT, UNREADABLE, NOT_PROTECTED = 1, 3, 4, 5
EXIT_CODES = {"cut": CUT, "rewritten": CUT, "unkeyed": CUT, "key": UNREADABLE}
MAX_CHECKPOINTS = 10_000
ENVIRONMENT = "Run this with the environment of the server: QUARTERDECK_DATA, DATABASE_URL and its keys."


class Command(BaseCommand):
    help = (
        "Verify the audit trail row by row and print a checkpoint (SEQUENCE:HASH) to keep outside this server. "
        "Exit codes: 0 valid; 1 a row was changed, inserted, moved or removed; 3 the end "
        "was truncated or does not match a checkpoint; 4 the audit trail or its key cannot be read; 5 the database "
        "does not refuse changes to it."
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
        for entry in verdict.accepted:
            self.stdout.write(_describe_accepted(entry))
        if verdict.first_break is not None:
            self.stdout.write(f"{verdict.rows} earlier rows are valid, up to {verdict.checkpoint}.")
            kind, message = verdict.first_break.kind, verdict.first_break.message
            raise CommandError(f"{kind.upper()}: {message}", returncode=EXIT_CODES.get(kind, BROKEN))
        if not verdict.rows:
            raise CommandError(
                f"The audit trail in {_describe_database()} has no rows, so there is nothing to verify. {ENVIRONMENT}",
                returncode=UNREADABLE,
            )
        self.stdout.write(
            f"All {verdict.rows} rows are valid, in {_describe_database()}. Save this checkpoint:"
        )
        self.stdout.write(str(verdict.checkpoint))
        if file is not None and options["remember"]:
            append_to_file(file, verdict.checkpoint)
        self._check_triggers(protect=options["protect"])

    def _verify(self, checkpoints: list[Checkpoint], where: Path | None) -> Verdict:
        try:
            return verify(checkpoints, where)
        except DatabaseError as error:
            raise CommandError(
                f"The audit trail in {_describe_database()} cannot be read: {error}. {ENVIRONMENT}",
                returncode=UNREADABLE,
            ) from error

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


def _describe_database() -> str:
    """Where it looked, without a password."""
    database = connections[ALIAS].settings_dict
    return f"{database['NAME']}" + (f" on {database['HOST']}" if database["HOST"] else "")


def _describe_accepted(entry: AuditEntry) -> str:
    """By which row rows that do not hold, or are gone, were taken over."""
    who = entry.detail.get("who", "")
    return (
        f"Row {entry.sequence} of {entry.at:%Y-%m-%d}: {who} accepted this audit trail "
        f"({entry.detail.get('found', '')} instead of {entry.detail.get('expected', '')}): {entry.reason}"
    )


def _parse_checkpoint(text: str) -> Checkpoint:
    found = parse(text.strip())
    if found is None:
        raise CommandError(
            f"Not a valid checkpoint (expected SEQUENCE:HASH, e.g. 12:9f…): {text.strip()[:100]!r}.",
            returncode=2,
        )
    return found


def _read_checkpoints(file: Path) -> list[Checkpoint]:
    try:
        lines = file.read_text(encoding="ascii", errors="replace").split()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from error
    return [_parse_checkpoint(line) for line in lines[-MAX_CHECKPOINTS:]]
