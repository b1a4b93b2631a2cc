"""How are stored credentials brought under a new sealing key? All of them, in batches; it may be run again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from clusters.credentials.sealing import SealBroken, is_current, reseal
from clusters.credentials.stored import context_of
from clusters.models import Credential

BATCH = 200


class Command(BaseCommand):
    help = (
        "Seal every stored credential again under the first of QUARTERDECK_SEALING_KEYS. "
        "Put the new key first and keep the old ones until this says that none is left under them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows in one transaction (default 200)")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {"sealed": 0, "current": 0, "changed": 0}
        broken: list[str] = []
        last, batch = 0, max(1, options["batch"])
        while rows := list(Credential.objects.filter(pk__gt=last).order_by("pk")[:batch]):
            with transaction.atomic():
                for row in rows:
                    self._rotate(row, counts, broken)
            last = rows[-1].pk
        self.stdout.write(
            f"{counts['sealed']} sealed again, {counts['current']} already under the first key."
        )
        if counts["changed"]:
            self.stdout.write(f"{counts['changed']} were changed meanwhile; run this again.")
        for line in broken:
            self.stderr.write(line)
        if broken:
            raise CommandError(f"{len(broken)} could not be opened. Their owners must bring them again.")

    def _rotate(self, row: Credential, counts: dict[str, int], broken: list[str]) -> None:
        sealed = bytes(row.sealed)
        try:
            fresh = reseal(sealed, context=context_of(row))
        except SealBroken as wrong:
            broken.append(f"credential {row.pk} for {row.cluster.slug}: {wrong}")
            return
        if is_current(sealed):
            counts["current"] += 1
            return
        # The version tells whether somebody renewed it since it was read; the secret itself stays the same.
        changed = Credential.objects.filter(pk=row.pk, version=row.version).update(sealed=fresh)
        counts["sealed" if changed else "changed"] += 1
