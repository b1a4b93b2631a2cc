"""Row templates: a precompiled row equals what its template renders, whatever the texts."""

from __future__ import annotations

from itertools import product

import pytest
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from dashboard.lists.row_rendering import Cell, _html
from dashboard.lists.row_templates import GAPS, RowTemplate

TEXTS = (
    "", "web-1", "<script>alert(1)</script>", "\" onmouseover='x'", "a&amp;b", "{0} {} %s {{ cell }} {% now 'c' %}",
    "\x01\x02\x03", "\u202eevil", "\\0 \\g<0>",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["name", "cell", "age", "namespace"])
def test_a_cell_is_what_its_template_makes_of_it(kind: str) -> None:
    template = get_template("lists/list.html#cell")
    for css, tone, (text, href, title) in product(
        ("", "number wide clip"), ("", "bad"), product(TEXTS, ("", *TEXTS[1:4]), TEXTS)
    ):
        cell = Cell(kind, text, css, tone, href, title)
        assert _html(cell, None) == template.render({"cell": cell}), cell


def test_a_row_template_keeps_what_is_safe_and_escapes_the_rest() -> None:
    template = RowTemplate("lists/list.html#cell", {"cell": Cell("cell", GAPS[0])})
    assert template.fill("<b>") == "<td>&lt;b&gt;</td>"
    assert template.fill(mark_safe("<b>")) == "<td><b></td>"
