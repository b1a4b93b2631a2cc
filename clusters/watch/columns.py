"""Which columns does a page show, and what does a row hold in each of them?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.api.tables import Column, Row

LABEL = "label:"
DURATIONS = frozenset({"age", "duration"})
# Printed by the server as "5m" when it answered: they go on counting from then (CRDs say so by the type `date`).
SINCE = frozenset({"last seen", "first seen", "last schedule"})
_DURATION = re.compile(r"(\d+)([ydhms])")
_SECONDS = {"y": 31_536_000, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Shown:
    """One column of the page. `key` is what URLs call it: the title in lower case, or label:<name>."""

    key: str
    title: str
    kind: str  # cluster, namespace, name, age, since, label, cell
    description: str = ""
    is_wide: bool = False
    is_number: bool = False


def shown_columns(
    tables: Iterable[Sequence[Column]], *, clusters: bool, namespaces: bool
) -> tuple[Shown, ...]:
    """Every column that could be shown: the union of the tables' columns, with cluster and namespace in front."""
    found: dict[str, Shown] = {}
    if clusters:
        found["cluster"] = Shown("cluster", "Cluster", "cluster")
    if namespaces:
        found["namespace"] = Shown("namespace", "Namespace", "namespace")
    for columns in tables:
        for column in columns:
            key = column.name.lower()
            if key not in found:
                found[key] = Shown(
                    key,
                    column.name,
                    _kind(column),
                    column.description,
                    column.priority > 0,
                    column.type in ("integer", "number"),
                )
    return tuple(found.values())


def chosen_columns(every: Sequence[Shown], chosen: Sequence[str], *, wide: bool) -> tuple[Shown, ...]:
    """Those that the page asks for; without a choice the default ones, or all of them where `wide`."""
    usual = [column.key for column in every if wide or not column.is_wide]
    if all(key.startswith(LABEL) for key in chosen):
        chosen = [*usual, *chosen]
    by_key = {column.key: column for column in every}
    picked = [by_key.get(key) or _label(key) for key in chosen]
    shown = [column for column in picked if column is not None]
    if not any(column.kind == "name" for column in shown):
        shown = [column for column in every if column.kind == "name"] + shown
    return tuple(shown)


Reader = Callable[[str, Row], Any]


def readers(columns: Sequence[Column], shown: Sequence[Shown]) -> tuple[Reader, ...]:
    """For each shown column, the function (cluster, row) -> value under these table columns."""
    index = {column.name.lower(): place for place, column in enumerate(columns)}
    return tuple(_reader(column, index.get(column.key)) for column in shown)


def place_of(columns: Sequence[Column], column: Shown) -> int | None:
    """Which of a table's columns a shown one is; of several with its name the last, as readers have it."""
    return {one.name.lower(): place for place, one in enumerate(columns)}.get(column.key)


def values_of(columns: Sequence[Column], column: Shown, cluster: str, rows: Sequence[Row]) -> list[Any]:
    """What each row holds in one column; the same as a reader gives, for a hundred thousand at once."""
    if column.kind == "name":
        return [row.name for row in rows]
    if column.kind == "namespace":
        return [row.namespace for row in rows]
    at = place_of(columns, column)
    if column.kind in ("cell", "since") and at is not None:
        try:
            return [row.cells[at] for row in rows]
        except IndexError:
            pass  # a row with fewer cells than its table has columns
    read = readers(columns, [column])[0]
    return [read(cluster, row) for row in rows]


def text_of(value: Any) -> str:
    """A cell as a person reads it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(item) for item in value)
    return str(value)


def seconds_of(text: str) -> float | None:
    """How long "2d4h" is, in seconds; None for what is no such text."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def _kind(column: Column) -> str:
    if column.format == "name" or column.name == "Name":
        return "name"
    if column.name == "Age":
        return "age"
    return "since" if column.type == "date" or column.name.lower() in SINCE else "cell"


def _label(key: str) -> Shown | None:
    name = key.removeprefix(LABEL)
    return Shown(key, name, "label") if key.startswith(LABEL) and name else None


_FIELDS: Mapping[str, Reader] = {
    "cluster": lambda cluster, _row: cluster,
    "namespace": lambda _cluster, row: row.namespace,
    "name": lambda _cluster, row: row.name,
    "age": lambda _cluster, row: row.created,
}


def _reader(column: Shown, place: int | None) -> Reader:
    if column.kind in _FIELDS:
        return _FIELDS[column.kind]
    if column.kind == "label":
        name = column.title
        return lambda _cluster, row: row.labels.get(name, "")
    if place is None:
        return lambda _cluster, _row: None
    at = place
    return lambda _cluster, row: row.cells[at] if at < len(row.cells) else None
