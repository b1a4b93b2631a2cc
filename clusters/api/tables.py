"""Server-side Tables: decodes lists and watch events into columns and rows with msgspec.

Only what is kept is named in the structs, so msgspec skips the rest (managedFields, and annotations with the
last-applied Secret) without building it: 10,040 rows of 34 MB in some 0.1 s. What it refuses costs its own row:
a row of wrong types is counted as unreadable, what is nested too deeply is cut (`clusters.api.json_limits`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from clusters.api.cell_limits import (
    LONGEST_CELL,
    LONGEST_NAME,
    LONGEST_TIME,
    LONGEST_TITLE,
    MOST_COLUMNS,
    limit_cells,
)
from clusters.api.errors import ApiError, NotKubernetes, ResponseTooLarge, error_of_status
from clusters.api.json_limits import SALVAGED_BYTES, limit_depth, salvage

# Without the plain form behind it, kinds that have no Table answer 406; where it stands first, it wins.
TABLE_ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

# Of a list's JSON: the deepest that is kept are labels, at six. An event has its list one level further down.
TABLE_LEVELS = 12
EVENT_LEVELS = TABLE_LEVELS + 1


class Column(msgspec.Struct, frozen=True):
    """A column; `priority` above 0 is shown in wide lists only, format "name" identifies the row."""

    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0


class Row(msgspec.Struct, frozen=True, gc=False):
    """An object as a list shows it. `created` is RFC 3339 or empty; `cells` stand under the Table's columns.

    Labels are kept, annotations never arrive. Without object metadata (includeObject=None) `uid` is empty.
    Who keeps rows fills in the last four: what the row says in lower case, without and of its labels, when it came in
    seconds since 1970, and what its cells sort by.
    """

    uid: str
    namespace: str
    name: str
    resource_version: str
    created: str
    labels: Mapping[str, str]
    cells: tuple[Any, ...]
    completed: bool = False
    deleting: bool = False
    text: str = ""
    label_text: str = ""
    arrived: float = 0.0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page of a list. `columns` is None where none came; `remaining` is about how many come after.

    `unreadable` counts rows that are there and could not be read.
    """

    columns: tuple[Column, ...] | None
    rows: tuple[Row, ...]
    resource_version: str
    continue_token: str
    remaining: int | None
    unreadable: int = 0


@dataclass(frozen=True)
class Event:
    """One event of a watch: ADDED, MODIFIED or DELETED with a row, BOOKMARK without, ERROR with an error.

    `columns` come with the first event of each connection only; a bare object brings those of BARE_COLUMNS.
    """

    type: str
    columns: tuple[Column, ...] | None
    row: Row | None
    resource_version: str
    error: ApiError | None


# For kinds without Tables: what every object has. The cell of Age is empty; `created` carries it.
BARE_COLUMNS = (
    Column("Name", "string", "name", "The object's name."),
    Column("Age", "date", "", "How long ago the object was created."),
)


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resourceVersion: str = ""
    creationTimestamp: str | None = None
    deletionTimestamp: str | None = None
    labels: dict[str, str] | None = None


class _Object(msgspec.Struct):
    kind: str = ""
    apiVersion: str = ""
    metadata: _Meta | None = None


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Row(msgspec.Struct):
    cells: tuple[Any, ...] | None = None
    conditions: list[_Condition] | None = None
    object: _Object | None = None


class _ListMeta(msgspec.Struct, rename={"continue_token": "continue"}):
    resourceVersion: str = ""
    continue_token: str = ""
    remainingItemCount: int | None = None


class _List(msgspec.Struct):
    kind: str = ""
    columnDefinitions: list[Column] | None = None
    rows: list[_Row] | None = None
    items: list[_Object] | None = None
    metadata: _ListMeta | None = None


class _RawList(msgspec.Struct):
    kind: str = ""
    columnDefinitions: list[Column] | None = None
    rows: list[msgspec.Raw] | None = None
    items: list[msgspec.Raw] | None = None
    metadata: _ListMeta | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


_list_decoder = msgspec.json.Decoder(_List)
_event_decoder = msgspec.json.Decoder(_Event)
_object_decoder = msgspec.json.Decoder(_Object)
_raw_list_decoder = msgspec.json.Decoder(_RawList)
_row_decoder = msgspec.json.Decoder(_Row)
_T = TypeVar("_T", _Row, _Object)


def decode_page(body: bytes) -> Page:
    """The page of a list, as a Table or plain (kinds without Tables); NotKubernetes for anything else.

    ResponseTooLarge where something in it is nested too deeply and it is too large to be read token by token: a page
    with fewer rows can be.
    """
    try:
        return _decode_page(body)
    except RecursionError:
        if len(body) > SALVAGED_BYTES:
            raise ResponseTooLarge("An object in it is nested too deeply.") from None
    try:
        return _decode_page(limit_depth(body, TABLE_LEVELS)[0])
    except RecursionError as unreadable:
        raise NotKubernetes("The list cannot be parsed.") from unreadable


def decode_beginning(beginning: bytes) -> Page:
    """The page of a list of which only the beginning is there: all that is whole in it."""
    return _decode_page(salvage(beginning, TABLE_LEVELS))


def _decode_page(body: bytes) -> Page:
    unreadable = 0
    try:
        found = _list_decoder.decode(body)
    except msgspec.ValidationError:
        found, unreadable = _decode_rows_alone(body)
    except msgspec.DecodeError as failed:
        raise NotKubernetes("The list cannot be parsed.") from failed
    meta = found.metadata or _ListMeta()
    if found.kind == "Table":
        columns = _limit_columns(found.columnDefinitions)
        rows = _table_rows(found.rows or [], columns)
    elif found.kind.endswith("List"):
        columns, rows = BARE_COLUMNS, tuple(_bare_row(item) for item in found.items or [])
    else:
        raise NotKubernetes("The response is not a list.")
    return Page(columns, rows, meta.resourceVersion, meta.continue_token, meta.remainingItemCount, unreadable)


def _decode_rows_alone(body: bytes) -> tuple[_List, int]:
    """The list with those of its rows that are rows, and how many are not."""
    try:
        raw = _raw_list_decoder.decode(body)
    except msgspec.DecodeError as failed:
        raise NotKubernetes("The list cannot be parsed.") from failed
    rows, items = _decode_each(_row_decoder, raw.rows), _decode_each(_object_decoder, raw.items)
    unreadable = len(raw.rows or ()) + len(raw.items or ()) - len(rows) - len(items)
    return _List(raw.kind, raw.columnDefinitions, rows, items, raw.metadata), unreadable


def _decode_each(decoder: msgspec.json.Decoder[_T], raw: list[msgspec.Raw] | None) -> list[_T]:
    found = []
    for one in raw or ():
        with contextlib.suppress(msgspec.DecodeError):
            found.append(decoder.decode(one))
    return found


def decode_event(line: bytes) -> Event:
    """One line of a watch; NotKubernetes for a line that is no event. What is too deep in it is left out."""
    try:
        return _decode_event(line)
    except RecursionError:
        pass
    try:
        return _decode_event(salvage(line, EVENT_LEVELS))
    except RecursionError as unreadable:
        raise NotKubernetes("A line of the watch cannot be parsed.") from unreadable


def _decode_event(line: bytes) -> Event:
    try:
        found = _event_decoder.decode(line)
        if found.type == "ERROR":
            return _error(msgspec.json.decode(found.object))
        bare = _object_decoder.decode(found.object)
        if bare.kind == "Table" and bare.apiVersion.startswith("meta.k8s.io/"):
            return _table_event(found.type, _list_decoder.decode(found.object))
    except msgspec.DecodeError as unreadable:
        raise NotKubernetes("A line of the watch cannot be parsed.") from unreadable
    version = bare.metadata.resourceVersion if bare.metadata else ""
    if found.type == "BOOKMARK":
        return Event(found.type, None, None, version, None)
    return Event(found.type, BARE_COLUMNS, _bare_row(bare), version, None)


def _table_event(kind: str, table: _List) -> Event:
    columns = _limit_columns(table.columnDefinitions or None)
    rows = table.rows or []
    version = table.metadata.resourceVersion if table.metadata else ""
    if not version and rows and rows[0].object and rows[0].object.metadata:
        version = rows[0].object.metadata.resourceVersion
    if kind == "BOOKMARK":  # a row of junk cells
        return Event(kind, columns, None, version, None)
    made = _table_rows(rows[:1], columns)
    if not made:
        raise NotKubernetes("A watch event contains no row.")
    return Event(kind, columns, made[0], version, None)


def _error(status: Any) -> Event:
    found = status if isinstance(status, dict) else {}
    meta = found.get("metadata")
    version = meta.get("resourceVersion") if isinstance(meta, dict) else ""
    return Event("ERROR", None, None, str(version or ""), error_of_status(found))


def _limit_columns(columns: list[Column] | None) -> tuple[Column, ...] | None:
    """The first columns, with what they say cut to the length that a real one has."""
    if columns is None:
        return None
    return tuple(
        Column(
            one.name[:LONGEST_TITLE],
            one.type[:LONGEST_TITLE],
            one.format[:LONGEST_TITLE],
            one.description[:LONGEST_CELL],
            one.priority,
        )
        for one in columns[:MOST_COLUMNS]
    )


def _table_rows(rows: list[_Row], columns: tuple[Column, ...] | None) -> tuple[Row, ...]:
    named = next((index for index, column in enumerate(columns or ()) if column.format == "name"), 0)
    return tuple(_table_row(row, named) for row in rows)


def _table_row(row: _Row, named: int) -> Row:
    cells = limit_cells(row.cells or ())
    completed = bool(row.conditions) and any(
        condition.type == "Completed" and condition.status == "True" for condition in row.conditions or ()
    )
    meta = row.object.metadata if row.object is not None else None
    if meta is None:
        return Row("", "", str(cells[named]) if named < len(cells) else "", "", "", {}, cells, completed)
    return _row(meta, cells, completed)


def _bare_row(bare: _Object) -> Row:
    meta = bare.metadata or _Meta()
    return _row(meta, (meta.name[:LONGEST_NAME], None), False)


def _row(meta: _Meta, cells: tuple[Any, ...], completed: bool) -> Row:
    return Row(
        meta.uid,
        meta.namespace[:LONGEST_NAME],
        meta.name[:LONGEST_NAME],
        meta.resourceVersion,
        (meta.creationTimestamp or "")[:LONGEST_TIME],
        meta.labels or {},
        cells,
        completed,
        meta.deletionTimestamp is not None,
    )
