"""Archiving that is refused: an invalid chain, missing triggers, files that are not what the table has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connections

from people.audit import triggers
from people.audit.chain import digest
from people.audit.integrity import archiving
from people.audit.models import AuditEntry
from people.audit.record import health
from people.audit.routing import ALIAS
from people.audit.segments import SegmentHeader, segments, write
from tests.audit_trail import AuditTrail, drop_triggers
from tests.dashboard_server import wait_for
from tests.people.audit.three_months import ROWS_EACH, archive, three_months

__all__ = ["three_months"]


def test_an_invalid_chain_is_not_archived(three_months: AuditTrail, tmp_path: Path) -> None:
    drop_triggers()
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")
    triggers.install(connections[ALIAS])
    with pytest.raises(CommandError, match="CHANGED"):
        archive(tmp_path)
    assert AuditEntry.objects.first().sequence == 1  # type: ignore[union-attr]
    assert segments(tmp_path) == []


def test_without_the_triggers_nothing_is_archived(three_months: AuditTrail, tmp_path: Path) -> None:
    drop_triggers()
    try:
        with pytest.raises(CommandError, match="triggers"):
            archive(tmp_path)
        assert AuditEntry.objects.first().sequence == 1  # type: ignore[union-attr]
    finally:
        triggers.install(connections[ALIAS])
        wait_for(lambda: health().is_writable)


def test_a_file_that_is_not_what_the_table_has_is_not_believed(
    three_months: AuditTrail, tmp_path: Path
) -> None:
    """As after an older backup of the database was put back: the files are of other rows, and stay as they are."""
    archive(tmp_path, "2026-07")
    (segment,) = segments(tmp_path)
    held = segment.path.read_bytes()
    there = tmp_path / "other"
    there.mkdir()
    (there / "trail-2026-07-8-14.jsonl.gz").write_bytes(held)
    with pytest.raises(archiving.NotArchived):
        list(archiving.archive(datetime(2026, 9, 1, tzinfo=UTC), there))
    (there / "trail-2026-07-8-14.jsonl.gz").rename(there / "trail-2026-07-8-99.jsonl.gz")
    with pytest.raises(archiving.NotArchived, match="move the file away"):
        list(archiving.archive(datetime(2026, 9, 1, tzinfo=UTC), there))
    assert AuditEntry.objects.order_by("sequence").first().sequence == 8  # type: ignore[union-attr]


def test_a_file_of_another_chain_is_not_believed(three_months: AuditTrail, tmp_path: Path) -> None:
    """Whole in itself, under the right name, and with other rows than the table's."""
    rows, previous = list(AuditEntry.objects.filter(sequence__lte=ROWS_EACH)), triggers.GENESIS
    for row in rows:
        row.target, row.previous = "team forged", previous
        previous = row.hash = digest(row)
    when = rows[0].at.isoformat()
    write(
        tmp_path,
        "2026-06",
        rows,
        SegmentHeader(1, ROWS_EACH, ROWS_EACH, triggers.GENESIS, previous, when, when),
    )
    with pytest.raises(CommandError, match="a row that differs from the table"):
        archive(tmp_path)
    assert AuditEntry.objects.order_by("sequence").first().sequence == 1  # type: ignore[union-attr]
    assert not three_months.list_rows(verb="trail-sealed").exists()


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-7", "next", "9999-01", ""])
def test_what_is_no_month_that_has_begun_is_refused(
    three_months: AuditTrail, tmp_path: Path, month: str
) -> None:
    with pytest.raises(CommandError, match="month") as refused:
        archive(tmp_path, month)
    assert refused.value.returncode == 2
