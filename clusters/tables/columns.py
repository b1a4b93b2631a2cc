"""Columns: which columns a page displays, and the value of a row in each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from clusters.api.tables import Column, Row

LABEL = "label:"
# What is printed as "5m" when the server answered goes on counting from then. CRDs say so by the type `date`; of
# Kubernetes' own kinds these columns are such, though their type is `string` (pkg/printers/internalversion).
_EVENT_TIMES = frozenset({"Last Seen", "First Seen"})
_PRINTED_DATES: Mapping[tuple[str, str], frozenset[str]] = {
    ("", "events"): _EVENT_TIMES,
    ("events.k8s.io", "events"): _EVENT_TIMES,
    ("batch", "cronjobs"): frozenset({"Last Schedule"}),
}
# apimachinery's HumanDuration and Go's time.Duration print at most five parts, up to 292 years (int64 nanoseconds).
_LONGEST_DURATION = 40  # characters
_MOST_SECONDS = 300 * 31_536_000.0
_DURATION = re.compile(r"(?:[0-9]{1,9}[ydhms]){1,5}")
_PART = re.compile(r"([0-9]{1,9})([ydhms])")
_SECONDS = {"y": 31_536_000, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class DisplayColumn:
    """One column of the page. `key` is what URLs call it: the title in lower case, or label:<name>."""

    key: str
    title: str
    kind: str  # cluster, namespace, name, age, since, label, cell
    description: str = ""
    is_wide: bool = False
    is_number: bool = False
    is_duration: bool = False  # whether its texts sort by the time that they say


def declare_dates(group: str, plural: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of a Table, those that hold a time by this kind's own printer with the type `date`."""
    names = _PRINTED_DATES.get((group, plural))
    if not names:
        return columns
    return tuple(
        msgspec.structs.replace(column, type="date") if column.name in names else column for column in columns
    )


def list_columns(
    tables: Iterable[Sequence[Column]], *, clusters: bool, namespaces: bool
) -> tuple[DisplayColumn, ...]:
    """Every column that could be shown: the union of the tables' columns, with cluster and namespace in front."""
    found: dict[str, DisplayColumn] = {}
    if clusters:
        found["cluster"] = DisplayColumn("cluster", "Cluster", "cluster")
    if namespaces:
        found["namespace"] = DisplayColumn("namespace", "Namespace", "namespace")
    for columns in tables:
        for column in columns:
            key = column.name.lower()
            if key not in found:
                found[key] = DisplayColumn(
                    key,
                    column.name,
                    _kind(column),
                    column.description,
                    column.priority > 0,
                    column.type in ("integer", "number"),
                    _is_duration(column),
                )
    return tuple(found.values())


def chosen_columns(
    every: Sequence[DisplayColumn], chosen: Sequence[str], *, wide: bool
) -> tuple[DisplayColumn, ...]:
    """Those that the page chose; without a choice the default ones, or all of them where `wide`."""
    usual = [column.key for column in every if wide or not column.is_wide]
    if all(key.startswith(LABEL) for key in chosen):
        chosen = [*usual, *chosen]
    by_key = {column.key: column for column in every}
    picked = [by_key.get(key) or _label(key) for key in chosen]
    displayed = [column for column in picked if column is not None]
    if not any(column.kind == "name" for column in displayed):
        displayed = [column for column in every if column.kind == "name"] + displayed
    return tuple(displayed)


Reader = Callable[[str, Row], Any]


def readers(columns: Sequence[Column], displayed: Sequence[DisplayColumn]) -> tuple[Reader, ...]:
    """For each displayed column, the function (cluster, row) -> value under these table columns."""
    index = {column.name.lower(): at for at, column in enumerate(columns)}
    return tuple(_reader(column, index.get(column.key)) for column in displayed)


def find_column_index(columns: Sequence[Column], column: DisplayColumn) -> int | None:
    """Which of a table's columns a displayed one is; of several with its name the last, as readers have it."""
    return {one.name.lower(): at for at, one in enumerate(columns)}.get(column.key)


def values_of(
    columns: Sequence[Column], column: DisplayColumn, cluster: str, rows: Sequence[Row]
) -> list[Any]:
    """What each row holds in one column; the same as a reader gives, for a hundred thousand at once."""
    if column.kind == "name":
        return [row.name for row in rows]
    if column.kind == "namespace":
        return [row.namespace for row in rows]
    at = find_column_index(columns, column)
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
    """How long "2d4h" is, in seconds; None for what is no such text, or longer than any that Kubernetes prints."""
    if len(text) > _LONGEST_DURATION or not _DURATION.fullmatch(text):
        return None
    seconds = float(sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
    return seconds if seconds <= _MOST_SECONDS else None


def _kind(column: Column) -> str:
    """What the column declares counts for more than its title, which is any text in a CRD."""
    if column.format == "name" or (column.name == "Name" and column.type == "string"):
        return "name"
    if column.name == "Age" and column.type in ("string", "date"):
        return "age"
    return "since" if column.type == "date" else "cell"


def _is_duration(column: Column) -> bool:
    return column.format == "duration" or (column.name == "Duration" and column.type == "string")


def _label(key: str) -> DisplayColumn | None:
    name = key.removeprefix(LABEL)
    return DisplayColumn(key, name, "label") if key.startswith(LABEL) and name else None


_FIELDS: Mapping[str, Reader] = {
    "cluster": lambda cluster, _row: cluster,
    "namespace": lambda _cluster, row: row.namespace,
    "name": lambda _cluster, row: row.name,
    "age": lambda _cluster, row: row.created,
}


def _reader(column: DisplayColumn, index: int | None) -> Reader:
    if column.kind in _FIELDS:
        return _FIELDS[column.kind]
    if column.kind == "label":
        name = column.title
        return lambda _cluster, row: row.labels.get(name, "")
    if index is None:
        return lambda _cluster, _row: None
    at = index
    return lambda _cluster, row: row.cells[at] if at < len(row.cells) else None
