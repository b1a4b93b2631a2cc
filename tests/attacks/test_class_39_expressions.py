"""Quadratic expressions: no text that somebody else wrote costs more than its length (class 39).

Time is that of this thread on a processor, as a multiple of what a linear pass over the same text takes: how busy or
how fast the machine is makes no difference. Texts grow by steps, so that a failure is found before it takes minutes.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
import time
from collections.abc import Callable
from functools import cache

import pytest

from clusters.api import statuses
from clusters.api.cell_limits import LONGEST_CELL
from clusters.api.tables import Column, decode_page
from clusters.counting import tallies
from clusters.feeds.feed import Feed
from clusters.feeds.timings import FeedTimings
from clusters.tables.columns import declare_dates, list_columns, seconds_of
from clusters.tables.filters import read_filter
from clusters.tables.sort_keys import sort_key
from clusters.tables.table_content import TableContent, TableQuery
from clusters.tables.window import Source, Window, WindowQuery
from dashboard.kinds.table import ALL_TONES
from dashboard.kinds.tones import tone
from dashboard.lists.row_rendering import insert_ages, row_cache
from dashboard.monitoring.log_redaction import RedactingFormatter, redact
from dashboard.objects import yaml_lines
from dashboard.objects.events import _LastSeenTimes
from dashboard.pieces.differ import digest
from dashboard.shell.templatetags.shell import clock
from tests.attacks.expressions import FOREIGN, OWN, find_expressions, list_actions, list_expressions
from tests.clusters.feeds.table_events import PODS

MEGABYTE = 1_000_000
STEPS = {
    4_000: 20,
    32_000: 5,
    250_000: 1,
    MEGABYTE: 0,
}  # characters, and how many of the slowest go on from there
Parts = tuple[str, str, str]  # a start, what is repeated, an end
MOST = 25  # times a linear pass over the same text
SHORTEST = 0.005  # seconds that any call may take: what a clock can tell apart
UNITS = (
    "1", "a", "A", " ", "-", ".", "/", "=", ",", ":", '"', "\\", "\x00", "\n", "<", "é", "a.", "a-", "a/", "1a", "a ",
    '"a', "\\a", "%2f", "a:", "a,",
)  # fmt: skip
ENDS = ("", "\x01")
LINEAR = re.compile(r".", re.DOTALL)


def measure(action: Callable[[], object]) -> float:
    began = time.thread_time()
    action()
    return time.thread_time() - began


def build_text(start: str, unit: str, end: str, size: int) -> str:
    return start + unit * (size // len(unit)) + end


@cache
def measure_linear(size: int) -> float:
    """Seconds of a linear pass over so many characters."""
    text = "a" * size
    return min(measure(lambda: LINEAR.findall(text)) for _ in range(3))


def is_linear(action: Callable[[str], object], text: str) -> bool:
    """The best of three tries: what else the processor did in one of them is not the expression's."""
    return any(measure(lambda: action(text)) <= bound(len(text)) for _ in range(3))


def bound(size: int) -> float:
    """Seconds that so many characters may take."""
    return SHORTEST + MOST * measure_linear(size)


def find_quadratic(action: Callable[[str], object], texts: list[Parts]) -> str:
    """The first of the texts that costs too much: all of them small, then the slowest few ever larger.

    A quadratic one is found while it still takes less than a second or two.
    """
    for size, count in STEPS.items():
        timed = []
        for parts in texts:
            text = build_text(*parts, size)
            timed.append((measure(lambda text=text: action(text)), parts))  # type: ignore[misc]
            if timed[-1][0] > bound(size) and not is_linear(action, text):
                return f"{parts!r}, {size:,} characters"
        texts = [parts for _seconds, parts in sorted(timed, reverse=True)[:count]]
    return ""


# --- every expression


def test_every_expression_is_in_the_table() -> None:
    found = list_expressions()
    assert found - set(FOREIGN) - set(OWN) == set(), "add it to tests/attacks/expressions.py"
    assert (set(FOREIGN) | set(OWN)) - found == set(), "it is gone from the code"
    assert not set(FOREIGN) & set(OWN)
    assert all(len(reason) > 20 for reason in OWN.values())


def test_it_finds_expressions_wherever_they_are_made() -> None:
    source = "\n".join(
        [
            'ONE = re.compile("a")',
            'TWO: X = re.compile("a").match',
            'MANY = (re.compile("a"), re.compile("b"))',
            'def three(text):\n    return re.sub("a", "b", text)',
            'class Four:\n    field = RegexValidator("a")',
            "from re import compile",
            "import re as other",
        ]
    )
    assert find_expressions(source) == {
        "ONE", "TWO", "MANY", "three", "Four", "from re import", "import re as",
    }  # fmt: skip
    assert find_expressions("import re\nx: re.Pattern[str] | None = None\nre.escape('a')") == set()


@pytest.mark.parametrize("key", sorted(FOREIGN))
def test_it_is_linear_in_a_megabyte_of_its_worst_input(key: str) -> None:
    expression = FOREIGN[key]
    units = (*UNITS, *expression.units, *(start for start in expression.starts if start))
    texts = [(start, unit, end) for start in expression.starts for unit in units for end in ENDS]
    assert [find_quadratic(action, texts) for action in list_actions(key)] == [""] * len(list_actions(key))


@pytest.mark.parametrize(
    ("pattern", "method", "unit"),
    [
        (r"(\d+)([ydhms])", "findall", "1"),
        (r"<title[^>]*>(.*?)</title>", "search", "<title>"),
        (r"()\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", "search", "eyJ-"),
        (r"(<time [^>]*>)[^<]*(?=</time>)", "search", "<time "),
    ],
)
def test_it_would_notice_those_that_were_quadratic(pattern: str, method: str, unit: str) -> None:
    assert find_quadratic(getattr(re.compile(pattern, re.DOTALL), method), [("", unit, "")]) != ""


# --- what the product does with such texts, expressions or not


def build_page(cell: object, title: str = "Last Seen", kind: str = "string") -> bytes:
    columns = [{"name": "Name", "type": "string", "format": "name"}, {"name": title, "type": kind}]
    meta = {"name": "one", "namespace": "shop", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
    table = {
        "kind": "Table",
        "metadata": {"resourceVersion": "1"},
        "columnDefinitions": columns,
        "rows": [{"cells": ["one", cell], "object": {"metadata": meta}}],
    }
    return json.dumps(table).encode()


def read_html_error(text: str) -> object:
    return statuses.read_error_response(502, {"Content-Type": "text/html"}, text.encode())


def format_log_line(text: str) -> str:
    record = logging.LogRecord("a", logging.WARNING, "", 0, "Not Found: %s", (text,), None)
    return RedactingFormatter("{message}", style="{").format(record)


ACTIONS: dict[str, Callable[[str], object]] = {
    "a duration": seconds_of,
    "a sort key": sort_key,
    "a sort key of a duration": lambda text: sort_key(text, is_duration=True),
    "a warning's age": tallies.is_within_an_hour,
    "a cell on arrival": lambda text: decode_page(build_page(text)),
    "a filter": lambda text: read_filter(text, ()),
    "a tone": lambda text: tone("status", text, ALL_TONES),
    "a row with ages": insert_ages,
    "a digest": digest,
    "an HTML page": read_html_error,
    "a plain error": lambda text: statuses.read_error_response(500, {}, text.encode()),
    "a redirect": lambda text: statuses.read_error_response(302, {"Location": text}, b""),
    "Retry-After": lambda text: statuses.read_error_response(429, {"Retry-After": text}, b""),
    "a log line": format_log_line,
    "redaction": redact,
    "a time on a page": clock,
    "YAML": lambda text: yaml_lines.text({"a": text, text: "a"}),
    "an event's last time": lambda text: _LastSeenTimes().resolve(decode_page(build_page(1)).rows[0], text),
}
WORST = (
    "1",
    "1d",
    "<title>",
    "<html><title>",
    "eyJ-",
    "eyJ.",
    "a-",
    '"',
    "\\",
    "\n",
    "<time ",
    "\x00",
    "-",
    "a.",
    "%",
    "é",
)


@pytest.mark.parametrize("what", ACTIONS)
def test_a_text_of_a_megabyte_costs_no_more_than_its_length(what: str) -> None:
    texts = [("", unit, end) for unit in WORST for end in ENDS]
    assert find_quadratic(ACTIONS[what], texts) == ""


# --- numbers, lengths and declared types


@pytest.mark.parametrize(
    "text",
    ["99999999999999d", "9" * 5000 + "s", "999999999y", "9" * 40, "9" * 400_000 + "d", "٣d", "301y", "²d"],
)
def test_what_no_server_prints_is_no_duration(text: str) -> None:
    assert seconds_of(text) is None


def test_what_servers_print_is_a_duration() -> None:
    assert seconds_of("2d4h") == 187_200
    assert seconds_of("292y") == 292 * 31_536_000
    assert seconds_of("0s") == 0


CELLS = [
    "99999999999999d",
    "9" * 5000 + "s",
    "292y",
    10**300,
    -(10**300),
    "x" * MEGABYTE,
    ["1"] * 100_000,
    {"a": "b"},
]


@pytest.mark.parametrize("kind", ["string", "date", "integer"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: str(cell)[:20])
def test_any_cell_has_a_row(cell: object, kind: str) -> None:
    """Drawn, sorted and filtered in a column of any declared type."""
    content = TableContent(TableQuery(PODS, "shop"))
    for title in ("Last Seen", "Duration", "Age"):
        page = decode_page(build_page(cell, title, kind))
        content._set_columns(page.columns or ())
        content._replace(content._intern_rows(page.rows), "1")
        feed = Feed(None, content, FeedTimings())  # type: ignore[arg-type]  # nothing is sent
        for query in (WindowQuery(sort=title.lower()), WindowQuery(q=f"{title.replace(' ', '')}=a x")):
            window = Window([Source("harbour", "shop", feed)], query, with_namespaces=False)
            view = window.view()
            drawn = row_cache.render(view, "pods", namespaced=True)
            assert all(len(one.html) < 20_000 for one in drawn)
        assert len(text_in(page)) <= LONGEST_CELL


def text_in(page: object) -> str:
    cell = page.rows[0].cells[1]  # type: ignore[attr-defined]
    return (
        cell if isinstance(cell, str) else "".join(map(str, cell)) if isinstance(cell, tuple | list) else ""
    )


def kind_of(column: Column) -> str:
    return list_columns([[column]], clusters=False, namespaces=False)[0].kind


def test_a_column_is_what_it_declares_and_not_what_it_is_called() -> None:
    last_seen = Column("Last Seen", "string")
    assert kind_of(last_seen) == "cell"
    assert kind_of(Column("Anything", "date")) == "since"
    assert kind_of(Column("Age", "integer")) == "cell"
    assert kind_of(Column("Name", "integer")) == "cell"
    assert kind_of(Column("Age", "string")) == "age"
    durations = list_columns(
        [[Column("Duration", "integer"), Column("Took", "string", "duration")]],
        clusters=False,
        namespaces=False,
    )
    assert [one.is_duration for one in durations] == [False, True]


def test_kubernetes_own_kinds_count_on_from_what_they_print() -> None:
    last_seen = Column("Last Seen", "string")
    assert [kind_of(one) for one in declare_dates("", "events", (last_seen,))] == ["since"]
    assert declare_dates("example.com", "events", (last_seen,)) == (last_seen,)


def test_a_time_that_no_clock_can_show_is_no_error() -> None:
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9" * MEGABYTE, "²"):
        assert clock(text) == ""
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert "00:00:00 UTC" in clock(moment)


def test_a_secret_is_still_found_among_hyphens() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk"
    for around in (
        "{}",
        "a-{}",
        "token={} x",
        "eyJ-{}",
        "x.y.{}",
        "aaaaaaaaaaaa.bbbbbbbbbb.{}",
        "eyJ-eyJ-eyJ-{}",
    ):
        assert token.partition(".")[2] not in redact(around.format(token)), around
        assert "***" in redact(around.format(token))
    assert redact("abc-eyJ-abcdefgh.x") == "abc-eyJ-abcdefgh.x"
