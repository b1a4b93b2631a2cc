"""Row rendering: HTML of list rows from the list's template, cached for all viewers."""

from __future__ import annotations

import hashlib
import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from urllib.parse import quote

from cachetools import LRUCache
from django.urls import get_script_prefix
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from clusters.api.cell_limits import LONGEST_TIME
from clusters.tables.columns import DisplayColumn, seconds_of
from clusters.tables.window import View, WindowRow
from dashboard.kinds.table import find_slug
from dashboard.kinds.tones import COLUMNS, StatusTones, tone
from dashboard.lists.row_templates import GAPS, RowTemplate
from dashboard.shell.templatetags.shell import short_age

MAX_CACHED_ROWS = 20_000  # rendered rows
# Stands for an age in a cached row, with the time that it counts from: ages are what changes by itself.
AGE = re.compile("\x00([^\x00]*)\x00")
LONGEST = 2000  # characters of a cell that are sent at all
WIDEST = 60  # characters; a longer cell is clipped and shown in full by its title


class Cell(NamedTuple):
    """One cell as the template needs it."""

    kind: str
    text: str
    css: str = ""
    tone: str = ""
    href: str = ""
    title: str = ""


@dataclass(frozen=True)
class ColumnStyle:
    """A column as its cells need it."""

    column: DisplayColumn
    css: str
    is_linked: bool


@dataclass(frozen=True)
class RowContext:
    """What all rows of a window have in common."""

    column_styles: tuple[ColumnStyle, ...]
    resource: str
    tones: StatusTones
    namespaced: bool
    language: str | None
    prefix: str  # of every path
    has_since_column: bool  # whether a cell counts on from when its row came


@dataclass(frozen=True)
class RenderedRow:
    """A row's HTML and a short word that changes whenever the HTML does (its age apart)."""

    id: str
    html: str
    version: str


class RowCache:
    """Rendered rows, kept by (row, columns), so that viewers share them. Any thread."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[object, ...], RenderedRow] = LRUCache(MAX_CACHED_ROWS)
        self._lock = threading.Lock()

    def render(self, view: View, resource: str, *, namespaced: bool) -> list[RenderedRow]:
        """A window's rows as they are, with AGE where ages stand (see `insert_ages`)."""
        styles, number = _column_styles(view.columns)
        language, has_since_column = get_language(), any(column.kind == "since" for column in view.columns)
        tones, prefix = find_slug(resource).tones, get_script_prefix()
        context = RowContext(styles, resource, tones, namespaced, language, prefix, has_since_column)
        cache_key = (number, resource, namespaced, language)
        return [self._row(window_row, context, cache_key) for window_row in view.rows]

    def _row(self, window_row: WindowRow, context: RowContext, cache_key: tuple[object, ...]) -> RenderedRow:
        row = window_row.row
        marks = (
            row.completed,
            row.deleting,
            row.created,
            int(window_row.arrived) if context.has_since_column else 0,
        )
        key = (window_row.id, window_row.cells, marks, row.namespace, row.name, *cache_key)
        with self._lock:
            cached = self._cache.get(key)
            if cached is not None:
                return cached
        rendered = _render(window_row, context)
        with self._lock:
            self._cache[key] = rendered
        return rendered


row_cache = RowCache()


_numbers = count()


@lru_cache(maxsize=500)
def _column_styles(columns: tuple[DisplayColumn, ...]) -> tuple[tuple[ColumnStyle, ...], int]:
    """How each column looks, and a number that stands for them: hashing them for each row would cost most of all."""
    linked = _find_linked_column(columns)
    styles = []
    for index, column in enumerate(columns):
        words = [word for word, holds in (("number", column.is_number), ("wide", column.is_wide)) if holds]
        styles.append(ColumnStyle(column, " ".join(words), index == linked))
    return tuple(styles), next(_numbers)


def insert_ages(html: str) -> str:
    """Put the ages of this moment into a cached row."""
    now = time.time()

    def age(since: re.Match[str]) -> str:
        started = _parse_timestamp(since[1])
        return "" if math.isnan(started) else short_age(now - started)

    return AGE.sub(age, html)


@lru_cache(maxsize=20_000)
def _parse_timestamp(written: str) -> float:
    """In seconds; NaN for what is no time."""
    try:
        moment = parse_datetime(written[:LONGEST_TIME])
        return moment.timestamp() if moment else math.nan
    except (ValueError, OverflowError):
        return math.nan


def object_path(cluster: str, namespace: str, resource: str, name: str, *, namespaced: bool) -> str:
    """The URL of an object's page below the prefix; the same as `Address.path`, cheap enough for every row."""
    namespace_segment = namespace if namespaced else "_cluster"
    return f"c/{cluster}/{namespace_segment}/{resource}/{quote(name, safe=',:@')}"


def _render(window_row: WindowRow, context: RowContext) -> RenderedRow:
    row, language = window_row.row, context.language
    cells = "".join(
        [_html(cell, language) for cell in (_select_cell(window_row, context), *_cells(window_row, context))]
    )
    template = _row_template(row.completed, row.deleting, language)
    html = template.fill(window_row.id, window_row.cluster, mark_safe(cells))  # noqa: S308 - by the same template
    version = hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest()[:8]
    return RenderedRow(window_row.id, html, version)


def _html(cell: Cell, language: str | None) -> str:
    kind, text, css, tone_, href, title = cell
    template = _cell_template(kind, css, tone_, bool(text), bool(href), bool(title), language)
    return template.fill(text, href, title)


@lru_cache(maxsize=1000)
def _cell_template(
    kind: str, css: str, tone_: str, text: bool, href: bool, title: bool, _language: str | None
) -> RowTemplate:
    texts = [gap if is_there else "" for gap, is_there in zip(GAPS, (text, href, title), strict=True)]
    return RowTemplate("lists/list.html#cell", {"cell": Cell(kind, texts[0], css, tone_, *texts[1:])})


@lru_cache(maxsize=100)
def _row_template(completed: bool, deleting: bool, _language: str | None) -> RowTemplate:
    window_row = {"id": GAPS[0], "cluster": GAPS[1], "row": {"completed": completed, "deleting": deleting}}
    return RowTemplate("lists/list.html#row", {"window_row": window_row, "cells": GAPS[2]})


def _select_cell(window_row: WindowRow, context: RowContext) -> Cell:
    """The checkbox of the row; empty where the row has no UID and stands for no object that could be changed."""
    row = window_row.row
    namespace = row.namespace if context.namespaced else ""
    value = f"{window_row.cluster}/{namespace}/{row.name}/{row.uid}/" if row.uid else ""
    return Cell("select", value, title=row.name)


def _cells(window_row: WindowRow, context: RowContext) -> Iterator[Cell]:
    row, prefix = window_row.row, context.prefix
    for style, text in zip(context.column_styles, window_row.cells, strict=True):
        column, since = style.column, _age_start(style.column, text, window_row)
        if since:
            yield Cell("age", f"\x00{since}\x00", style.css, title=since)
        elif column.kind == "namespace":
            href = f"{prefix}c/{window_row.cluster}/{row.namespace}/{context.resource}"
            yield Cell("namespace", text, style.css, href=href)
        else:
            clipped = text[:LONGEST].replace("\x00", "")
            is_long = len(text) > WIDEST
            yield Cell(
                "name" if style.is_linked else "cell",
                clipped,
                f"{style.css} clip".strip() if is_long else style.css,
                "" if row.completed and "/" in text else tone(column.title, text, context.tones),
                href=_row_href(window_row, context) if style.is_linked else "",
                title=clipped if is_long else "",
            )


def _row_href(window_row: WindowRow, context: RowContext) -> str:
    row = window_row.row
    return context.prefix + object_path(
        window_row.cluster, row.namespace, context.resource, row.name, namespaced=context.namespaced
    )


def _find_linked_column(columns: tuple[DisplayColumn, ...]) -> int:
    """The column whose cell leads to the object: its name, or where that is not shown the first that is no status."""
    name_columns = [index for index, column in enumerate(columns) if column.kind == "name"]
    others = [
        index for index, column in enumerate(columns) if column.kind == "cell" and column.key not in COLUMNS
    ]
    return next(iter([*name_columns, *others]), -1)


def _age_start(column: DisplayColumn, text: str, window_row: WindowRow) -> str:
    """The time that an age counts from, RFC 3339; empty where the cell is no age."""
    if column.kind == "age":
        return "" if math.isnan(_parse_timestamp(text)) else text
    seconds = seconds_of(text) if column.kind == "since" else None
    if seconds is None:
        return ""
    return (
        datetime.fromtimestamp(window_row.arrived - seconds, UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )
