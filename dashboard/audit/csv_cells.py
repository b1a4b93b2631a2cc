"""CSV and JSON Lines export: exact rows for programs, cells without formulas for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dashboard.audit.actions import Action
from people.audit.models import AuditEntry
from people.audit.sanitizing import sanitize_text
from people.audit.time_range import format_utc

# The stored fields of a row, and those that reveal other people's rows: sequences and the previous hash.
ROW = tuple(field.attname for field in AuditEntry._meta.concrete_fields)
CHAIN_FIELDS = ("sequence", "request", "previous")
COLUMNS = (
    "sequence", "at", "person", "person_id", "global_role", "role", "token", "session", "address",
    "cluster", "cluster_id", "verb", "group", "version", "resource", "subresource", "namespace", "name", "target",
    "credential", "credential_id", "identity", "result", "status", "reason", "audit_id", "duration_ms", "detail",
    "hash", "previous", "result_sequence", "result_at", "result_hash", "result_previous",
)  # fmt: skip
GLOBAL_COLUMNS = ("sequence", "previous", "result_sequence", "result_previous")
LONGEST = 20_000  # characters of a cell; a spreadsheet takes 32,767

# A cell that begins so is a formula: for the spreadsheet that opens it, whatever quotes stand around it. In half of
# Europe a list's separator is the semicolon, so a cell may begin behind one as well.
_FORMULA = re.compile("(^|;)([\\s\"']*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")
_UNSAFE_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9.=-]+")


def csv_text(actions: Iterable[Action], *, can_see_all: bool, heading: bool = True) -> str:
    """RFC 4180, every cell in quotes; `can_see_all` includes the sequences that run through everybody's rows."""
    columns = [name for name in COLUMNS if can_see_all or name not in GLOBAL_COLUMNS]
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if heading:
        writer.writerow(columns)
    for action in actions:
        values = summarize(action)
        writer.writerow([render_cell(values[name]) for name in columns])
    return written.getvalue()


def json_lines(actions: Iterable[Action], *, can_see_all: bool) -> str:
    """One object a line: what is in the CSV, and under `rows` the rows of the chain exactly as they are stored."""
    return "".join(f"{_json_line(action, can_see_all)}\n" for action in actions)


def summarize(action: Action) -> dict[str, Any]:
    """The columns of an action: who requested what, and with which result."""
    first, last, result_entry = action.first, action.last, action.result_entry
    return {
        **{name: getattr(first, name) for name in COLUMNS if name in ROW},
        **{name: getattr(last, name) for name in ("status", "reason", "audit_id", "detail")},
        "result": action.result,
        "duration_ms": last.duration,
        "result_sequence": result_entry.sequence if result_entry else None,
        "result_at": result_entry.at if result_entry else None,
        "result_hash": result_entry.hash if result_entry else "",
        "result_previous": result_entry.previous if result_entry else "",
    }


def render_cell(value: Any) -> str:
    """Text in which nothing is invisible, breaks a line or turns the writing, and which no spreadsheet calculates."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, bool | int):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _FORMULA.sub(r"\1\2'", sanitize_text(text, LONGEST))


def _json_line(action: Action, can_see_all: bool) -> str:
    values = {
        name: value for name, value in summarize(action).items() if can_see_all or name not in GLOBAL_COLUMNS
    }
    rows = [_json_row(one, can_see_all) for one in (action.first, action.result_entry) if one is not None]
    return json.dumps({**values, "rows": rows}, ensure_ascii=True, default=_json_value)


def _json_row(entry: AuditEntry, can_see_all: bool) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ROW if can_see_all or name not in CHAIN_FIELDS}


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        return format_utc(value)
    raise TypeError(f"{type(value).__name__} does not stand in a row")


def join_file_name(parts: Sequence[str]) -> str:
    """The parts of a file's name as every system takes them."""
    cleaned = [_UNSAFE_IN_FILE_NAME.sub("-", part).strip("-.")[:40] for part in parts]
    return "_".join(part for part in cleaned if part)[:150]
