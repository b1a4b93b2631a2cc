"""Command `migrate`: Django's own, for the database file of the audit trail as well."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS

from people.audit.appending import append
from people.audit.checkpoints import NOTHING, InvalidCheckpoint, read
from people.audit.checks import check_triggers
from people.audit.models import AuditEntry
from people.audit.routing import ALIAS, has_own_file


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Django's own command checks the one database that was named."""
        named = options["database"]
        aliases = [named] if named else [DEFAULT_DB_ALIAS, *([ALIAS] if has_own_file() else [])]
        return {**dict[Any, Any](super().get_check_kwargs(options)), "databases": aliases}

    def handle(self, *args: Any, **options: Any) -> None:
        """With `--database` that one; without it all. An audit trail that is not append-only afterwards is an error."""
        if options["database"] is not None:
            super().handle(*args, **options)
            return
        for alias in [DEFAULT_DB_ALIAS, *([ALIAS] if has_own_file() else [])]:
            super().handle(*args, **{**options, "database": alias})
        for wrong in check_triggers([ALIAS]):
            raise CommandError(f"{wrong.msg} {wrong.hint}")
        is_whole = not (options["app_label"] or options["plan"] or options["check_unapplied"])
        if is_whole:
            _key_old_entries()


def _key_old_entries() -> None:
    """A keyed row vouches for those of an earlier version, once: what was keyed before never ends without a key."""
    last = AuditEntry.objects.order_by("-sequence").values_list("key_id", flat=True).first()
    with suppress(InvalidCheckpoint):  # the start says so
        if last == "" and read() == NOTHING:
            append([])
