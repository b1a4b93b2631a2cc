"""Updates: the text that live.js reads, byte for byte, and how a page's pacing reads it."""

from __future__ import annotations

import dataclasses

import pytest
from django.utils.safestring import SafeString, mark_safe

from dashboard.pieces.update import Piece, Update, build_update

ROW = mark_safe('<tr id="r1"><td>web &amp; more</td></tr>')
STATE = Piece("live-state", mark_safe("<b>Live</b>"))
CHANGED_ROW = Piece("list-rows", ROW, swap="rows", window="f00d")
MOVED_ROWS = Piece("list-rows", ROW, swap="rows", window="f00d", order="r1 r2")
EMPTIED_TABLE = Piece("list-rows", SafeString(), swap="rows", window="f00d", order="")


@pytest.mark.parametrize(
    ("piece", "html"),
    [
        (STATE, '<template data-swap="morph" data-target="#live-state"><b>Live</b></template>'),
        (
            CHANGED_ROW,
            f'<template data-swap="rows" data-target="#list-rows" data-window="f00d">{ROW}</template>',
        ),
        (
            MOVED_ROWS,
            '<template data-swap="rows" data-target="#list-rows" data-window="f00d" data-order="r1 r2">'
            f"{ROW}</template>",
        ),
        (
            EMPTIED_TABLE,
            '<template data-swap="rows" data-target="#list-rows" data-window="f00d" data-order=""></template>',
        ),
    ],
)
def test_it_writes_what_the_script_reads(piece: Piece, html: str) -> None:
    assert piece.to_html() == html


def test_it_writes_pieces_in_their_order() -> None:
    update = Update((STATE, CHANGED_ROW))
    assert update.to_html() == STATE.to_html() + CHANGED_ROW.to_html()
    assert isinstance(update.to_html(), SafeString)


def test_it_escapes_what_no_template_rendered() -> None:
    piece = Piece("live-state", "</template><script>", swap="rows", order='"><script>')  # type: ignore[arg-type]
    assert piece.to_html().count("<") == 2
    assert "&lt;/template&gt;&lt;script&gt;" in piece.to_html()


def test_it_knows_whether_rows_moved_and_not_from_the_text() -> None:
    quoting = Piece("object-fields", mark_safe('<pre data-order="1">&quot; data-order=&quot;</pre>'))
    assert not Update((STATE, CHANGED_ROW, quoting)).rows_moved
    assert Update((STATE, MOVED_ROWS)).rows_moved
    assert Update((EMPTIED_TABLE,)).rows_moved


def test_it_is_none_where_nothing_is_to_be_sent() -> None:
    assert build_update(iter(())) is None
    assert build_update(iter((STATE, MOVED_ROWS))) == Update((STATE, MOVED_ROWS))


def test_it_does_not_change_while_it_is_sent() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        STATE.target = "elsewhere"  # type: ignore[misc]
