"""Does `verify_audit` see what was done to the trail by somebody who owns the database, and name the first row?"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from people.audit import guards
from people.audit.chain import digest
from people.audit.models import Entry
from people.audit.record import Fact, intend, record
from people.audit.routing import ALIAS
from people.audit.verifying import CHUNK, Head, verify
from tests.trail import Trail, unguard

ROWS = 12
ONLY_SQLITE = pytest.mark.skipif(
    "connections['audit'].vendor != 'sqlite'", reason="other databases check types"
)


@pytest.fixture
def written(empty_trail: Trail) -> Trail:
    """Twelve rows; the test may do with them what it likes, and the triggers stand again when it ends."""
    for number in range(ROWS - 2):
        record(Fact(verb="team-create", person="anna", subject=f"team {number}", detail={"n": number}))
    intend(Fact(verb="create", name="a")).close("ok", 201)
    return empty_trail


def sql(*statements: str) -> None:
    """As one who took the triggers away, and put them up again."""
    unguard()
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        guards.install(connections[ALIAS])


def rehash(sequence: int) -> None:
    """Make the row's own hash fit what it says."""
    row = Entry.objects.get(sequence=sequence)
    sql(f"UPDATE audit_entry SET hash = '{digest(row)}' WHERE sequence = {sequence}")


def rewrite_from(sequence: int) -> None:
    """Make all of the chain fit from a row on: who owns the database can do that too."""
    previous = Entry.objects.get(sequence=sequence - 1).hash if sequence > 1 else guards.GENESIS
    for row in list(Entry.objects.filter(sequence__gte=sequence)):
        sql(f"UPDATE audit_entry SET previous = '{previous}' WHERE sequence = {row.sequence}")
        rehash(row.sequence)
        previous = Entry.objects.get(sequence=row.sequence).hash


def renumber(sequences: range, by: int) -> None:
    order = sequences if by < 0 else reversed(sequences)
    sql(*(f"UPDATE audit_entry SET sequence = {n + by} WHERE sequence = {n}" for n in order))


def forge(sequence: int, stands_on: int) -> None:
    """A row that fits itself and the one before it."""
    like = Entry.objects.first()
    assert like is not None
    like.sequence, like.subject = sequence, "forged"
    like.previous = Entry.objects.get(sequence=stands_on).hash
    like.hash = digest(like)
    unguard()
    like.save(force_insert=True, using=ALIAS)
    guards.install(connections[ALIAS])


def change() -> None:
    sql("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")


def change_and_rehash() -> None:
    change()
    rehash(5)


def change_what_no_field_takes() -> None:
    sql("UPDATE audit_entry SET at = 'long ago' WHERE sequence = 5")


def take_out() -> None:
    sql("DELETE FROM audit_entry WHERE sequence = 5")


def take_out_and_renumber() -> None:
    take_out()
    renumber(range(6, ROWS + 1), -1)


def take_out_the_first() -> None:
    sql("DELETE FROM audit_entry WHERE sequence = 1")


def insert() -> None:
    renumber(range(5, ROWS + 1), 1)
    forge(5, 4)


def insert_carelessly() -> None:
    insert()
    sql("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")


def insert_before_the_first() -> None:
    forge(0, 1)


def exchange() -> None:
    sql(
        "UPDATE audit_entry SET sequence = 100 WHERE sequence = 5",
        "UPDATE audit_entry SET sequence = 5 WHERE sequence = 8",
        "UPDATE audit_entry SET sequence = 8 WHERE sequence = 100",
    )


@pytest.mark.parametrize(
    ("deed", "kind", "row"),
    [
        (change, "changed", 5),
        (change_and_rehash, "changed", 5),
        pytest.param(change_what_no_field_takes, "changed", 5, marks=ONLY_SQLITE),
        (take_out, "missing", 5),
        (take_out_and_renumber, "missing", 5),
        (take_out_the_first, "missing", 1),
        (insert, "inserted", 5),
        (insert_carelessly, "inserted", 5),
        (insert_before_the_first, "inserted", 0),
        (exchange, "order", 5),
    ],
)
def test_it_names_the_first_row_that_is_not_right(
    written: Trail, deed: Callable[[], None], kind: str, row: int
) -> None:
    assert verify().wrong is None
    deed()
    wrong = verify().wrong
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == (kind, row)
    with pytest.raises(CommandError, match=f"{kind.upper()}: .*{row}") as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    "field", [one.attname for one in Entry._meta.concrete_fields if one.attname != "sequence"]
)
def test_no_field_can_be_changed_unseen(written: Trail, field: str) -> None:
    column, value = (
        connections[ALIAS].ops.quote_name(field),
        Entry.objects.values_list(field, flat=True).get(sequence=7),
    )
    texts = {"at": "2001-01-01 00:00:00+00:00", "detail": '{"n": 99}', "hash": "f" * 64, "previous": "e" * 64}
    other = texts.get(field) or ("7" if value is None or isinstance(value, int) else "x")
    sql(f"UPDATE audit_entry SET {column} = '{other}' WHERE sequence = 7")
    wrong = verify().wrong
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("changed", 7)


def test_it_sees_a_cut_off_end_against_a_remembered_head(written: Trail, tmp_path: Path) -> None:
    head, file = verify().head, tmp_path / "heads"
    assert head.sequence == ROWS
    call_command("verify_audit", head_file=file, remember=True, stdout=io.StringIO())
    assert file.read_text() == f"{head}\n"
    sql(f"DELETE FROM audit_entry WHERE sequence > {ROWS - 3}")
    assert verify().wrong is None, "without a remembered head nobody can see it"
    for remembered in ({"head": [str(head)]}, {"head_file": file}):
        with pytest.raises(CommandError, match=r"CUT: .* rows 10 to 12 are missing") as refused:
            call_command("verify_audit", stdout=io.StringIO(), **remembered)
        assert refused.value.returncode == 3


def test_it_sees_that_all_was_written_anew(written: Trail) -> None:
    head = verify().head
    change()
    rewrite_from(5)
    assert verify().wrong is None, "the chain fits in itself"
    wrong = verify([head]).wrong
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("rewritten", ROWS)
    with pytest.raises(CommandError, match="REWRITTEN") as refused:
        call_command("verify_audit", head=[str(head)], stdout=io.StringIO())
    assert refused.value.returncode == 3


def test_it_prints_the_head_and_goes_on_from_there(written: Trail) -> None:
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    head = said.getvalue().split()[-1]
    assert head == str(verify().head)
    record(Fact(verb="team-delete"))
    call_command("verify_audit", head=[head], stdout=said)
    assert said.getvalue().split()[-1].startswith(f"{ROWS + 1}:")


def test_an_empty_trail_holds(empty_trail: Trail) -> None:
    assert verify().head == Head(0, guards.GENESIS)
    wrong = verify([Head(3, "a" * 64)]).wrong
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("cut", 1)


def test_it_holds_few_rows_at_once(written: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("people.audit.verifying.CHUNK", 5)
    verdict = verify()
    assert (verdict.rows, verdict.wrong) == (ROWS, None)
    take_out()
    assert verify().wrong is not None
    assert CHUNK <= 10_000


@pytest.mark.parametrize("head", ["", "12", "12:xyz", f"x:{'a' * 64}", f"12:{'A' * 64}"])
def test_a_head_that_is_none_is_refused(written: Trail, head: str) -> None:
    with pytest.raises(CommandError, match="Not a valid checkpoint") as refused:
        call_command("verify_audit", head=[head], stdout=io.StringIO())
    assert refused.value.returncode == 2


def test_remember_needs_a_file(written: Trail, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--head-file"):
        call_command("verify_audit", remember=True, stdout=io.StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", head_file=tmp_path / "none", stdout=io.StringIO())
