"""Command verify_audit: detects every change by an owner of the database, and names the first row."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from people.audit import triggers
from people.audit.chain import digest
from people.audit.integrity.reading import CHUNK
from people.audit.integrity.verifying import Checkpoint, verify
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, begin, record
from people.audit.routing import ALIAS
from tests.audit_trail import AuditTrail, drop_triggers, run_sql

ROWS = 12
ONLY_SQLITE = pytest.mark.skipif(
    "connections['audit'].vendor != 'sqlite'", reason="other databases check types"
)


@pytest.fixture
def twelve_rows(empty_audit_trail: AuditTrail) -> AuditTrail:
    """Twelve rows; the test may do with them what it likes, and the triggers stand again when it ends."""
    for number in range(ROWS - 2):
        record(AuditDraft(verb="team-create", person="anna", target=f"team {number}", detail={"n": number}))
    begin(AuditDraft(verb="create", name="a")).close("ok", 201)
    return empty_audit_trail


def rehash_row(sequence: int) -> None:
    """Make the row's own hash fit what it says."""
    row = AuditEntry.objects.get(sequence=sequence)
    run_sql(f"UPDATE audit_entry SET hash = '{digest(row)}' WHERE sequence = {sequence}")


def rewrite_from(sequence: int) -> None:
    """Make all of the chain fit from a row on: who owns the database can do that too."""
    previous = AuditEntry.objects.get(sequence=sequence - 1).hash if sequence > 1 else triggers.GENESIS
    for row in list(AuditEntry.objects.filter(sequence__gte=sequence)):
        run_sql(f"UPDATE audit_entry SET previous = '{previous}' WHERE sequence = {row.sequence}")
        rehash_row(row.sequence)
        previous = AuditEntry.objects.get(sequence=row.sequence).hash


def renumber(sequences: range, offset: int) -> None:
    order = sequences if offset < 0 else reversed(sequences)
    run_sql(*(f"UPDATE audit_entry SET sequence = {n + offset} WHERE sequence = {n}" for n in order))


def forge_row(sequence: int, previous_sequence: int) -> None:
    """A row that fits itself and the one before it."""
    like = AuditEntry.objects.first()
    assert like is not None
    like.sequence, like.target = sequence, "forged"
    like.previous = AuditEntry.objects.get(sequence=previous_sequence).hash
    like.hash = digest(like)
    drop_triggers()
    like.save(force_insert=True, using=ALIAS)
    triggers.install(connections[ALIAS])


def change_row() -> None:
    run_sql("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")


def change_and_rehash() -> None:
    change_row()
    rehash_row(5)


def change_to_invalid_value() -> None:
    run_sql("UPDATE audit_entry SET at = 'long ago' WHERE sequence = 5")


def remove_row() -> None:
    run_sql("DELETE FROM audit_entry WHERE sequence = 5")


def remove_row_and_renumber() -> None:
    remove_row()
    renumber(range(6, ROWS + 1), -1)


def remove_first_row() -> None:
    run_sql("DELETE FROM audit_entry WHERE sequence = 1")


def insert_row() -> None:
    renumber(range(5, ROWS + 1), 1)
    forge_row(5, 4)


def insert_wrong_row() -> None:
    insert_row()
    run_sql("UPDATE audit_entry SET person = 'rene' WHERE sequence = 5")


def insert_before_first() -> None:
    forge_row(0, 1)


def swap_rows() -> None:
    run_sql(
        "UPDATE audit_entry SET sequence = 100 WHERE sequence = 5",
        "UPDATE audit_entry SET sequence = 5 WHERE sequence = 8",
        "UPDATE audit_entry SET sequence = 8 WHERE sequence = 100",
    )


@pytest.mark.parametrize(
    ("tamper", "kind", "row"),
    [
        (change_row, "changed", 5),
        (change_and_rehash, "changed", 5),
        pytest.param(change_to_invalid_value, "changed", 5, marks=ONLY_SQLITE),
        (remove_row, "missing", 5),
        (remove_row_and_renumber, "missing", 5),
        (remove_first_row, "missing", 1),
        (insert_row, "inserted", 5),
        (insert_wrong_row, "inserted", 5),
        (insert_before_first, "inserted", 0),
        (swap_rows, "order", 5),
    ],
)
def test_it_names_the_first_row_that_is_not_right(
    twelve_rows: AuditTrail, tamper: Callable[[], None], kind: str, row: int
) -> None:
    assert verify().first_break is None
    tamper()
    wrong = verify().first_break
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == (kind, row)
    with pytest.raises(CommandError, match=f"{kind.upper()}: .*{row}") as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    "field", [one.attname for one in AuditEntry._meta.concrete_fields if one.attname != "sequence"]
)
def test_no_field_can_be_changed_unseen(twelve_rows: AuditTrail, field: str) -> None:
    column, value = (
        connections[ALIAS].ops.quote_name(field),
        AuditEntry.objects.values_list(field, flat=True).get(sequence=7),
    )
    texts = {"at": "2001-01-01 00:00:00+00:00", "detail": '{"n": 99}', "hash": "f" * 64, "previous": "e" * 64}
    other = texts.get(field) or ("7" if value is None or isinstance(value, int) else "x")
    run_sql(f"UPDATE audit_entry SET {column} = '{other}' WHERE sequence = 7")
    wrong = verify().first_break
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("changed", 7)


def test_it_detects_a_truncation_by_a_saved_checkpoint(twelve_rows: AuditTrail, tmp_path: Path) -> None:
    checkpoint, file = verify().checkpoint, tmp_path / "checkpoints"
    assert checkpoint.sequence == ROWS
    call_command("verify_audit", checkpoint_file=file, remember=True, stdout=io.StringIO())
    assert file.read_text() == f"{checkpoint}\n"
    run_sql(f"DELETE FROM audit_entry WHERE sequence > {ROWS - 3}")
    assert verify().first_break is None, "without a checkpoint nobody can see it"
    for remembered in ({"checkpoint": [str(checkpoint)]}, {"checkpoint_file": file}):
        with pytest.raises(CommandError, match=r"CUT: .* rows 10 to 12 are missing") as refused:
            call_command("verify_audit", stdout=io.StringIO(), **remembered)
        assert refused.value.returncode == 3


def test_it_detects_that_all_was_rewritten(twelve_rows: AuditTrail) -> None:
    checkpoint = verify().checkpoint
    change_row()
    rewrite_from(5)
    assert verify().first_break is None, "the chain fits in itself"
    wrong = verify([checkpoint]).first_break
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("rewritten", ROWS)
    with pytest.raises(CommandError, match="REWRITTEN") as refused:
        call_command("verify_audit", checkpoint=[str(checkpoint)], stdout=io.StringIO())
    assert refused.value.returncode == 3


def test_it_prints_the_checkpoint_and_goes_on_from_there(twelve_rows: AuditTrail) -> None:
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    checkpoint = said.getvalue().split()[-1]
    assert checkpoint == str(verify().checkpoint)
    record(AuditDraft(verb="team-delete"))
    call_command("verify_audit", checkpoint=[checkpoint], stdout=said)
    assert said.getvalue().split()[-1].startswith(f"{ROWS + 1}:")


def test_an_empty_audit_trail_is_valid(empty_audit_trail: AuditTrail) -> None:
    assert verify().checkpoint == Checkpoint(0, triggers.GENESIS)
    wrong = verify([Checkpoint(3, "a" * 64)]).first_break
    assert wrong is not None
    assert (wrong.kind, wrong.sequence) == ("cut", 1)


def test_it_holds_few_rows_at_once(twelve_rows: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("people.audit.integrity.reading.CHUNK", 5)
    verdict = verify()
    assert (verdict.rows, verdict.first_break) == (ROWS, None)
    remove_row()
    assert verify().first_break is not None
    assert CHUNK <= 10_000


@pytest.mark.parametrize("checkpoint", ["", "12", "12:xyz", f"x:{'a' * 64}", f"12:{'A' * 64}"])
def test_an_invalid_checkpoint_is_refused(twelve_rows: AuditTrail, checkpoint: str) -> None:
    with pytest.raises(CommandError, match="Not a valid checkpoint") as refused:
        call_command("verify_audit", checkpoint=[checkpoint], stdout=io.StringIO())
    assert refused.value.returncode == 2


def test_remember_needs_a_file(twelve_rows: AuditTrail, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--checkpoint-file"):
        call_command("verify_audit", remember=True, stdout=io.StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", checkpoint_file=tmp_path / "none", stdout=io.StringIO())


def test_the_earlier_option_names_still_work(twelve_rows: AuditTrail, tmp_path: Path) -> None:
    checkpoint, file = str(verify().checkpoint), tmp_path / "checkpoints"
    file.write_text(f"{checkpoint}\n")
    said = io.StringIO()
    call_command("verify_audit", "--head", checkpoint, "--head-file", str(file), stdout=said)
    assert f"All {ROWS} rows are valid" in said.getvalue()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", "--head-file", str(tmp_path / "none"), stdout=io.StringIO())
