"""Hostile text in audit entries: bounded, sanitized, and the hash chain stays valid."""

from __future__ import annotations

import unicodedata
from dataclasses import fields
from typing import Any

import pytest
from django.db.models import CharField
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.audit.draft import build_entry
from people.audit.integrity.verifying import verify
from people.audit.models import AuditEntry, Phase
from people.audit.record import AuditDraft, AuditTrailUnavailable, health, record
from people.audit.sanitizing import DETAIL, sanitize_detail, sanitize_text
from people.audit.writer import QueuedEntry, Writer
from tests.audit_trail import AuditTrail

TEXTS = [one.name for one in fields(AuditDraft) if one.type in ("str", str)]
LIMITS = {
    one.attname: one.max_length for one in AuditEntry._meta.concrete_fields if isinstance(one, CharField)
}
HOSTILE = {
    "cr and lf": "one\r\ntwo\nthree",
    "ansi": "\x1b[2J\x1b]0;title\x07red",
    "bidi": "user\u202ecod.exe\u2066x\u2069",
    "nul": "a\x00b",
    "a megabyte": "x" * 1024 * 1024,
    "a megabyte of controls": "\u202e" * 1024 * 1024,
    "lone surrogates": "\ud800 \udfff",
    "unseen": "a\u200bb\ufeffc\u00ad",
    "beyond the plane": "\U0001f6a2\U000e0001",
    "formula": "=HYPERLINK(1)",
    "sql": "'); DROP TABLE audit_entry; --",
    "html": "<script>alert(1)</script>",
    "separators": "\u2028\u2029\x85",
    "combining": "a" + "\u0301" * 500,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_text_in_every_field(empty_audit_trail: AuditTrail, text: str) -> None:
    values: dict[str, Any] = {name: text for name in TEXTS}
    record(AuditDraft(**values, detail={text: [text, {text: text}]}))
    record(AuditDraft(verb="after"))
    row = empty_audit_trail.list_rows()[0]
    for name in TEXTS:
        stored = getattr(row, name)
        assert len(stored) <= LIMITS[name], name
        assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in stored), name
        assert stored, name
    assert verify().first_break is None
    assert verify().rows == 2


def test_what_was_there_can_still_be_read_off() -> None:
    assert (
        sanitize_text("a\r\n\x1b[1mb\u202ec\ud800\U000e0001", 100)
        == "a\\x0d\\x0a\\x1b[1mb\\u202ec\\ud800\\U000e0001"
    )
    assert sanitize_text("Zoë Müller 船", 100) == "Zoë Müller 船"
    assert sanitize_text("x" * 10, 5) == "xxxx…"
    assert sanitize_text("x" * 5, 5) == "xxxxx"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(), max_size=300), limit=st.integers(8, 200))
def test_no_text_with_bidi_or_control_characters_passes(text: str, limit: int) -> None:
    shown = sanitize_text(text, limit)
    assert len(shown) <= limit
    assert shown.encode("utf-8").decode() == shown
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in shown)
    assert sanitize_text(shown, limit) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=20), inner, max_size=8),
    max_leaves=20,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(detail=st.dictionaries(st.text(max_size=50), JSON, max_size=12))
def test_any_detail_is_bounded(detail: dict[str, Any]) -> None:
    entry = build_entry(AuditDraft(verb="x", detail=detail), Phase.EVENT)
    assert len(str(entry.detail)) <= 3 * DETAIL
    assert (
        sanitize_detail(sanitize_detail(detail)) == sanitize_detail(detail)
        or len(str(sanitize_detail(detail))) > DETAIL / 2
    )


def test_details_of_any_kind_hold_in_the_chain(empty_audit_trail: AuditTrail) -> None:
    within: dict[str, Any] = {}
    within["itself"] = within
    for detail in (
        {"a": 1.5, "b": float("nan"), "c": 10**40, "d": b"bytes", "e": None, "f": True, "g": {1: 2}},
        {"z": 1, "a": 2, "ä": "\x00", "10": 1, "9": 1},
        {str(number): "x" * 1000 for number in range(1000)},
        {"list": list(range(1000))},
        within,
    ):
        record(AuditDraft(verb="x", detail=detail))
    assert verify().first_break is None
    assert verify().rows == 5
    first = empty_audit_trail.list_rows()[0]
    assert first.detail["c"] == "1" + "0" * 40
    assert first.detail["f"] is True


def test_numbers_that_no_api_server_answers(empty_audit_trail: AuditTrail) -> None:
    record(AuditDraft(verb="create", status=10**30, duration=-(10**30)))
    assert empty_audit_trail.get_last().status == 2**31 - 1
    assert verify().first_break is None


def test_a_row_that_the_database_refuses_costs_the_others_nothing(audit_trail: AuditTrail) -> None:
    """They wait for the same transaction: those that are in order are written, each by itself."""
    writer = Writer()
    good = [build_entry(AuditDraft(verb="x", name=str(number)), Phase.EVENT) for number in range(3)]
    bad = build_entry(AuditDraft(verb="x"), Phase.EVENT)
    bad.phase = None  # type: ignore[assignment]
    waiting = [QueuedEntry(entry) for entry in (*good[:2], bad, good[2])]
    for one in waiting:
        writer._queue.put(one)
    writer._start()
    futures = [one.future for one in waiting]
    assert [futures[number].result(30) > 0 for number in (0, 1, 3)] == [True, True, True]
    with pytest.raises(AuditTrailUnavailable, match="rejected the row"):
        futures[2].result(30)
    assert writer.health.is_writable
    assert health().is_writable
    writer.stop()
    assert {row.name for row in audit_trail.list_rows()} == {"0", "1", "2"}
    assert verify().first_break is None
