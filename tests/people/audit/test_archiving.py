"""Archiving: old months leave the table completely, and every later change of them is detected."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from people.audit import triggers
from people.audit.integrity.verifying import Checkpoint, verify
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, last_sequence, record
from people.audit.routing import ALIAS
from people.audit.segments import segments
from people.models import User
from tests.audit_trail import AuditTrail
from tests.people.audit.three_months import MONTHS, archive, three_months
from tests.people.conftest import ClientFor

__all__ = ["three_months"]


def test_rows_of_a_key_that_was_rotated_are_archived_too(
    three_months: AuditTrail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = base64.b64encode(b"another sealing key of 32 bytes!").decode()
    monkeypatch.setattr(settings, "SEALING_KEYS", (new, *settings.SEALING_KEYS))
    record(AuditDraft(verb="team-create", person="anna", target="team under the new key"))
    monkeypatch.setattr(settings, "SEALING_KEYS", (new,))
    archive(tmp_path)
    assert len(segments(tmp_path)) == len(MONTHS)
    assert verify(where=tmp_path).first_break is None


def test_months_leave_the_table_and_the_whole_still_verifies(
    three_months: AuditTrail, tmp_path: Path
) -> None:
    before = list(AuditEntry.objects.values())
    remembered = [Checkpoint(row["sequence"], row["hash"]) for row in before]
    said = archive(tmp_path, "2026-08")
    found = segments(tmp_path)
    assert [(one.month, one.first, one.last) for one in found] == [("2026-06", 1, 7), ("2026-07", 8, 14)]
    assert AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True).first() == 15
    assert "14 rows" not in said
    assert said.count(": 7 rows archived and removed from the table.") == 2
    verdict = verify(remembered, tmp_path)
    assert (verdict.first_break, verdict.rows) == (None, len(before) + 2)
    archived = [
        {**{name: getattr(row, name) for name in before[0]}} for one in found for row in one.entries()
    ]
    assert archived == before[:14], "every field of every row is in the files"
    assert triggers.find_missing(connections[ALIAS]) == []


def test_each_act_is_a_row_that_vouches_for_its_file(three_months: AuditTrail, tmp_path: Path) -> None:
    first, last = AuditEntry.objects.get(sequence=1), AuditEntry.objects.get(sequence=7)
    archive(tmp_path, "2026-07")
    row = three_months.get_last(verb="trail-sealed")
    (segment,) = segments(tmp_path)
    assert (row.person, row.target, row.result) == ("program manage.py", "trail", "ok")
    assert row.detail == {
        "file": segment.path.name,
        "first": 1,
        "last": 7,
        "rows": 7,
        "previous": first.previous,
        "hash": last.hash,
        "until": "2026-06-28T00:00:00.000000Z",
        "digest": hashlib.sha256(segment.path.read_bytes()).hexdigest(),
    }
    assert segment.path.stat().st_mode & 0o777 == 0o600


def derive(material: bytes, info: bytes) -> bytes:
    """HKDF with SHA-256 and no salt, one block: RFC 5869 in two lines."""
    extracted = hmac.new(bytes(32), material, "sha256").digest()
    return hmac.new(extracted, info + b"\x01", "sha256").digest()


def test_a_segment_is_verified_without_quarterdeck(three_months: AuditTrail, tmp_path: Path) -> None:
    """As the documentation says: the hash of a row is HMAC-SHA-256 of its line, and the next line names it."""
    archive(tmp_path)
    root = derive(base64.b64decode(settings.SEALING_KEYS[0]), b"quarterdeck audit trail")
    key = derive(root, b"rows")
    previous = "0" * 64
    for segment in segments(tmp_path):
        about, *lines = gzip.decompress(segment.path.read_bytes()).splitlines()
        header = json.loads(about)
        assert (header["previous"], header["rows"]) == (previous, len(lines))
        for line in lines:
            assert json.loads(line)[-1] == previous
            assert json.loads(line)[:2] == ["quarterdeck.audit/2", derive(root, b"id")[:8].hex()]
            previous = hmac.new(key, line, "sha256").hexdigest()
        assert header["hash"] == previous
    assert AuditEntry.objects.order_by("sequence").values_list("previous", flat=True).first() == previous


def test_the_audit_trail_goes_on_and_takes_nothing_but_a_next_row(
    three_months: AuditTrail, tmp_path: Path
) -> None:
    archive(tmp_path)
    assert record(AuditDraft(verb="team-create", target="team later")) == last_sequence()
    for statement in (
        "DELETE FROM audit_entry WHERE sequence <= 22",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET person = 'rene'",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(using=ALIAS),
            connections[ALIAS].cursor() as cursor,
        ):
            cursor.execute(statement)
    assert verify(where=tmp_path).first_break is None


def test_the_trigger_may_be_away_within_a_transaction_only(three_months: AuditTrail) -> None:
    with pytest.raises(RuntimeError), triggers.allow_deletes(connections[ALIAS]):
        pass
    with (
        pytest.raises(ZeroDivisionError),
        transaction.atomic(using=ALIAS),
        triggers.allow_deletes(connections[ALIAS]),
    ):
        _ = 1 / 0
    assert triggers.find_missing(connections[ALIAS]) == []


def test_a_second_call_has_nothing_to_do(three_months: AuditTrail, tmp_path: Path) -> None:
    archive(tmp_path)
    rows = AuditEntry.objects.count()
    assert "no complete month" in archive(tmp_path)
    assert AuditEntry.objects.count() == rows


# --- what is done to the files afterwards


def rewrite_segment(where: Path, number: int, edit: Callable[[list[bytes]], list[bytes]]) -> None:
    """Write a segment anew with other lines; the first of them is about the file."""
    path = segments(where)[number].path
    path.write_bytes(
        gzip.compress(b"".join(edit(gzip.decompress(path.read_bytes()).splitlines(keepends=True))))
    )


def delete_segment(where: Path) -> None:
    segments(where)[1].path.unlink()


def change_word(where: Path) -> None:
    rewrite_segment(where, 1, lambda lines: [line.replace(b"team 7", b"team X", 1) for line in lines])


def remove_row(where: Path) -> None:
    rewrite_segment(where, 1, lambda lines: [*lines[:4], *lines[5:]])


def swap_rows(where: Path) -> None:
    rewrite_segment(where, 1, lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]])


def truncate_segment(where: Path) -> None:
    path = segments(where)[1].path
    path.write_bytes(path.read_bytes()[:-20])


def remove_last_row(where: Path) -> None:
    rewrite_segment(where, 1, lambda lines: lines[:-1])


def swap_files(where: Path) -> None:
    one, two = (segment.path for segment in segments(where)[:2])
    aside = where / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


def overwrite_segment(where: Path) -> None:
    segments(where)[1].path.write_bytes(b"not gzip")


def recompress_segment(where: Path) -> None:
    """The same rows in another file: the chain holds, and it is not the file that was archived."""
    path = segments(where)[1].path
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))


def change_header(where: Path) -> None:
    rewrite_segment(where, 1, lambda lines: [lines[0].replace(b'"rows": 7', b'"rows": 8'), *lines[1:]])


@pytest.mark.parametrize(
    ("tamper", "kind", "row"),
    [
        (delete_segment, "missing", 8),
        (change_word, "changed", 8),
        (remove_row, "missing", 11),
        (swap_rows, "missing", 10),
        (truncate_segment, "changed", None),
        (remove_last_row, "changed", 14),
        (swap_files, "missing", 1),
        (overwrite_segment, "changed", 8),
        (recompress_segment, "changed", 8),
        (change_header, "changed", 15),
    ],
)
def test_it_names_the_first_row_that_is_not_right(
    three_months: AuditTrail, tmp_path: Path, tamper: Callable[[Path], None], kind: str, row: int | None
) -> None:
    archive(tmp_path)
    tamper(tmp_path)
    wrong = verify(where=tmp_path).first_break
    assert wrong is not None
    assert (wrong.kind, row or wrong.sequence) == (kind, wrong.sequence), wrong.message
    with pytest.raises(CommandError, match=kind.upper()) as refused:
        call_command("verify_audit", segments=tmp_path, stdout=io.StringIO())
    assert refused.value.returncode == 1


def test_a_lost_file_is_named(three_months: AuditTrail, tmp_path: Path) -> None:
    archive(tmp_path)
    name = segments(tmp_path)[1].path.name
    delete_segment(tmp_path)
    wrong = verify(where=tmp_path).first_break
    assert wrong is not None
    assert name in wrong.message
    assert str(tmp_path) in wrong.message


def test_checkpoints_of_archived_rows_are_still_compared(three_months: AuditTrail, tmp_path: Path) -> None:
    archive(tmp_path)
    wrong = verify([Checkpoint(3, "a" * 64)], tmp_path).first_break
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("rewritten", 3)


# --- meanwhile


def test_others_write_and_verify_meanwhile(three_months: AuditTrail, tmp_path: Path) -> None:
    over, wrong, written = threading.Event(), list[object](), list[int]()

    def write() -> None:
        while not over.is_set():
            written.append(record(AuditDraft(verb="team-create", target="team meanwhile")))

    def look() -> None:
        while not over.is_set():
            wrong.append(verify(where=tmp_path).first_break)
        connections.close_all()

    threads = [threading.Thread(target=write), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    try:
        archive(tmp_path)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert [one for one in wrong if one is not None] == []
    assert written == sorted(set(written))
    assert verify(where=tmp_path).first_break is None


def test_pages_and_exports_say_where_older_rows_are(
    three_months: AuditTrail, client_for: ClientFor, users: dict[str, User], tmp_path: Path
) -> None:
    pages = ("/people/audit/", "/people/audit/export/")
    for path in pages:
        assert "have been archived" not in client_for("aude").get(path).content.decode()
    archive(tmp_path, "2026-08")
    for path in pages:
        for who in ("aude", "dana"):
            page = client_for(who).get(path).content.decode()
            assert "have been archived" in page
            assert "2026-08-01" in page
