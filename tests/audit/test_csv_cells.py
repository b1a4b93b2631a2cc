"""CSV and JSON cells: harmless in a spreadsheet, exact for a program."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from dashboard.audit.actions import Action
from dashboard.audit.csv_cells import csv_text, join_file_name, json_lines, render_cell
from people.audit.models import AuditEntry

HOSTILE = {
    "line ends": "a\r\nb\u2028c\u2029d\x85e\x0bf",
    "terminal": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "bidi": "user\u202egpj.exe\u2066x\u2069\u200f\u061c",
    "zero width": "ad\u200bmin\ufeff\u2060\u00ad",
    "nul and halves": "a\x00b\ud800c",
    "quotes": 'a","b\n"=1+1',
}
WHEN = datetime(2026, 7, 1, 10, 11, 12, 13, tzinfo=UTC)


def build_entry(**more: object) -> AuditEntry:
    texts = {
        field.attname: ""
        for field in AuditEntry._meta.concrete_fields
        if field.get_internal_type() == "CharField"
    }
    return AuditEntry(
        **{**texts, "sequence": 7, "at": WHEN, "phase": "event", "result": "ok", "hash": "f" * 64, **more}
    )


def build_action(**more: object) -> Action:
    return Action(build_entry(**more), None, 7)


def parse_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", list(HOSTILE))
def test_it_makes_visible_what_is_invisible(name: str) -> None:
    written = render_cell(HOSTILE[name])
    assert written.isprintable()
    assert "\\" in written
    text = csv_text([build_action(person=HOSTILE[name], reason=HOSTILE[name])], can_see_all=True)
    assert text.count("\r\n") == 2
    assert text.count("\n") == 2
    (row,) = parse_csv(text)
    assert row["person"] == row["reason"] == written


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(sign: str) -> None:
    assert render_cell(f"{sign}1+1") == f"'{sign}1+1"
    assert render_cell(f"  {sign}cmd|' /C calc'!A0") == f"  '{sign}cmd|' /C calc'!A0"
    assert render_cell(f"\u3000{sign}1") == f"\u3000'{sign}1"
    assert render_cell(f'"{sign}1') == f"\"'{sign}1"
    assert render_cell(f"a;{sign}1; {sign}2") == f"a;'{sign}1; '{sign}2"
    assert render_cell({f"{sign}1": 1})[0] == "{"


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\x00", "\u200b"])
def test_what_stands_before_a_formula_hides_nothing(start: str) -> None:
    assert render_cell(f"{start}=1+1").startswith("\\")


@pytest.mark.parametrize("text", ["web-1", "a=b", "10.0.0.1", "user@example.com", "a+b", "Zoë", "船"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert render_cell(text) == text


def test_json_lines_are_exact_and_ascii() -> None:
    everything = "".join(HOSTILE.values())
    line = json_lines([build_action(person=everything, detail={"=1": ["\u202e"]})], can_see_all=True)
    assert line.isascii()
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    exported = json.loads(line)
    assert exported["person"] == exported["rows"][0]["person"] == everything
    assert exported["detail"] == {"=1": ["\u202e"]}
    assert exported["at"] == exported["rows"][0]["at"] == "2026-07-01T10:11:12.000013Z"


def test_a_request_and_its_result_are_one_row() -> None:
    request = build_entry(phase="intent", result="", previous="0" * 64)
    result_entry = build_entry(
        sequence=9, phase="outcome", request=7, result="denied", status=403, reason="no", audit_id="a1",
        duration=5, hash="e" * 64, previous="d" * 64,
    )  # fmt: skip
    both = Action(request, result_entry, 7)
    (row,) = parse_csv(csv_text([both], can_see_all=True))
    assert (row["sequence"], row["result"], row["status"], row["reason"]) == ("7", "denied", "403", "no")
    assert (row["audit_id"], row["duration_ms"], row["hash"]) == ("a1", "5", "f" * 64)
    assert (row["result_sequence"], row["result_hash"]) == ("9", "e" * 64)
    exported = json.loads(json_lines([both], can_see_all=True))
    assert [one["sequence"] for one in exported["rows"]] == [7, 9]
    (row,) = parse_csv(csv_text([Action(request, None, 7)], can_see_all=True))
    assert (row["result"], row["result_sequence"]) == ("unknown", "")


def test_numbers_that_run_through_everybodys_rows_are_left_out_for_one_person() -> None:
    result_entry = build_entry(sequence=90_000, phase="outcome", request=7, previous="d" * 64)
    both = Action(build_entry(sequence=70_000, phase="intent", previous="d" * 64), result_entry, 70_000)
    for text in (csv_text([both], can_see_all=False), json_lines([both], can_see_all=False)):
        assert "0000" not in text.replace(".000013Z", "")
        assert "dddd" not in text
        assert "sequence" not in text
        assert "previous" not in text


def test_a_files_name_holds_nothing_but_plain_letters() -> None:
    assert join_file_name(["trail", "person=../../e\u202e", "a b\r\n;\"'"]) == "trail_person=..-..-e_a-b"
    assert len(join_file_name(["x" * 500] * 9)) <= 150
    assert join_file_name(["..", "-"]) == ""
