"""System check: the database refuses changes to the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from people.audit import triggers
from people.audit.routing import ALIAS

ADVICE = (
    "A migration that alters the table drops these triggers; so does someone who tampers with the audit trail. Check "
    "what `manage.py verify_audit` says, then reinstall them with `manage.py verify_audit --protect`."
)


def check_triggers(databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """A system check of the database; silent before the table is made."""
    if ALIAS not in (databases or ()):
        return []
    connection = connections[ALIAS]
    if triggers.TABLE not in connection.introspection.table_names():
        return []
    gone = triggers.find_missing(connection)
    if not gone:
        return []
    return [Error(f"The audit trail is not append-only: {', '.join(gone)}.", hint=ADVICE, id="audit.E001")]
