"""Hostile API server: allows everything, and has ConfigMaps alone, each attack with a list of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.attacks.test_class_40_depth import build_object, build_table
from tests.attacks.test_class_48_endless_cluster import build_page, respond_small
from tests.clusters.api.faults import Behaviour, Wire, hang

NAME = {"name": "Name", "type": "string", "format": "name"}
DIGITS = "9" * 50_000
TITLES = b"<html>" + b"<title>" * 9_000
CELL = "x" * 1_000_000
LARGE = "x" * 256 * 1024
COLUMNS = 20_000
OBJECT = 60_000_000  # bytes


def build_list(columns: list[dict[str, Any]], rows: list[dict[str, Any]]) -> bytes:
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1"},
        "columnDefinitions": columns,
        "rows": rows,
    }
    return json.dumps(table).encode()


def build_row(name: str, cells: list[str], **more: Any) -> dict[str, Any]:
    head = {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1", **more}
    head |= {"creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"cells": [name, *cells], "object": {"kind": "x", "metadata": head}}


def serve(behave: Behaviour) -> Behaviour:
    """`behave` where ConfigMaps are read; everything else as an API server does it."""

    def answer(wire: Wire) -> None:
        path = wire.request.target.partition("?")[0]
        if "/configmaps" not in path:
            respond_small(wire)
        elif "watch=" in wire.request.target:
            hang(wire)
        else:
            behave(wire)

    return answer


def send(body: bytes, status: int = 200, kind: str = "application/json") -> Behaviour:
    return lambda wire: wire.respond(status, body, kind)


def send_endless(wire: Wire) -> None:
    """Pages of a list that never ends, a megabyte each."""
    query = parse_qs(urlsplit(wire.request.target).query)
    wire.respond(200, json.dumps(build_page(int(query.get("continue", ["0"])[0]))).encode())


def send_large_rows(wire: Wire) -> None:
    """As many ConfigMaps of 256 KiB as a page asks for, up to 550."""
    query = parse_qs(urlsplit(wire.request.target).query)
    count = min(550, int(query.get("limit", ["500"])[0]))
    row = json.dumps(build_row("@", [], annotations={"a": LARGE})).encode()
    rows = b",".join(row.replace(b'"@"', b'"map-%d"' % number) for number in range(count))
    head, tail = build_list([NAME], []).split(b'"rows": []')
    wire.respond(200, head + b'"rows": [' + rows + b"]" + tail)


def list_digits() -> bytes:
    return build_list([NAME, {"name": "Last Seen", "type": "string"}], [build_row("one", [DIGITS])])


def list_large_cells() -> bytes:
    columns = [NAME, *({"name": f"C{number}", "type": "string"} for number in range(2))]
    return build_list(columns, [build_row(f"map-{number}", [CELL, CELL]) for number in range(10)])


def list_columns() -> bytes:
    columns = [NAME, *({"name": f"Column {number}", "type": "string"} for number in range(COLUMNS))]
    return build_list(columns, [build_row("one", ["x"] * COLUMNS)])


def large_object() -> bytes:
    head = {"name": "deep", "namespace": "shop", "uid": "u"}
    return json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head, "data": {"a": "x" * OBJECT}}
    ).encode()


def send_deep() -> Behaviour:
    """A list with a row of 3,000 levels, and an object as deep."""
    table, thing = build_table(3000), build_object(3000)
    return lambda wire: wire.respond(
        200, thing if "/configmaps/" in wire.request.target.partition("?")[0] else table
    )


# name of an attack -> what its cluster does. Made when asked for: some are large.
HOSTILE: dict[str, Callable[[], Behaviour]] = {
    "digits": lambda: serve(send(list_digits())),
    "titles": lambda: serve(send(TITLES, 500, "text/html")),
    "depth": lambda: serve(send_deep()),
    "large_rows": lambda: serve(send_large_rows),
    "endless": lambda: serve(send_endless),
    "large_cells": lambda: serve(send(list_large_cells())),
    "columns": lambda: serve(send(list_columns())),
    "large_object": lambda: serve(send(large_object())),
    "hanging": lambda: serve(hang),
}
