"""What can a kind's own file add to the page of an object? Facts for the strip on top, and small tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.resources.facts import Level, State


@dataclass(frozen=True)
class Fact:
    """A word and what is true of it. `when` is a time (RFC 3339) shown by its age instead of `value`."""

    label: str
    value: str = ""
    level: Level | None = None
    url: str = ""
    when: str = ""
    title: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a small table; with `values` several short ones, with `when` an age; `note` is a line below it."""

    text: str = ""
    level: Level | None = None
    url: str = ""
    when: str = ""
    title: str = ""
    values: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class SmallTable:
    """A table that belongs to one object, such as its containers. `name` is unique within the object."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Special:
    """`state` goes before what conditions and phase say."""

    facts: Sequence[Fact] = ()
    tables: Sequence[SmallTable] = ()
    state: State | None = None


def facts(*pairs: tuple[str, Any]) -> Sequence[Fact]:
    """Facts of labels and values; those without a value are left out."""
    return [Fact(label, str(value)) for label, value in pairs if value not in (None, "", [])]


def table(
    name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Sequence[SmallTable]:
    """One table, or none where it has no rows; at most 200 rows."""
    kept = list(rows)[:200]
    return [SmallTable(name, title, columns, kept)] if kept else []
