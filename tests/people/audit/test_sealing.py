"""Do old months leave the table whole, and is everything seen that is done to them afterwards?"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from people.audit import guards, sealing
from people.audit.chain import digest
from people.audit.models import Entry
from people.audit.record import Fact, head, health, intend, record
from people.audit.routing import ALIAS
from people.audit.segments import About, segments, write
from people.audit.verifying import Head, verify
from people.models import User
from tests.people.conftest import Browser
from tests.served import wait_for
from tests.trail import Trail, empty, unguard

MONTHS = (6, 7, 8)
EACH = 7  # rows of a month


@pytest.fixture
def year(empty_trail: Trail, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    """Three months of seven rows, and one row of now; few rows leave the table at once.

    Other tests verify the trail without these segments: it is emptied at the end.
    """
    monkeypatch.setattr(sealing, "AT_ONCE", 3)
    for month in MONTHS:
        for day in range(1, EACH - 1):
            when = datetime(2026, month, day, 12, tzinfo=UTC)
            record(
                Fact(verb="team-create", person="anna", subject=f"team {month}", detail={"ü": day}, at=when)
            )
        when = datetime(2026, month, 28, tzinfo=UTC)
        intend(Fact(verb="create", name="\u202ea", at=when)).close("ok", 201)
        _backdated(when)
    record(Fact(verb="team-create", person="anna", subject="team now"))
    yield empty_trail
    empty()


def _backdated(when: datetime) -> None:
    """An outcome has the time of now: make the last row one of that month, as if it had been written then."""
    row = Entry.objects.last()
    assert row is not None
    row.at = when
    row.hash = digest(row)
    unguard()
    row.save(using=ALIAS)
    guards.install(connections[ALIAS])


def seal(where: Path, before: str = "2026-09") -> str:
    said = io.StringIO()
    call_command("seal_audit", before=before, folder=where, stdout=said)
    return said.getvalue()


def test_months_leave_the_table_and_the_whole_still_verifies(year: Trail, tmp_path: Path) -> None:
    before = list(Entry.objects.values())
    remembered = [Head(row["sequence"], row["hash"]) for row in before]
    said = seal(tmp_path, "2026-08")
    found = segments(tmp_path)
    assert [(one.month, one.first, one.last) for one in found] == [("2026-06", 1, 7), ("2026-07", 8, 14)]
    assert Entry.objects.order_by("sequence").values_list("sequence", flat=True).first() == 15
    assert "14 rows" not in said
    assert said.count(": 7 rows archived and removed from the table.") == 2
    verdict = verify(remembered, tmp_path)
    assert (verdict.wrong, verdict.rows) == (None, len(before) + 2)
    sealed = [{**{name: getattr(row, name) for name in before[0]}} for one in found for row in one.entries()]
    assert sealed == before[:14], "every field of every row is in the files"
    assert guards.missing(connections[ALIAS]) == []


def test_each_act_is_a_row_that_vouches_for_its_file(year: Trail, tmp_path: Path) -> None:
    first, last = Entry.objects.get(sequence=1), Entry.objects.get(sequence=7)
    seal(tmp_path, "2026-07")
    row = year.last(verb="trail-sealed")
    (segment,) = segments(tmp_path)
    assert (row.person, row.subject, row.result) == ("manage.py", "trail", "ok")
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


def test_a_segment_is_proven_without_quarterdeck(year: Trail, tmp_path: Path) -> None:
    """As the documentation says: the hash of a row is SHA-256 of its line, and the next line names it."""
    seal(tmp_path)
    previous = "0" * 64
    for segment in segments(tmp_path):
        about, *lines = gzip.decompress(segment.path.read_bytes()).splitlines()
        told = json.loads(about)
        assert (told["previous"], told["rows"]) == (previous, len(lines))
        for line in lines:
            assert json.loads(line)[-1] == previous
            previous = hashlib.sha256(line).hexdigest()
        assert told["hash"] == previous
    assert Entry.objects.order_by("sequence").values_list("previous", flat=True).first() == previous


def test_the_trail_goes_on_and_takes_nothing_but_a_next_row(year: Trail, tmp_path: Path) -> None:
    seal(tmp_path)
    assert record(Fact(verb="team-create", subject="team later")) == head()
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
    assert verify(where=tmp_path).wrong is None


def test_the_trigger_may_be_away_within_a_transaction_only(year: Trail) -> None:
    with pytest.raises(RuntimeError), guards.lifted(connections[ALIAS]):
        pass
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS), guards.lifted(connections[ALIAS]):
        _ = 1 / 0
    assert guards.missing(connections[ALIAS]) == []


def test_a_second_call_has_nothing_to_do(year: Trail, tmp_path: Path) -> None:
    seal(tmp_path)
    rows = Entry.objects.count()
    assert "no complete month" in seal(tmp_path)
    assert Entry.objects.count() == rows


# --- what is done to the files afterwards


def change(where: Path, number: int, deed: Callable[[list[bytes]], list[bytes]]) -> None:
    """Write a segment anew with other lines; the first of them is about the file."""
    path = segments(where)[number].path
    path.write_bytes(
        gzip.compress(b"".join(deed(gzip.decompress(path.read_bytes()).splitlines(keepends=True))))
    )


def lost(where: Path) -> None:
    segments(where)[1].path.unlink()


def one_word_changed(where: Path) -> None:
    change(where, 1, lambda lines: [line.replace(b"team 7", b"team X", 1) for line in lines])


def one_row_taken_out(where: Path) -> None:
    change(where, 1, lambda lines: [*lines[:4], *lines[5:]])


def rows_exchanged(where: Path) -> None:
    change(where, 1, lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]])


def cut_off(where: Path) -> None:
    path = segments(where)[1].path
    path.write_bytes(path.read_bytes()[:-20])


def last_row_cut_off(where: Path) -> None:
    change(where, 1, lambda lines: lines[:-1])


def files_exchanged(where: Path) -> None:
    one, two = (segment.path for segment in segments(where)[:2])
    aside = where / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


def no_segment_at_all(where: Path) -> None:
    segments(where)[1].path.write_bytes(b"not gzip")


def made_anew(where: Path) -> None:
    """The same rows in another file: the chain holds, and it is not the file that was sealed."""
    path = segments(where)[1].path
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))


def another_first_line(where: Path) -> None:
    change(where, 1, lambda lines: [lines[0].replace(b'"rows": 7', b'"rows": 8'), *lines[1:]])


@pytest.mark.parametrize(
    ("deed", "kind", "row"),
    [
        (lost, "missing", 8),
        (one_word_changed, "changed", 8),
        (one_row_taken_out, "missing", 11),
        (rows_exchanged, "missing", 10),
        (cut_off, "changed", None),
        (last_row_cut_off, "changed", 14),
        (files_exchanged, "missing", 1),
        (no_segment_at_all, "changed", 8),
        (made_anew, "changed", 8),
        (another_first_line, "changed", 15),
    ],
)
def test_it_names_the_first_row_that_is_not_right(
    year: Trail, tmp_path: Path, deed: Callable[[Path], None], kind: str, row: int | None
) -> None:
    seal(tmp_path)
    deed(tmp_path)
    wrong = verify(where=tmp_path).wrong
    assert wrong is not None
    assert (wrong.kind, row or wrong.sequence) == (kind, wrong.sequence), wrong.told
    with pytest.raises(CommandError, match=kind.upper()) as refused:
        call_command("verify_audit", segments=tmp_path, stdout=io.StringIO())
    assert refused.value.returncode == 1


def test_a_lost_file_is_named(year: Trail, tmp_path: Path) -> None:
    seal(tmp_path)
    name = segments(tmp_path)[1].path.name
    lost(tmp_path)
    wrong = verify(where=tmp_path).wrong
    assert wrong is not None
    assert name in wrong.told
    assert str(tmp_path) in wrong.told


def test_heads_of_sealed_rows_are_still_held_against_it(year: Trail, tmp_path: Path) -> None:
    seal(tmp_path)
    wrong = verify([Head(3, "a" * 64)], tmp_path).wrong
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("rewritten", 3)


# --- when nothing is sealed


def test_a_chain_that_does_not_hold_is_not_sealed(year: Trail, tmp_path: Path) -> None:
    unguard()
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")
    guards.install(connections[ALIAS])
    with pytest.raises(CommandError, match="CHANGED"):
        seal(tmp_path)
    assert Entry.objects.first().sequence == 1  # type: ignore[union-attr]
    assert segments(tmp_path) == []


def test_without_the_triggers_nothing_is_sealed(year: Trail, tmp_path: Path) -> None:
    unguard()
    try:
        with pytest.raises(CommandError, match="triggers"):
            seal(tmp_path)
        assert Entry.objects.first().sequence == 1  # type: ignore[union-attr]
    finally:
        guards.install(connections[ALIAS])
        wait_for(lambda: health().is_writable)


def test_a_file_that_is_not_what_the_table_has_is_not_believed(year: Trail, tmp_path: Path) -> None:
    """As after an older backup of the database was put back: the files are of other rows, and stay as they are."""
    seal(tmp_path, "2026-07")
    (segment,) = segments(tmp_path)
    held = segment.path.read_bytes()
    there = tmp_path / "other"
    there.mkdir()
    (there / "trail-2026-07-8-14.jsonl.gz").write_bytes(held)
    with pytest.raises(sealing.NotSealed):
        list(sealing.seal(datetime(2026, 9, 1, tzinfo=UTC), there))
    (there / "trail-2026-07-8-14.jsonl.gz").rename(there / "trail-2026-07-8-99.jsonl.gz")
    with pytest.raises(sealing.NotSealed, match="move the file away"):
        list(sealing.seal(datetime(2026, 9, 1, tzinfo=UTC), there))
    assert Entry.objects.order_by("sequence").first().sequence == 8  # type: ignore[union-attr]


def test_a_file_of_another_chain_is_not_believed(year: Trail, tmp_path: Path) -> None:
    """Whole in itself, under the right name, and with other rows than the table's."""
    rows, previous = list(Entry.objects.filter(sequence__lte=EACH)), guards.GENESIS
    for row in rows:
        row.subject, row.previous = "team forged", previous
        previous = row.hash = digest(row)
    when = rows[0].at.isoformat()
    write(tmp_path, "2026-06", rows, About(1, EACH, EACH, guards.GENESIS, previous, when, when))
    with pytest.raises(CommandError, match="a row that differs from the table"):
        seal(tmp_path)
    assert Entry.objects.order_by("sequence").first().sequence == 1  # type: ignore[union-attr]
    assert not year.rows(verb="trail-sealed").exists()


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-7", "next", "9999-01", ""])
def test_what_is_no_month_that_has_begun_is_refused(year: Trail, tmp_path: Path, month: str) -> None:
    with pytest.raises(CommandError, match="month") as refused:
        seal(tmp_path, month)
    assert refused.value.returncode == 2


# --- meanwhile


def test_others_write_and_verify_meanwhile(year: Trail, tmp_path: Path) -> None:
    over, wrong, written = threading.Event(), list[object](), list[int]()

    def write() -> None:
        while not over.is_set():
            written.append(record(Fact(verb="team-create", subject="team meanwhile")))

    def look() -> None:
        while not over.is_set():
            wrong.append(verify(where=tmp_path).wrong)
        connections.close_all()

    threads = [threading.Thread(target=write), threading.Thread(target=look)]
    for thread in threads:
        thread.start()
    try:
        seal(tmp_path)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert [one for one in wrong if one is not None] == []
    assert written == sorted(set(written))
    assert verify(where=tmp_path).wrong is None


def test_pages_and_exports_say_where_older_rows_are(
    year: Trail, browser_of: Browser, cast: dict[str, User], tmp_path: Path
) -> None:
    pages = ("/people/audit/", "/people/audit/export/")
    for path in pages:
        assert "have been archived" not in browser_of("aude").get(path).content.decode()
    seal(tmp_path, "2026-08")
    for path in pages:
        for who in ("aude", "dana"):
            page = browser_of(who).get(path).content.decode()
            assert "have been archived" in page
            assert "2026-08-01" in page
