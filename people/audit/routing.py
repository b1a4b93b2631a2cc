"""Database router: the audit trail in its own SQLite file, or beside other tables on PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db import connections

ALIAS = "audit"  # a connection of its own in any case: a row stays where the change around it is rolled back
LABEL = "audit"


class AuditTrailRouter:
    """The audit trail's model through its own connection; all other models stay out of its file."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == LABEL else None

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == LABEL else None

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool | None:
        return None

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        if not has_own_file():
            return None
        return (db == ALIAS) == (app_label == LABEL)


def has_own_file() -> bool:
    """Whether the audit trail is apart from the other tables, so that `migrate` has two databases to bring up."""
    return connections[ALIAS].vendor == "sqlite"
