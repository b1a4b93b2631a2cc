"""How does a row of a list look? Rendered by the list's own template, once for all viewers."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from django.template.loader import get_template
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language

from clusters.watch.columns import Shown, seconds_of
from clusters.watch.window import Line
from dashboard.resources.tones import COLUMNS, tone
from dashboard.shell.templatetags.shell import short_age

KEPT = 20_000  # rendered rows
# Stands for an age in a kept row, with the time that it counts from: ages are what changes by itself.
AGE = re.compile("\x00([^\x00]*)\x00")
LONGEST = 2000  # characters of a cell that are sent at all
WIDEST = 60  # characters; a longer cell is clipped and shown in full by its title


@dataclass(frozen=True)
class Cell:
    """One cell as the template needs it."""

    kind: str
    text: str
    css: str = ""
    tone: str = ""
    href: str = ""
    title: str = ""


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

    def render(self, line: Line, columns: tuple[Shown, ...], resource: str, namespaced: bool) -> Rendered:
        """The row as it is, with AGE where ages stand (see `aged`)."""
        row = line.row
        moving = int(line.arrived) if any(column.kind == "since" for column in columns) else 0
        marks = (row.completed, row.deleting, row.created, moving)
        key = (line.id, resource, row.namespace, row.name, line.cells, marks, columns, get_language())
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = _render(line, columns, resource, namespaced)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


rows = Rows()


def aged(html: str) -> str:
    """Put the ages of this moment into a kept row."""
    return AGE.sub(lambda since: _age(since[1]), html)


def _age(since: str) -> str:
    moment = parse_datetime(since)
    return short_age((timezone.now() - moment).total_seconds()) if moment else ""


def object_path(cluster: str, namespace: str, resource: str, name: str, *, namespaced: bool) -> str:
    """The URL of an object's page; the same as `Address.path`, cheap enough for every row."""
    place = namespace if namespaced else "_cluster"
    return f"{get_script_prefix()}c/{cluster}/{place}/{resource}/{quote(name, safe=',:@')}"


def _render(line: Line, columns: tuple[Shown, ...], resource: str, namespaced: bool) -> Rendered:
    cells = list(_cells(line, columns, resource, namespaced))
    html = get_template("resources/list.html#row").render({"line": line, "cells": cells})
    version = hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest()[:8]
    return Rendered(line.id, html, version)


def _cells(line: Line, columns: tuple[Shown, ...], resource: str, namespaced: bool) -> Iterator[Cell]:
    row = line.row
    href = object_path(line.cluster, row.namespace, resource, row.name, namespaced=namespaced)
    linked = _linked(columns)
    for place, (column, text) in enumerate(zip(columns, line.cells, strict=True)):
        css = " ".join(
            word for word, holds in (("number", column.is_number), ("wide", column.is_wide)) if holds
        )
        since = _since(column, text, line)
        if since:
            yield Cell("age", f"\x00{since}\x00", css, title=since)
        elif column.kind == "namespace":
            yield Cell(
                "namespace",
                text,
                css,
                href=f"{get_script_prefix()}c/{line.cluster}/{row.namespace}/{resource}",
            )
        else:
            long = len(text) > WIDEST
            yield Cell(
                "name" if place == linked else "cell",
                text[:LONGEST],
                f"{css} clip".strip() if long else css,
                "" if row.completed and "/" in text else tone(column.title, text),
                href=href,
                title=text[:LONGEST] if long else "",
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
        return text if text and parse_datetime(text) else ""
    seconds = seconds_of(text) if column.kind == "since" else None
    if seconds is None:
        return ""
    return (
        datetime.fromtimestamp(line.arrived - seconds, UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )
