"""Depth: an object nested thousands of levels deep costs its own row or page nothing but its depth (class 40).

Kubernetes stores objects of 3,000 levels, and writes as many into managedFields.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from clusters.api.json_limits import CUT, MARK, OBJECT_LEVELS, complete, cut_levels, limit_depth
from clusters.api.tables import decode_event, decode_page
from clusters.feeds.object_content import ObjectContent
from dashboard.kinds.facts import _leaves
from tests.attacks.installation import Installation
from tests.attacks.lying_server import LyingServer, installation_with_lying_server, lying_server
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import Request, respond_with
from tests.clusters.feeds.table_events import COLUMNS, PODS, build_row

__all__ = ["installation_with_lying_server", "lying_server"]
DEPTHS = [500, 900, 1200, 3000, 10_000]


def nest(depth: int, key: str = "f:a") -> bytes:
    return b'{"%s":' % key.encode() * depth + b"1" + b"}" * depth


def build_table(depth: int) -> bytes:
    """Three rows, the second with managedFields and a cell that are so deep."""
    rows = [build_row(name) for name in ("first", "deep", "last")]
    rows[1]["cells"][1] = "@cell"
    rows[1]["object"]["metadata"]["managedFields"] = ["@fields"]
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1"},
        "columnDefinitions": COLUMNS,
        "rows": rows,
    }
    return json.dumps(table).encode().replace(b'"@cell"', nest(depth)).replace(b'"@fields"', nest(depth))


def build_object(depth: int) -> bytes:
    head = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "deep", "namespace": "shop", "uid": "u", "managedFields": [{"fieldsV1": "@"}]},
        "data": "@",
    }
    return json.dumps(head).encode().replace(b'"@"', nest(depth))


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_row_is_listed_with_the_others(depth: int) -> None:
    page = decode_page(build_table(depth))
    assert [(row.name, row.namespace) for row in page.rows] == [
        ("first", "shop"), ("deep", "shop"), ("last", "shop"),
    ]  # fmt: skip
    assert page.unreadable == 0


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_watch_event_of_a_deep_object_is_an_event(depth: int) -> None:
    line = b'{"type": "ADDED", "object": ' + build_table(depth).replace(b'"first"', b'"changed"') + b"}"
    event = decode_event(line)
    assert event.row is not None
    assert (event.type, event.row.name, event.columns is not None) == ("ADDED", "changed", True)


def test_a_row_of_wrong_types_costs_that_row() -> None:
    rows: list[Any] = [build_row(name) for name in ("first", "wrong", "last")]
    rows[1]["object"]["metadata"]["labels"] = {"a": 1}
    body = json.dumps({"kind": "Table", "columnDefinitions": COLUMNS, "rows": [*rows, 7]}).encode()
    page = decode_page(body)
    assert ([row.name for row in page.rows], page.unreadable) == (["first", "last"], 2)


def test_a_list_page_shows_what_is_deep_and_says_what_cannot_be_read(
    installation_with_lying_server: Installation, lying_server: LyingServer
) -> None:
    lying_server.should_lie = is_list
    lying_server.lie = respond_with(200, build_table(3000)[:-2] + b', {"cells": 1}]}')
    page = installation_with_lying_server.browser("ada").get("/c/harbour/shop/configmaps").content.decode()
    assert all(f">{name}<" in page for name in ("first", "deep", "last"))
    assert "1 object could not be read and is not listed." in page


def is_list(request: Request) -> bool:
    path, _, query = request.target.partition("?")
    return path.endswith("/configmaps") and "watch=" not in query


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_object_has_pages_that_say_what_is_left_out(
    installation_with_lying_server: Installation, lying_server: LyingServer, depth: int
) -> None:
    stop_background_work()
    lying_server.should_lie = lambda request: request.target.partition("?")[0].endswith("/configmaps/deep")
    lying_server.lie = respond_with(200, build_object(depth))
    browser, address = installation_with_lying_server.browser("ada"), "/c/harbour/shop/configmaps/deep"
    for path in ("", "/yaml"):
        page = browser.get(address + path)
        assert page.status_code == 200, path
        assert f"nested deeper than {OBJECT_LEVELS} levels" in page.content.decode(), path
        assert "?download=raw" in page.content.decode(), path
    file = browser.get(f"{address}?download=yaml").content.decode()
    assert file.startswith("# Incomplete")
    assert MARK in file
    assert browser.get(f"{address}?download=raw").content == build_object(depth)


def test_what_people_write_is_not_cut() -> None:
    content = ObjectContent(PODS, "shop", "deep")
    content.apply(b'{"type": "MODIFIED", "object": ' + build_object(60) + b"}")
    assert not content.snapshot().is_cut
    content.apply(b'{"type": "MODIFIED", "object": ' + build_object(120) + b"}")
    assert content.snapshot().is_cut


def test_levels_are_cut_in_bytes_as_in_objects() -> None:
    source = {"a": {"b": [1, {"c": "]}"}], "x": 'y"\\'}, "z": [1, [2]]}
    for levels in range(1, 6):
        found = json.loads(json.dumps(source))
        was_cut = cut_levels(found, levels)
        written, was_cut_too = limit_depth(json.dumps(source).encode(), levels)
        assert (json.loads(written), was_cut_too) == (found, was_cut), levels
    assert json.loads(CUT) == MARK


def test_every_beginning_of_a_document_is_completed() -> None:
    text = json.dumps({"a": {"b": [1, {"c": "]},"}], "x": 'y"\\'}, "z": [1, [2]]}).encode()
    for end in range(1, len(text) + 1):
        assert isinstance(json.loads(complete(text[:end])), dict)
    assert complete(text) == text


def test_fields_are_counted_at_any_depth() -> None:
    assert _leaves({".": {}, "f:a": {}, "f:b": {"f:c": {}, ".": {}}, "f:d": {".": {}}}) == 3
    deep: Any = {}
    for _ in range(50_000):
        deep = {"f:a": deep}
    assert _leaves(deep) == 1
    while deep:  # taken apart level by level: to free it at once is a recursion as well
        deep = deep.popitem()[1]
