"""Command `archive_audit`: archives old months of the audit trail into segment files."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from people.audit.appending import NotAppendOnly
from people.audit.integrity.archiving import NotArchived, archive
from people.audit.integrity.verifying import verify
from people.audit.record import AuditTrailUnavailable
from people.audit.segments import folder

MONTH = re.compile(r"(\d{4})-(\d\d)")
BROKEN, NOT_DONE = 1, 3


class Command(BaseCommand):
    help = (
        "Archive each complete month before the given one: write it to a segment file, verify the file, "
        "and only then delete its rows from the table. Does nothing if the chain is invalid. If "
        "interrupted, run it again to continue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", required=True, metavar="YYYY-MM", help="first month to keep in the database"
        )
        parser.add_argument(
            "--folder",
            type=Path,
            metavar="FOLDER",
            help="directory for segments (default: audit-segments in the data folder)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        before = _month(options["before"])
        where: Path = options["folder"] or folder()
        wrong = verify(where=where).first_break
        if wrong is not None:
            raise CommandError(
                f"Nothing was archived: {wrong.kind.upper()}: {wrong.message} See verify_audit.",
                returncode=BROKEN,
            )
        count = 0
        try:
            for done in archive(before, where):
                count += 1
                self.stdout.write(
                    f"{done.segment.path}: {done.rows} rows archived and removed from the table."
                )
        except (NotArchived, NotAppendOnly, AuditTrailUnavailable, DatabaseError, OSError) as error:
            raise CommandError(
                f"Archiving stopped: {error} Nothing was lost; run the command again.", returncode=NOT_DONE
            ) from error
        if not count:
            self.stdout.write("There is no complete month to archive before that date.")
            return
        verdict = verify(where=where)
        if verdict.first_break is not None:
            raise CommandError(
                f"{verdict.first_break.kind.upper()}: {verdict.first_break.message}", returncode=BROKEN
            )
        self.stdout.write(
            f"All {verdict.rows} rows are valid, including the archived ones. Keep copies of the files."
        )


def _month(text: str) -> datetime:
    found = MONTH.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        month = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    except ValueError:
        raise CommandError(
            f"Not a valid month (expected YYYY-MM, e.g. 2026-10): {text[:100]!r}.", returncode=2
        ) from None
    if month > timezone.now():
        raise CommandError(
            "The month is in the future: rows of the current month would be archived.", returncode=2
        )
    return month
