"""Cut trails: an audit trail that was emptied, cut or rewritten stops the start until that is accepted (class 44).

The attacker writes the audit trail's own database as its owner, and has none of the keys.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from people.audit import checkpoints, triggers
from people.audit.chain import canonical
from people.audit.checkpoints import NOTHING, Checkpoint
from people.audit.integrity.checkpoint_saver import CheckpointSaver
from people.audit.integrity.reading import find_end
from people.audit.integrity.start_check import find_fault
from people.audit.integrity.verifying import verify
from people.audit.keys import KEYED
from people.audit.models import AuditEntry
from people.audit.record import AuditDraft, record
from people.audit.routing import ALIAS
from people.audit.writer import writer
from people.models import AuditCheckpoint
from tests.audit_trail import AuditTrail, delete_entries, run_sql
from tests.dashboard_server import ROOT, DashboardServer

ROWS = 12
OTHER_KEY = base64.b64encode(b"another sealing key of 32 bytes!").decode()


@pytest.fixture
def twelve_rows(empty_audit_trail: AuditTrail) -> Iterator[AuditTrail]:
    """Twelve rows whose end is the checkpoint, as a server leaves them."""
    for number in range(ROWS):
        record(AuditDraft(verb="team-create", person="anna", target=f"team {number}"))
    checkpoints.save(find_end(), replace=True)
    assert find_fault() == ""
    yield empty_audit_trail
    delete_entries()


def forge_from(first: int, *, key_id: str = "") -> None:
    """Everything from a row on is written anew, with what hashes can be made without a key."""
    rows = list(AuditEntry.objects.filter(sequence__gte=first).order_by("sequence"))
    previous = AuditEntry.objects.get(sequence=first - 1).hash if first > 1 else triggers.GENESIS
    run_sql(f"DELETE FROM audit_entry WHERE sequence >= {first}")
    for row in rows:
        row.person, row.previous, row.key_id = "mallory", previous, key_id
        previous = row.hash = hashlib.sha256(canonical(row)).hexdigest()
        row.save(force_insert=True, using=ALIAS)


def cut_end() -> None:
    run_sql("DELETE FROM audit_entry WHERE sequence > 9")


def cut_all() -> None:
    run_sql("DELETE FROM audit_entry")


def cut_beginning() -> None:
    run_sql("DELETE FROM audit_entry WHERE sequence < 4")


def change_row() -> None:
    run_sql("UPDATE audit_entry SET person = 'mallory' WHERE sequence = 5")


def forge_keyed_rows() -> None:
    forge_from(5, key_id=AuditEntry.objects.values_list("key_id", flat=True).get(sequence=1))


def forge_old_rows() -> None:
    """As rows of an earlier version, which have no key."""
    forge_from(1)


def remove_checkpoint() -> None:
    AuditCheckpoint.objects.all().delete()


def lower_checkpoint() -> None:
    """With the main database as well: the end is cut, and the checkpoint set back to it, without its key."""
    cut_end()
    AuditCheckpoint.objects.update(sequence=9, hash=find_end().hash)


ATTACKS: dict[Callable[[], None], str] = {
    cut_end: "ends with row 9: rows 10 to 12 are missing",
    cut_all: "is empty, though it had 12 rows",
    cut_beginning: "Rows 1 to 3 of the audit trail are missing, and were not archived",
    change_row: "Row 5 was changed",
    forge_keyed_rows: "was rewritten: row 12 is not the one",
    forge_old_rows: "was rewritten: row 12 is not the one",
    remove_checkpoint: "no checkpoint of the audit trail any more",
    lower_checkpoint: "was not signed with QUARTERDECK_SEALING_KEYS",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_it_is_found_at_the_next_start(twelve_rows: AuditTrail, attack: Callable[[], None]) -> None:
    attack()
    assert ATTACKS[attack] in find_fault()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_who_accepts_it_and_why_is_recorded_and_it_goes_on(
    twelve_rows: AuditTrail, attack: Callable[[], None]
) -> None:
    attack()
    with pytest.raises(CommandError, match="--why is missing"):
        call_command("accept_new_audit_trail", who="ada", why=" ", stdout=io.StringIO())
    assert ATTACKS[attack] in find_fault(), "nothing is accepted without a reason"
    call_command("accept_new_audit_trail", who="ada", why="the disk was lost", stdout=io.StringIO())
    assert find_fault() == ""
    entry = AuditEntry.objects.get(verb="trail-accepted")
    assert (entry.person, entry.reason) == ("program manage.py accept_new_audit_trail", "the disk was lost")
    assert entry.detail["who"] == "ada"
    assert ATTACKS[attack] in entry.detail["fault"]
    record(AuditDraft(verb="team-create", person="anna", target="team after"))
    assert find_fault() == ""
    written = io.StringIO()
    call_command("verify_audit", stdout=written)
    assert "ada accepted this audit trail" in written.getvalue()
    assert "the disk was lost" in written.getvalue()


def test_a_new_audit_trail_begins_with_who_accepted_it(twelve_rows: AuditTrail) -> None:
    cut_all()
    call_command("accept_new_audit_trail", who="ada", why="the disk was lost", stdout=io.StringIO())
    assert [(row.sequence, row.verb) for row in AuditEntry.objects.all()] == [(1, "trail-accepted")]


def test_nothing_is_accepted_where_nothing_is_wrong(twelve_rows: AuditTrail) -> None:
    written = io.StringIO()
    call_command("accept_new_audit_trail", who="ada", why="just so", stdout=written)
    assert "nothing to accept" in written.getvalue()
    assert not AuditEntry.objects.filter(verb="trail-accepted").exists()


def test_without_the_key_nobody_can_make_a_row(twelve_rows: AuditTrail) -> None:
    forge_keyed_rows()
    found = verify().first_break
    assert found is not None
    assert (found.kind, found.sequence) == ("changed", 5)


def test_an_old_row_without_a_key_is_none_behind_one_with_a_key(twelve_rows: AuditTrail) -> None:
    forge_from(8)
    found = verify().first_break
    assert found is not None
    assert (found.kind, found.sequence) == ("changed", 8)
    assert "names no key" in found.message


def test_a_chain_that_ends_without_a_key_is_none(twelve_rows: AuditTrail) -> None:
    """Who has no key can make all of it anew as an earlier version would have: it is not taken for one."""
    forge_old_rows()
    found = verify().first_break
    assert found is not None
    assert found.kind == "unkeyed"
    call_command("migrate", interactive=False, verbosity=0)
    assert not AuditEntry.objects.filter(verb=KEYED).exists(), "nor is it keyed by the next start"


def test_rows_of_an_earlier_version_are_keyed_once(twelve_rows: AuditTrail) -> None:
    forge_old_rows()
    checkpoints.save(NOTHING, replace=True)  # as the upgrade's migration leaves it
    for _ in range(2):
        call_command("migrate", interactive=False, verbosity=0)
    assert AuditEntry.objects.filter(verb=KEYED).count() == 1
    assert verify().first_break is None
    forge_from(3)
    assert verify().first_break is not None, "from then on they cannot be changed either"


def test_rows_of_a_key_that_was_rotated_are_still_verified(
    twelve_rows: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = settings.SEALING_KEYS
    monkeypatch.setattr(settings, "SEALING_KEYS", (OTHER_KEY, *before))
    record(AuditDraft(verb="team-create", person="anna", target="team under the new key"))
    monkeypatch.setattr(settings, "SEALING_KEYS", (OTHER_KEY,))
    verdict = verify()
    assert (verdict.rows, verdict.first_break) == (ROWS + 2, None)
    assert AuditEntry.objects.get(verb=KEYED).sequence == ROWS + 1
    run_sql("UPDATE audit_entry SET person = 'mallory' WHERE sequence = 3")
    found = verify().first_break
    assert found is not None
    assert (found.kind, found.sequence) == ("changed", 3)


def test_forged_values_are_a_sentence_and_never_a_traceback(twelve_rows: AuditTrail) -> None:
    record(AuditDraft(verb=KEYED, target="key", detail={"key": [], "older": {"a": "b"}}))
    assert find_fault() == ""
    assert verify().first_break is None
    AuditCheckpoint.objects.update(signature="ü" * 64)
    assert "was not signed with QUARTERDECK_SEALING_KEYS" in find_fault()


def test_verify_audit_refuses_without_the_environment_of_the_server(
    twelve_rows: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other keys it can say nothing, and of an empty trail neither."""
    monkeypatch.setattr(settings, "SEALING_KEYS", (OTHER_KEY,))
    with pytest.raises(
        CommandError, match=r"KEY: Row 1 cannot be verified: .*QUARTERDECK_SEALING_KEYS"
    ) as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 4
    monkeypatch.undo()
    cut_all()
    with pytest.raises(
        CommandError, match=r"no rows, so there is nothing to verify.*QUARTERDECK_DATA"
    ) as refused:
        call_command("verify_audit", stdout=io.StringIO())
    assert refused.value.returncode == 4


def test_the_checkpoint_stands_in_the_log_and_a_file_of_choice(
    twelve_rows: AuditTrail, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "checkpoints"
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FILE", file)
    end = find_end()
    with caplog.at_level("INFO", "people.audit.checkpoints"):
        checkpoints.publish(end)
    assert f"Audit trail checkpoint {end}" in caplog.text
    assert file.read_text() == f"{end}\n"
    call_command("verify_audit", checkpoint_file=file, stdout=io.StringIO())
    cut_end()
    checkpoints.save(find_end(), replace=True)  # even where the main database was set back with the key
    assert "rows 10 to 12 are missing" in find_fault()
    file.write_text("nonsense\n")
    assert "does not end with a checkpoint" in find_fault()


def test_a_running_server_does_not_bless_what_was_cut(
    twelve_rows: AuditTrail, transactional_db: None
) -> None:
    checkpoints.save(find_end(), replace=True)
    expected = checkpoints.read()
    cut_end()
    saver = CheckpointSaver(writer)
    saver.start()
    record(AuditDraft(verb="team-create", person="anna", target="team after the cut"))
    saver.stop()
    assert checkpoints.read() == expected
    assert "rows 11 to 12 are missing" in find_fault()


def test_a_running_server_saves_where_it_ends(transactional_db: None, twelve_rows: AuditTrail) -> None:
    checkpoints.save(find_end(), replace=True)
    saver = CheckpointSaver(writer)
    saver.start()
    number = record(AuditDraft(verb="team-create", person="anna", target="team of a server"))
    saver.stop()
    assert checkpoints.read() == Checkpoint(number, AuditEntry.objects.get(sequence=number).hash)


# --- the same with a server


@pytest.mark.skipif(
    connections[ALIAS].vendor != "sqlite", reason="only SQLite has a file that can be removed"
)
def test_a_server_whose_audit_trail_was_removed_starts_only_once_that_is_accepted(tmp_path: Path) -> None:
    served = DashboardServer(tmp_path).start()
    served.stop()
    manage(served, "signin_link", "ada")
    served.start_server()
    served.stop()
    assert re.search(r"Audit trail checkpoint \d+:[0-9a-f]{64}", served.log.read_text())
    for path in tmp_path.glob("audit.sqlite3*"):
        path.unlink()
    manage(served, "migrate", "-v0")
    done = manage(served, "serve", "--address", "127.0.0.1", "--port", str(served.port), status=1)
    assert "CommandError: The audit trail is empty, though it had" in done
    assert "manage.py accept_new_audit_trail" in done
    manage(served, "accept_new_audit_trail", "--who", "ada", "--why", "test")
    served.start_server()
    served.stop()
    with sqlite3.connect(tmp_path / "audit.sqlite3") as file:
        found = file.execute("SELECT verb, detail FROM audit_entry ORDER BY sequence LIMIT 1").fetchone()
    file.close()
    assert (found[0], json.loads(found[1])["who"]) == ("trail-accepted", "ada")


def manage(served: DashboardServer, *arguments: str, status: int = 0) -> str:
    """What it prints; it must have ended by itself."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=served.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
