"""Table rows and watch events, as the API server writes them."""

from __future__ import annotations

import json
from typing import Any

from clusters.api.connection import Connection, Identity, Server
from clusters.discovery import Resource
from clusters.feeds.feed import Feed
from clusters.feeds.timings import FeedTimings
from clusters.tables.table_content import TableContent, TableQuery

PODS = Resource(
    group="", version="v1", plural="pods", kind="Pod", namespaced=True,
    verbs=frozenset({"get", "list", "watch"}), singular="pod", short_names=("po",), categories=("all",),
    subresources=(), preferred=True, stale=False,
)  # fmt: skip
COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
    {"name": "Ready", "type": "string", "format": "", "description": "", "priority": 0},
    {"name": "Restarts", "type": "string", "format": "", "description": "", "priority": 0},
    {"name": "Age", "type": "string", "format": "", "description": "", "priority": 0},
    {"name": "Node", "type": "string", "format": "", "description": "", "priority": 1},
]


def build_row(
    name: str,
    *,
    namespace: str = "shop",
    version: int = 1,
    created: str = "2026-01-01T00:00:00Z",
    **cells: Any,
) -> dict[str, Any]:
    """A row of a Table with its PartialObjectMetadata."""
    return {
        "cells": [name, cells.get("ready", "1/1"), cells.get("restarts", "0"), "5d", cells.get("node", "n1")],
        "object": {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {
                "name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "resourceVersion": str(version),
                "creationTimestamp": created, "labels": cells.get("labels", {}),
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "correct-horse"},
            },
        },
    }  # fmt: skip


def encode_event(kind: str, made: dict[str, Any], *, columns: bool = True) -> bytes:
    """One line of a watch in Table form."""
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": made["object"]["metadata"]["resourceVersion"]},
        "columnDefinitions": COLUMNS if columns else None,
        "rows": [made],
    }
    return json.dumps({"type": kind, "object": table}).encode()


def build_feed(*rows: dict[str, Any], namespace: str = "") -> Feed[TableContent]:
    """A feed that holds these rows; nothing runs it."""
    content = TableContent(TableQuery(PODS, namespace))
    for made in rows:
        content.apply(encode_event("ADDED", made))
    return Feed(build_connection(), content, FeedTimings())


def build_connection(cluster: str = "harbour") -> Connection:
    return Connection(cluster, Server("https://127.0.0.1:1"), Identity(token="t"), "print", "1")
