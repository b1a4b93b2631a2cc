"""Is the audit trail whole? Proves the chain, names the first row that is not right, prints the head to remember."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from people.audit import guards
from people.audit.checks import ADVICE
from people.audit.record import Fact, note
from people.audit.routing import ALIAS
from people.audit.verifying import Head, Verdict, verify

BROKEN, CUT, UNREADABLE, UNGUARDED = 1, 3, 4, 5
HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
MOST_HEADS = 10_000


class Command(BaseCommand):
    help = (
        "Verify the audit trail row by row and print a checkpoint (SEQUENCE:HASH) to keep outside this server. "
        "Exit codes: 0 valid; 1 a row was changed, inserted, moved or removed; 3 the end "
        "was truncated or does not match a checkpoint; 4 the audit trail cannot be read; 5 the database does not "
        "refuse changes to it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", action="append", default=[], metavar="SEQUENCE:HASH", help="a saved checkpoint"
        )
        parser.add_argument(
            "--head-file", type=Path, metavar="FILE", help="file with saved checkpoints, one per line"
        )
        parser.add_argument(
            "--remember",
            action="store_true",
            help="append the current checkpoint to --head-file if the audit trail is valid",
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
        file: Path | None = options["head_file"]
        if options["remember"] and file is None:
            raise CommandError("--remember needs --head-file.", returncode=2)
        heads = [_head(text) for text in options["head"]]
        if file is not None and (file.exists() or not options["remember"]):
            heads += _remembered(file)
        verdict = self._verdict(heads, options["segments"])
        if verdict.wrong is not None:
            self.stdout.write(f"{verdict.rows} earlier rows are valid, up to {verdict.head}.")
            code = CUT if verdict.wrong.kind in ("cut", "rewritten") else BROKEN
            raise CommandError(f"{verdict.wrong.kind.upper()}: {verdict.wrong.told}", returncode=code)
        self.stdout.write(f"All {verdict.rows} rows are valid. Save this checkpoint:")
        self.stdout.write(str(verdict.head))
        if file is not None and options["remember"]:
            _remember(file, verdict.head)
        self._guarded(protect=options["protect"])

    def _verdict(self, heads: list[Head], where: Path | None) -> Verdict:
        try:
            return verify(heads, where)
        except DatabaseError as error:
            raise CommandError(f"The audit trail cannot be read: {error}", returncode=UNREADABLE) from error

    def _guarded(self, *, protect: bool) -> None:
        connection = connections[ALIAS]
        gone = guards.missing(connection)
        if gone and protect:
            guards.install(connection)
            note(Fact(verb="trail-protected", subject="trail", detail={"put up again": gone}))
            self.stdout.write(f"Reinstalled: {', '.join(gone)}.")
        elif gone:
            told = f"The database does not protect the audit trail; missing triggers: {', '.join(gone)}. {ADVICE}"
            raise CommandError(told, returncode=UNGUARDED)


def _head(text: str) -> Head:
    found = HEAD.fullmatch(text.strip())
    if found is None:
        raise CommandError(
            f"Not a valid checkpoint (expected SEQUENCE:HASH, e.g. 12:9f…): {text.strip()[:100]!r}.",
            returncode=2,
        )
    return Head(int(found[1]), found[2])


def _remembered(file: Path) -> list[Head]:
    try:
        lines = file.read_text(encoding="ascii", errors="replace").split()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from error
    return [_head(line) for line in lines[-MOST_HEADS:]]


def _remember(file: Path, head: Head) -> None:
    with file.open("a", encoding="ascii") as heads:
        heads.write(f"{head}\n")
        heads.flush()
        os.fsync(heads.fileno())
