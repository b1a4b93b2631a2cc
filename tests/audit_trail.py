"""Fixtures `audit_trail` and `empty_audit_trail`: a database of its own, outside of a test's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.db.models import QuerySet
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

from people.audit import triggers
from people.audit.models import AuditEntry
from people.audit.record import last_sequence
from people.audit.routing import ALIAS, has_own_file
from people.audit.writer import writer
from tests import canary

_original_databases = TransactionTestCase._databases_names.__func__


def _exclude_audit_trail(cls: Any, include_mirrors: bool = True) -> list[str]:
    return [alias for alias in _original_databases(cls, include_mirrors) if alias != ALIAS]


# Every test of a database may read the audit trail, and none holds a transaction open on it or flushes it: it is
# written by a thread of its own, is append-only, and what a test has written stays for the next.
TransactionTestCase.databases = {"default", ALIAS}
TransactionTestCase._databases_names = classmethod(_exclude_audit_trail)  # type: ignore[method-assign,assignment]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The audit trail's file next to the other; on PostgreSQL the same database."""
    if not has_own_file():
        settings.DATABASES[ALIAS]["NAME"] = settings.DATABASES["default"]["NAME"]
        connections[ALIAS].settings_dict["NAME"] = settings.DATABASES["default"]["NAME"]
        yield
        writer.stop()
        return
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases=[ALIAS])
    yield
    writer.stop()
    check_for_secrets("the bytes of the audit trail, after all tests")
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)
    canary.assert_no_findings()


@dataclass(frozen=True)
class AuditTrail:
    """What is recorded from the beginning of a test on."""

    last_sequence: int

    def list_rows(self, **conditions: Any) -> QuerySet[AuditEntry]:
        """In their order, those that match."""
        return AuditEntry.objects.filter(sequence__gt=self.last_sequence, **conditions)

    def list_writes(self, **conditions: Any) -> QuerySet[AuditEntry]:
        """Requests to clusters that change something and their results; verbs of our own changes have a hyphen."""
        rows = self.list_rows(phase__in=("intent", "outcome")).filter(**conditions)
        return rows.exclude(verb__contains="-")

    def list_outcomes(self) -> list[AuditEntry]:
        """One row of each action: an event, or the result of a request, or the request where it has none."""
        rows = list(self.list_rows())
        closed = {row.request for row in rows if row.request is not None}
        return [row for row in rows if row.sequence not in closed]

    def get_last(self, **conditions: Any) -> AuditEntry:
        found = self.list_rows(**conditions).last()
        assert found is not None, f"nothing recorded with {conditions}: {list(map(str, self.list_rows()))}"
        return found


@pytest.fixture
def audit_trail(db: None) -> AuditTrail:
    """Reads what the test recorded."""
    return AuditTrail(last_sequence())


@pytest.fixture
def empty_audit_trail(db: None) -> AuditTrail:
    """The same, beginning with the first row: rows of other tests, with their people's ids, are taken away."""
    delete_entries()
    return AuditTrail(0)


def delete_entries() -> None:
    """What nobody can do but who owns the database: take the triggers away, and then the rows."""
    run_sql(f"DELETE FROM {triggers.TABLE}")


def run_sql(*statements: str) -> None:
    """As the owner of the database, who takes the triggers away and puts them up again."""
    drop_triggers()
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        triggers.install(connections[ALIAS])


def check_for_secrets(where: str) -> None:
    """Report each secret of the tests that is in the audit trail's own files, rows that were taken away included."""
    path = Path(connections[ALIAS].settings_dict["NAME"])
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists():
            canary.report(
                canary.find_canaries(file.read_bytes().decode("latin-1"), canary.list_planted()), where
            )


def drop_triggers() -> None:
    """Take the triggers away."""
    on = "" if connections[ALIAS].vendor == "sqlite" else f" ON {triggers.TABLE}"
    with connections[ALIAS].cursor() as cursor:
        for name in triggers.trigger_names(connections[ALIAS]):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
