"""Pieces of a drain's page: rendered alike for its first load and for its socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from clusters.operations.watch import OperationSnapshot
from dashboard.drains.presenter import ItemRow, build_summary
from dashboard.pieces.differ import digest


def render_pieces(snapshot: OperationSnapshot, **controls: Any) -> Mapping[str, SafeString]:
    """By the id of their element. `controls` says which buttons there are."""
    summary = build_summary(snapshot)
    context = {"summary": summary, **controls}
    return {
        "drain-summary": render_to_string("drains/drain.html#summary", context),
        "drain-controls": render_to_string("drains/drain.html#controls", context),
    }


def render_row(row: ItemRow) -> SafeString:
    return render_to_string("drains/row.html", {"row": row})


def render_rows(rows: Sequence[ItemRow]) -> SafeString:
    return format_html_join("", "{}", ((render_row(row),) for row in rows))


def window_of(rows: Sequence[ItemRow]) -> str:
    """One word for the rows that a page shows."""
    return digest("".join(map(repr, rows)))
