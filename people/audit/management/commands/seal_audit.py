"""How do old months leave the table of the trail? Into sealed files beside it, which verify_audit goes on proving."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from people.audit.appending import NotAppendOnly
from people.audit.record import TrailUnavailable
from people.audit.sealing import NotSealed, seal
from people.audit.segments import folder
from people.audit.verifying import verify

MONTH = re.compile(r"(\d{4})-(\d\d)")
BROKEN, NOT_DONE = 1, 3


class Command(BaseCommand):
    help = (
        "Write each whole month before the given one into a sealed segment, verify the file, and only then take its "
        "rows out of the table. Nothing is done where the chain does not hold. An interrupted call is finished by "
        "the next one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, metavar="YYYY-MM", help="the first month that stays")
        parser.add_argument(
            "--folder",
            type=Path,
            metavar="FOLDER",
            help="where segments lie (audit-segments in the data folder)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        before = _month(options["before"])
        where: Path = options["folder"] or folder()
        wrong = verify(where=where).wrong
        if wrong is not None:
            raise CommandError(
                f"Nothing was sealed: {wrong.kind.upper()}: {wrong.told} See verify_audit.", returncode=BROKEN
            )
        count = 0
        try:
            for done in seal(before, where):
                count += 1
                self.stdout.write(
                    f"{done.segment.path}: {done.rows} rows are there and in the table no more."
                )
        except (NotSealed, NotAppendOnly, TrailUnavailable, DatabaseError, OSError) as error:
            raise CommandError(
                f"Sealing ended: {error} Nothing is lost; call it again.", returncode=NOT_DONE
            ) from error
        if not count:
            self.stdout.write("There is no whole month before that to be sealed.")
            return
        verdict = verify(where=where)
        if verdict.wrong is not None:
            raise CommandError(f"{verdict.wrong.kind.upper()}: {verdict.wrong.told}", returncode=BROKEN)
        self.stdout.write(
            f"All {verdict.rows} rows hold, the sealed ones among them. Keep copies of the files."
        )


def _month(text: str) -> datetime:
    found = MONTH.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        month = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    except ValueError:
        raise CommandError(f"This is no month such as 2026-10: {text[:100]!r}.", returncode=2) from None
    if month > timezone.now():
        raise CommandError("A month that has not begun cannot stay: rows of this one would go.", returncode=2)
    return month
