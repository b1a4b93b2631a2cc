"""Levels and filters: what is recognized in each format, expressions in linear time, stack traces."""

import time

import pytest

from clusters.logs.filters import BadExpression, LineFilter
from clusters.logs.levels import find_level
from tests.clusters.logs.level_table import LEVELS


@pytest.mark.parametrize(("text", "level"), LEVELS)
def test_it_recognizes_the_level(text: str, level: str) -> None:
    assert find_level(text) == level


def choose(line_filter: LineFilter, *texts: str) -> list[str]:
    return [text for text in texts if line_filter.passes(0, text)]


def test_words_are_found_in_any_case() -> None:
    line_filter = LineFilter("get /", "healthz")
    assert choose(line_filter, "GET /a", "GET /healthz", "POST /") == ["GET /a"]


def test_a_level_keeps_worse_ones_and_the_lines_of_a_stack_trace() -> None:
    found = choose(LineFilter(level="error"), "INFO start", "ERROR no", "\tat main.go:1", "WARN so", "\tat x")
    assert found == ["ERROR no", "\tat main.go:1"]


def test_expressions_take_linear_time() -> None:
    line_filter, began = LineFilter("(a+)+$", is_regex=True), time.monotonic()
    assert not line_filter.passes(0, "a" * 16_000 + "!")
    assert line_filter.passes(0, "xAA")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("text", ["([", "(?=a)", r"(a)\1", "a{1000}{1000}{1000}"])
def test_what_re2_does_not_take_is_said(text: str) -> None:
    with pytest.raises(BadExpression) as wrong:
        LineFilter("", text, is_regex=True)
    assert wrong.value.field == "exclude"
    assert str(wrong.value)
