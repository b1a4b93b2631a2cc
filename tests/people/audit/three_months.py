"""Fixture `three_months`: rows of three past months, which can be archived."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from people.audit import triggers
from people.audit.chain import digest
from people.audit.integrity import archiving
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, begin, record
from people.audit.routing import ALIAS
from tests.audit_trail import AuditTrail, delete_entries, drop_triggers

MONTHS = (6, 7, 8)
ROWS_EACH = 7  # rows of a month


@pytest.fixture
def three_months(empty_audit_trail: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditTrail]:
    """Three months of seven rows, and one row of now; few rows leave the table at once.

    Other tests verify the audit trail without these segments: it is emptied at the end.
    """
    monkeypatch.setattr(archiving, "DELETE_BATCH", 3)
    for month in MONTHS:
        for day in range(1, ROWS_EACH - 1):
            when = datetime(2026, month, day, 12, tzinfo=UTC)
            record(
                AuditDraft(
                    verb="team-create", person="anna", target=f"team {month}", detail={"ü": day}, at=when
                )
            )
        when = datetime(2026, month, 28, tzinfo=UTC)
        begin(AuditDraft(verb="create", name="\u202ea", at=when)).close("ok", 201)
        _backdated(when)
    record(AuditDraft(verb="team-create", person="anna", target="team now"))
    yield empty_audit_trail
    delete_entries()


def _backdated(when: datetime) -> None:
    """A result has the time of now: make the last row one of that month, as if it had been written then."""
    row = AuditEntry.objects.last()
    assert row is not None
    row.at = when
    row.hash = digest(row)
    drop_triggers()
    row.save(using=ALIAS)
    triggers.install(connections[ALIAS])


def archive(where: Path, before: str = "2026-09") -> str:
    said = io.StringIO()
    call_command("archive_audit", before=before, folder=where, stdout=said)
    return said.getvalue()
