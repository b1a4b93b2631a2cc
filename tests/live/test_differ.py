"""Differ: a page is sent only what changed since it was last sent something."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.utils.safestring import SafeString, mark_safe

from dashboard.pieces.differ import Differ, digest
from dashboard.pieces.update import Piece

HTML, OTHER_HTML = mark_safe("<b>3 pods</b>"), mark_safe("<b>4 pods</b>")


class Table:
    """A table body of a page, and the rows that were rendered for it."""

    def __init__(self, window: str = "") -> None:
        self.differ = Differ(window)
        self.rendered: list[str] = []

    def compare(self, versions: Mapping[str, str], window: str) -> list[Piece]:
        self.rendered.clear()
        return list(self.differ.compare_rows("list-rows", versions, window, self._render))

    def _render(self, ids: str) -> SafeString:
        self.rendered.append(ids)
        return mark_safe(f"<tr id={ids}></tr>")


@pytest.fixture
def table() -> Table:
    """Three rows have been sent."""
    table = Table()
    table.compare({"a": "1", "b": "1", "c": "1"}, "first")
    return table


# --- parts that morph as a whole


def test_it_sends_a_part_once() -> None:
    differ = Differ()
    assert list(differ.compare("list-foot", HTML)) == [Piece("list-foot", HTML)]
    assert list(differ.compare("list-foot", HTML)) == []
    assert list(differ.compare("list-foot", OTHER_HTML)) == [Piece("list-foot", OTHER_HTML)]
    assert list(differ.compare("list-foot", HTML)) == [Piece("list-foot", HTML)]


def test_it_keeps_targets_apart() -> None:
    differ = Differ()
    list(differ.compare("list-foot", HTML))
    assert list(differ.compare("list-head", HTML)) == [Piece("list-head", HTML)]


def test_it_sends_no_age_that_counts_by_itself() -> None:
    differ = Differ()
    list(differ.compare("object-meta", mark_safe('<time datetime="2026-01-01">3 s</time>')))
    assert list(differ.compare("object-meta", mark_safe('<time datetime="2026-01-01">4 s</time>'))) == []
    restarted = mark_safe('<time datetime="2026-01-02">3 s</time>')
    assert list(differ.compare("object-meta", restarted)) == [Piece("object-meta", restarted)]


def test_it_sends_nothing_that_the_page_came_with() -> None:
    differ = Differ()
    differ.remember("list-head", HTML)
    assert list(differ.compare("list-head", HTML)) == []
    assert list(differ.compare("list-head", OTHER_HTML)) == [Piece("list-head", OTHER_HTML)]


def test_it_sends_a_part_again_after_it_was_replaced_from_outside() -> None:
    differ = Differ()
    assert not differ.forget("object-body")
    list(differ.compare("object-body", HTML))
    assert differ.forget("object-body")
    assert not differ.forget("object-body")
    assert list(differ.compare("object-body", HTML)) == [Piece("object-body", HTML)]


def test_a_digest_is_short_and_takes_any_text() -> None:
    assert len(digest("")) == len(digest("\ud800" * 10_000)) == 16
    assert digest("<b>1</b>") != digest("<b>2</b>")


# --- rows of a table


def test_it_sends_all_rows_and_their_order_first() -> None:
    table = Table()
    (piece,) = table.compare({"a": "1", "b": "1"}, "first")
    assert piece == Piece(
        "list-rows", mark_safe("<tr id=a></tr><tr id=b></tr>"), swap="rows", window="first", order="a b"
    )


def test_it_renders_and_sends_only_a_row_that_changed(table: Table) -> None:
    (piece,) = table.compare({"a": "1", "b": "2", "c": "1"}, "second")
    assert piece == Piece("list-rows", mark_safe("<tr id=b></tr>"), swap="rows", window="second")
    assert table.rendered == ["b"]


@pytest.mark.parametrize(
    ("versions", "order", "rendered"),
    [
        ({"a": "1", "c": "1"}, "a c", []),
        ({"a": "1", "b": "1", "c": "1", "d": "1"}, "a b c d", ["d"]),
        ({"c": "1", "a": "1", "b": "1"}, "c a b", []),
        ({}, "", []),
    ],
    ids=["one went", "one came", "they changed places", "all went"],
)
def test_it_sends_the_order_when_rows_moved(
    table: Table, versions: Mapping[str, str], order: str, rendered: list[str]
) -> None:
    (piece,) = table.compare(versions, "second")
    assert (piece.order, piece.window, table.rendered) == (order, "second", rendered)


def test_it_sends_no_row_while_the_window_is_the_same(table: Table) -> None:
    assert table.compare({"a": "1", "b": "1", "c": "1"}, "first") == []
    assert table.rendered == []


def test_it_sends_no_row_to_a_page_that_came_with_them() -> None:
    table = Table("first")
    assert table.differ.has_window("first")
    assert table.compare({"a": "1", "b": "1"}, "first") == []
    (piece,) = table.compare({"a": "1", "b": "2"}, "second")
    assert (piece.order, table.rendered) == (None, ["b"])
    assert table.differ.has_window("second")


def test_it_keeps_rows_together_that_have_one_key() -> None:
    """An action of the audit trail is two rows, of which the page knows each."""
    table = Table()
    (piece,) = table.compare({"d1 d1-all": "1", "d2 d2-all": "1"}, "first")
    assert piece.order == "d1 d1-all d2 d2-all"
