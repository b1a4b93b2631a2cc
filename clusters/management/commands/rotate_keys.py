"""Command rotate_keys: re-encrypts all stored credentials and drafts with the first sealing key, in batches."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clusters.changes import drafts
from clusters.credentials.sealing import SealBroken, is_current, reseal
from clusters.credentials.store import context_of
from clusters.models import Credential, Draft
from people.audit.changes import audited_change
from people.audit.record import AuditTrailUnavailable, draft_for_program, record

BATCH = 200


class Command(BaseCommand):
    help = (
        "Re-encrypt all stored credentials and drafts with the first key in QUARTERDECK_SEALING_KEYS. "
        "Put the new key first and keep the old keys until this command reports that none are needed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows per transaction (default: 200)")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {"sealed": 0, "current": 0, "changed": 0}
        broken: list[str] = []
        last, batch = 0, max(1, options["batch"])
        while rows := list(Credential.objects.filter(pk__gt=last).order_by("pk")[:batch]):
            try:
                self._batch(rows, counts, broken)
            except AuditTrailUnavailable as wrong:
                raise CommandError(
                    f"The audit trail is not writable, so nothing was done: {wrong}."
                ) from wrong
            last = rows[-1].pk
        self.stdout.write(
            f"{counts['sealed']} re-encrypted, {counts['current']} already using the first key."
        )
        self._rotate_drafts(batch)
        if counts["changed"]:
            self.stdout.write(f"{counts['changed']} were changed in the meantime; run this command again.")
        for line in broken:
            self.stderr.write(line)
        if broken:
            raise CommandError(f"{len(broken)} could not be decrypted. Their owners must add them again.")

    @audited_change()
    def _batch(self, rows: list[Credential], counts: dict[str, int], broken: list[str]) -> None:
        """One row of the audit trail for each batch in which a seal was changed."""
        before, failed = counts["sealed"], len(broken)
        for row in rows:
            self._rotate(row, counts, broken)
        detail = {
            "credentials": f"{rows[0].pk} to {rows[-1].pk}",
            "sealed again": counts["sealed"] - before,
            "not opened": len(broken) - failed,
        }
        if counts["sealed"] > before or len(broken) > failed:
            record(draft_for_program("manage.py", "rotate-keys", target="sealing keys", detail=detail))

    def _rotate_drafts(self, batch: int) -> None:
        """Drafts end within days and are nobody else's: one that cannot be opened is removed, and none is recorded."""
        resealed = removed = 0
        for key in list(
            Draft.objects.filter(is_saved=False).values_list("pk", flat=True).iterator(chunk_size=batch)
        ):
            draft = Draft.objects.filter(pk=key).first()
            if draft is None:
                continue
            same = Draft.objects.filter(pk=key, saved_at=draft.saved_at, is_saved=False)
            try:
                fresh = reseal(bytes(draft.sealed), context=drafts.context_of(draft))
            except SealBroken:
                removed += same.delete()[0]
                continue
            if not is_current(bytes(draft.sealed)):
                resealed += same.update(sealed=fresh)
        if resealed or removed:
            self.stdout.write(f"{resealed} drafts re-encrypted, {removed} that nobody could open removed.")

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
