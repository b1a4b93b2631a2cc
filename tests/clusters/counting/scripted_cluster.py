"""Scripted API server: given pods, nodes and events, with permissions for each token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clusters.api.connection import Connection, Identity, Server
from clusters.counting.counters import Counter, Counters
from tests.clusters.api.faults import Behaviour, FaultServer, Wire, respond_status, respond_with

COLUMNS = {
    "pods": ["Name", "Ready", "Status", "Restarts", "Age"],
    "nodes": ["Name", "Status", "Roles", "Age", "Version"],
    "events": ["Last Seen", "Type", "Reason", "Object", "Message"],
    "namespaces": ["Name", "Status", "Age"],
}
REVIEWS = "/selfsubjectaccessreviews"
Review = dict[str, Any]


def pod_row(word: str = "Running", ready: str = "1/1") -> list[Any]:
    return ["web-0", ready, word, 0, "5m"]


def node_row(word: str = "Ready") -> list[Any]:
    return ["node-1", word, "worker", "5d", "v1.36.3"]


def event_row(reason: str, seen: str = "5m12s") -> list[Any]:
    return [seen, "Warning", reason, "pod/web-0", "told"]


class ScriptedCluster(FaultServer):
    """`rows` are by kind, or by (namespace, kind); what a token may not list is 403, as in the real one."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.rows: dict[Any, list[list[Any]]] = {"pods": [], "nodes": [], "events": [], "namespaces": []}
        self.is_allowed: Callable[[str, Review], bool | None] = lambda token, review: (
            True
        )  # None: no clear answer
        self.overrides: dict[str, Behaviour] = {}  # by the last part of a path
        self.version: Any = {"gitVersion": "v1.36.3"}

    def list_queries(self, kind: str, token: str = "") -> list[dict[str, list[str]]]:
        """The queries of the lists of a kind so far."""
        found = [(urlsplit(one.target), one.headers.get("authorization", "")) for one in self.requests]
        return [
            parse_qs(parts.query)
            for parts, by in found
            if parts.path.endswith(f"/{kind}") and by.endswith(token)
        ]

    def count_reviews(self) -> int:
        return sum(one.target.partition("?")[0].endswith(REVIEWS) for one in self.requests)

    def _answer(self, wire: Wire) -> None:
        parts = urlsplit(wire.request.target)
        last = parts.path.rpartition("/")[2]
        token = wire.request.headers.get("authorization", "").removeprefix("Bearer ")
        if last in self.overrides:
            self.overrides[last](wire)
        elif parts.path.endswith(REVIEWS):
            self._review(wire, token)
        elif last == "readyz":
            respond_with(200, b"ok", "text/plain")(wire)
        elif last == "version":
            respond_with(200, self.version)(wire)
        else:
            self._list(wire, token, parts.path.split("/")[3:], parse_qs(parts.query))

    def _review(self, wire: Wire, token: str) -> None:
        review = json.loads(wire.request.body)["spec"]["resourceAttributes"]
        answer = self.is_allowed(token, review)
        error = {"evaluationError": "the webhook is down"} if answer is None else {}
        respond_with(201, {"status": {"allowed": bool(answer), "reason": "", **error}})(wire)

    def _list(self, wire: Wire, token: str, path: list[str], query: dict[str, list[str]]) -> None:
        namespace, kind = (path[1], path[2]) if len(path) == 3 else ("", path[0])
        review = {"verb": "list", "resource": kind, **({"namespace": namespace} if namespace else {})}
        if self.is_allowed(token, review) is False:
            respond_status(403, "Forbidden", f"{kind} is forbidden")(wire)
            return
        rows = self.rows.get((namespace, kind), []) if namespace else self.rows[kind]
        start, size = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        page = rows[start : start + size]
        left = len(rows) - start - len(page)
        metadata = {"resourceVersion": "1"} | (
            {"continue": str(start + size), "remainingItemCount": left} if left > 0 else {}
        )
        columns = [{"name": name, "type": "string"} for name in COLUMNS[kind]]
        table = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
        respond_with(200, table | {"columnDefinitions": columns, "rows": [{"cells": row} for row in page]})(
            wire
        )


def connect_as(server: FaultServer, name: str) -> Connection:
    """The connection of one person with a credential of their own."""
    settings = Server(server.url, server.ca)
    return Connection("scripted", settings, Identity(token=name), f"{server.url}-{name}", name)


@contextmanager
def watch_counter(counters: Counters, connection: Connection, *known: str) -> Iterator[Counter]:
    """One viewer, while the block lasts."""
    counter = counters.add_viewer(connection, known)
    assert counter is not None
    try:
        yield counter
    finally:
        counters.remove_viewer(counter, connection)


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Poll until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it was not so in time"
        time.sleep(0.02)
