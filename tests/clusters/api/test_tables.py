"""Table decoding: columns and rows of lists and watch events."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from clusters.api.errors import Gone, NotKubernetes
from clusters.api.tables import BARE_COLUMNS, Row, decode_event, decode_page

COLUMNS = [
    {"name": "Ready", "type": "string", "format": "", "description": "d", "priority": 1},
    {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
]


def build_metadata(name: str = "web", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "shop", "uid": f"u-{name}", "resourceVersion": "7"} | more


def build_row(name: str = "web", **more: Any) -> dict[str, Any]:
    held = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": build_metadata(name)}
    return {"cells": ["1/1", name], "object": held} | more


def build_table(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "99"}}
    return held | {"columnDefinitions": COLUMNS, "rows": list(rows)} | more


def decode(body: Any) -> Any:
    return decode_page(json.dumps(body).encode())


def decode_line(kind: str, held: Any) -> Any:
    return decode_event(json.dumps({"type": kind, "object": held}).encode())


def test_it_reads_a_page() -> None:
    body = build_table(
        build_row(), metadata={"resourceVersion": "99", "continue": "abc", "remainingItemCount": 12}
    )
    found = decode(body)
    assert [(one.name, one.priority, one.format) for one in found.columns] == [
        ("Ready", 1, ""),
        ("Name", 0, "name"),
    ]
    assert (found.resource_version, found.continue_token, found.remaining) == ("99", "abc", 12)
    assert found.rows == (Row("u-web", "shop", "web", "7", "", {}, ("1/1", "web")),)


def test_it_keeps_labels_and_drops_annotations() -> None:
    held = build_metadata(
        labels={"app": "web"}, annotations={"last-applied": "hunter2"}, managedFields=[{"x": "hunter2"}]
    )
    found = decode(build_table(build_row(object={"metadata": held})))
    assert found.rows[0].labels == {"app": "web"}
    assert "hunter2" not in repr(found)


def test_it_marks_rows_that_are_done_or_going() -> None:
    done = build_row(conditions=[{"type": "Completed", "status": "True", "reason": "Succeeded"}])
    not_done = build_row(conditions=[{"type": "Completed", "status": "False"}])
    going = build_row(
        object={
            "metadata": build_metadata(
                deletionTimestamp="2026-01-01T00:00:00Z", creationTimestamp="2025-01-01T00:00:00Z"
            )
        }
    )
    rows = decode(build_table(done, not_done, going)).rows
    assert [one.completed for one in rows] == [True, False, False]
    assert [one.deleting for one in rows] == [False, False, True]
    assert rows[2].created == "2025-01-01T00:00:00Z"


def test_it_takes_the_name_from_its_column_where_there_is_no_object() -> None:
    found = decode(
        build_table(build_row(object=None), {"cells": ["1/1", "db"]}, {"cells": None, "object": None})
    )
    assert [(one.name, one.uid) for one in found.rows] == [("web", ""), ("db", ""), ("", "")]


def test_it_reads_an_empty_table_of_metrics() -> None:
    found = decode({"kind": "Table", "columnDefinitions": None, "rows": None, "metadata": {}})
    assert (found.columns, found.rows) == (None, ())


def test_it_gives_plain_lists_name_and_age() -> None:
    body = {"kind": "WidgetList", "apiVersion": "x/v1", "metadata": {"resourceVersion": "3"}}
    found = decode(
        body
        | {
            "items": [
                {"metadata": build_metadata(creationTimestamp="2025-01-01T00:00:00Z"), "spec": {"rows": 5}}
            ]
        }
    )
    assert found.columns == BARE_COLUMNS
    assert found.rows[0].cells == ("web", None)
    assert found.rows[0].created == "2025-01-01T00:00:00Z"
    assert decode(body | {"items": None}).rows == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>",
        b'{"kind":"Pod"}',
        b'{"kind":"Table","rows":5}',
        b"[" * 100_000,
        b"null",
        b"\xff",
    ],
)
def test_it_refuses_what_is_no_list(body: bytes) -> None:
    with pytest.raises(NotKubernetes):
        decode_page(body)


def test_it_reads_events_with_columns_in_the_first_only() -> None:
    first = decode_line("ADDED", build_table(build_row()))
    assert [one.name for one in first.columns] == ["Ready", "Name"]
    assert (first.row.name, first.resource_version) == ("web", "99")
    later = decode_line("MODIFIED", build_table(build_row(), columnDefinitions=None))
    assert (later.type, later.columns, later.row.cells) == ("MODIFIED", None, ("1/1", "web"))
    assert decode_line("DELETED", build_table(build_row(), metadata={})).resource_version == "7"


@pytest.mark.parametrize("held", [None, {"metadata": {"resourceVersion": "100"}}])
def test_it_never_draws_a_bookmark(held: Any) -> None:
    mark = decode_line(
        "BOOKMARK", build_table({"cells": ["", ""], "object": held}, metadata={"resourceVersion": "100"})
    )
    assert (mark.type, mark.row, mark.resource_version) == ("BOOKMARK", None, "100")
    bare = decode_line(
        "BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "101"}}
    )
    assert (bare.row, bare.resource_version) == (None, "101")


def test_it_reads_the_error_at_the_end() -> None:
    end = decode_line(
        "ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old", "metadata": {}}
    )
    assert isinstance(end.error, Gone)
    assert end.error.message == "too old"
    for junk in ("text", None, 5, {"metadata": "x"}):
        assert decode_line("ERROR", junk).error is not None


def test_it_reads_an_object_that_was_not_transformed() -> None:
    bare = decode_line(
        "ADDED",
        {"kind": "Widget", "apiVersion": "x/v1", "metadata": build_metadata(), "rows": 5, "code": "x"},
    )
    assert (bare.columns, bare.row.name, bare.row.cells) == (BARE_COLUMNS, "web", ("web", None))
    custom = decode_line(
        "ADDED",
        {"kind": "Table", "apiVersion": "furniture.example/v1", "metadata": build_metadata(), "rows": 5},
    )
    assert custom.row.name == "web"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"junk",
        b'{"type":"ADDED"}',
        b'{"object":{}}',
        b'{"type":"ADDED","object":5}',
        b"[" * 99_999,
    ],
)
def test_it_refuses_a_line_that_is_no_event(line: bytes) -> None:
    with pytest.raises(NotKubernetes):
        decode_event(line)


def test_it_refuses_an_event_without_a_row() -> None:
    with pytest.raises(NotKubernetes):
        decode_line("ADDED", build_table())


def test_it_decodes_ten_thousand_rows_fast() -> None:
    heavy = {
        "managedFields": [{"fieldsV1": {f"f:{n}": {} for n in range(60)}}],
        "annotations": {"a": "b" * 500},
    }
    body = json.dumps(
        build_table(
            *(
                build_row(f"web-{n}", object={"metadata": build_metadata(f"web-{n}", **heavy)})
                for n in range(10_040)
            )
        )
    )
    spent = []
    for _ in range(5):
        started = time.process_time()
        assert len(decode_page(body.encode()).rows) == 10_040
        spent.append(time.process_time() - started)
    assert min(spent) < 0.5  # 0.06 s on the machine where it was measured
