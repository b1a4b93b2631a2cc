"""How does a row of a list look? Rendered by the list's own template, once for all viewers."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.template.loader import get_template
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language

from clusters.api.tables import Row
from clusters.watch.columns import Shown
from clusters.watch.window import Line
from dashboard.resources.tones import tone
from dashboard.shell.templatetags.shell import short_age

KEPT = 20_000  # rendered rows
AGE = "\x00age\x00"  # stands for the age in a kept row: it is the one thing that changes by itself
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
        """The row as it is; with AGE where its age stands (see `aged`)."""
        row = line.row
        marks = (row.completed, row.deleting, row.created)
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


def aged(html: str, row: Row) -> str:
    """Put the age of this moment into a kept row."""
    created = parse_datetime(row.created) if row.created else None
    return html.replace(AGE, short_age((timezone.now() - created).total_seconds()) if created else "")


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
    for column, text in zip(columns, line.cells, strict=True):
        css = "number" if column.is_number else ""
        if column.is_wide:
            css += " wide"
        if column.kind == "name":
            href = object_path(line.cluster, row.namespace, resource, row.name, namespaced=namespaced)
            yield Cell("name", text, css, href=href)
        elif column.kind == "age":
            yield Cell("age", AGE if _moment(text) else "", css, title=text)
        elif column.kind == "namespace":
            href = f"{get_script_prefix()}c/{line.cluster}/{row.namespace}/{resource}"
            yield Cell("namespace", text, css, href=href)
        else:
            long = len(text) > WIDEST
            yield Cell(
                "cell", text[:2000], f"{css} clip".strip() if long else css.strip(),
                "" if row.completed and "/" in text else tone(column.title, text),
                title=text[:2000] if long else "",
            )  # fmt: skip


def _moment(text: str) -> datetime | None:
    return parse_datetime(text) if text else None
