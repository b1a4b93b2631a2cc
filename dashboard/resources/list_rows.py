"""How does a row of a list look? Rendered by the list's own template, once for all viewers."""

from __future__ import annotations

import hashlib
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from urllib.parse import quote

from django.urls import get_script_prefix
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from clusters.watch.columns import Shown, seconds_of
from clusters.watch.window import Line, View
from dashboard.resources.shapes import GAPS, Shape
from dashboard.resources.tones import COLUMNS, tone
from dashboard.shell.templatetags.shell import short_age

KEPT = 20_000  # rendered rows
# Stands for an age in a kept row, with the time that it counts from: ages are what changes by itself.
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
class Look:
    """A column as its cells need it."""

    column: Shown
    css: str
    is_linked: bool


@dataclass(frozen=True)
class Frame:
    """What all rows of a window have in common."""

    looks: tuple[Look, ...]
    resource: str
    namespaced: bool
    language: str | None
    prefix: str  # of every path
    moves: bool  # whether a cell counts on from when its row came


@dataclass(frozen=True)
class Rendered:
    """A row's HTML and a short word that changes whenever the HTML does (its age apart)."""

    id: str
    html: str
    version: str


class Rows:
    """Rendered rows, kept by (row, columns), so that viewers share them. Any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Rendered] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, view: View, resource: str, *, namespaced: bool) -> list[Rendered]:
        """A window's rows as they are, with AGE where ages stand (see `aged`)."""
        looks, number = _looks(view.columns)
        language, moves = get_language(), any(column.kind == "since" for column in view.columns)
        frame = Frame(looks, resource, namespaced, language, get_script_prefix(), moves)
        same = (number, resource, namespaced, language)
        return [self._row(line, frame, same) for line in view.lines]

    def _row(self, line: Line, frame: Frame, same: tuple[object, ...]) -> Rendered:
        row = line.row
        marks = (row.completed, row.deleting, row.created, int(line.arrived) if frame.moves else 0)
        key = (line.id, line.cells, marks, row.namespace, row.name, *same)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = _render(line, frame)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


rows = Rows()


_numbers = count()


@lru_cache(maxsize=500)
def _looks(columns: tuple[Shown, ...]) -> tuple[tuple[Look, ...], int]:
    """How each column looks, and a number that stands for them: hashing them for each row would cost most of all."""
    linked = _linked(columns)
    looks = []
    for place, column in enumerate(columns):
        words = [word for word, holds in (("number", column.is_number), ("wide", column.is_wide)) if holds]
        looks.append(Look(column, " ".join(words), place == linked))
    return tuple(looks), next(_numbers)


def aged(html: str) -> str:
    """Put the ages of this moment into a kept row."""
    now = time.time()
    return AGE.sub(lambda since: short_age(now - _since_1970(since[1])), html)


@lru_cache(maxsize=20_000)
def _since_1970(written: str) -> float:
    """In seconds; NaN for what is no time."""
    try:
        moment = parse_datetime(written)
    except ValueError:
        moment = None
    return moment.timestamp() if moment else math.nan


def object_place(cluster: str, namespace: str, resource: str, name: str, *, namespaced: bool) -> str:
    """The URL of an object's page below the prefix; the same as `Address.path`, cheap enough for every row."""
    place = namespace if namespaced else "_cluster"
    return f"c/{cluster}/{place}/{resource}/{quote(name, safe=',:@')}"


def _render(line: Line, frame: Frame) -> Rendered:
    row, language = line.row, frame.language
    cells = "".join([_html(cell, language) for cell in _cells(line, frame)])
    shape = _row_shape(row.completed, row.deleting, language)
    html = shape.filled(line.id, line.cluster, mark_safe(cells))  # noqa: S308 - by the same template
    version = hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest()[:8]
    return Rendered(line.id, html, version)


def _html(cell: Cell, language: str | None) -> str:
    kind, text, css, tone_, href, title = cell
    shape = _cell_shape(kind, css, tone_, bool(text), bool(href), bool(title), language)
    return shape.filled(text, href, title)


@lru_cache(maxsize=1000)
def _cell_shape(
    kind: str, css: str, tone_: str, text: bool, href: bool, title: bool, _language: str | None
) -> Shape:
    texts = [gap if is_there else "" for gap, is_there in zip(GAPS, (text, href, title), strict=True)]
    return Shape("resources/list.html#cell", {"cell": Cell(kind, texts[0], css, tone_, *texts[1:])})


@lru_cache(maxsize=100)
def _row_shape(completed: bool, deleting: bool, _language: str | None) -> Shape:
    line = {"id": GAPS[0], "cluster": GAPS[1], "row": {"completed": completed, "deleting": deleting}}
    return Shape("resources/list.html#row", {"line": line, "cells": GAPS[2]})


def _cells(line: Line, frame: Frame) -> Iterator[Cell]:
    row, prefix = line.row, frame.prefix
    for look, text in zip(frame.looks, line.cells, strict=True):
        column, since = look.column, _since(look.column, text, line)
        if since:
            yield Cell("age", f"\x00{since}\x00", look.css, title=since)
        elif column.kind == "namespace":
            href = f"{prefix}c/{line.cluster}/{row.namespace}/{frame.resource}"
            yield Cell("namespace", text, look.css, href=href)
        else:
            shown = text[:LONGEST].replace("\x00", "")
            is_long = len(text) > WIDEST
            yield Cell(
                "name" if look.is_linked else "cell",
                shown,
                f"{look.css} clip".strip() if is_long else look.css,
                "" if row.completed and "/" in text else tone(column.title, text),
                href=_object_path(line, frame) if look.is_linked else "",
                title=shown if is_long else "",
            )


def _object_path(line: Line, frame: Frame) -> str:
    row = line.row
    return frame.prefix + object_place(
        line.cluster, row.namespace, frame.resource, row.name, namespaced=frame.namespaced
    )


def _linked(columns: tuple[Shown, ...]) -> int:
    """The column whose cell leads to the object: its name, or where that is not shown the first that is no status."""
    named = [place for place, column in enumerate(columns) if column.kind == "name"]
    others = [
        place for place, column in enumerate(columns) if column.kind == "cell" and column.key not in COLUMNS
    ]
    return next(iter([*named, *others]), -1)


def _since(column: Shown, text: str, line: Line) -> str:
    """The time that an age counts from, RFC 3339; empty where the cell is no age."""
    if column.kind == "age":
        return "" if math.isnan(_since_1970(text)) else text
    seconds = seconds_of(text) if column.kind == "since" else None
    if seconds is None:
        return ""
    return (
        datetime.fromtimestamp(line.arrived - seconds, UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )
