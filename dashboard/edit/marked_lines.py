"""Marked lines: violations and remarks, each with the line of the text that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusters.changes.violations import Violation

MARKED_LINES = 50  # of one violation list


def mark_lines(violations: Sequence[Violation], text: str) -> Sequence[Mapping[str, Any]]:
    """What templates/edit/lines.html shows of each."""
    lines = text.split("\n")
    return [
        {"line": one.line, "field": one.field, "message": one.message, "written": lines[one.line - 1][:200]}
        if 0 < one.line <= len(lines)
        else {"line": 0, "field": one.field, "message": one.message, "written": ""}
        for one in violations[:MARKED_LINES]
    ]
