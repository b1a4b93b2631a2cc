"""Scripted API server: lists and watches in the order that a test gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.clusters.api.faults import Behaviour, FaultServer, Hangup, Wire, respond_status, respond_with
from tests.clusters.feeds.table_events import COLUMNS

Watch = Callable[[Wire], None]


def respond_list(*rows: dict[str, Any], version: str = "1") -> Behaviour:
    """A list with these rows."""
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": COLUMNS,
        "rows": list(rows),
    }
    return respond_with(200, table)


def stream_watch(*lines: bytes, stay: bool = True) -> Watch:
    """A watch that sends these lines, and then stays open or ends in good order."""

    def watch(wire: Wire) -> None:
        wire.stream_head()
        for line in lines:
            wire.chunk(line + b"\n")
        if stay:
            wire.closing.wait(60)
            raise Hangup
        wire.send(b"0\r\n\r\n")

    return watch


def break_watch(*lines: bytes) -> Watch:
    """A watch whose connection breaks in the middle of a line."""

    def watch(wire: Wire) -> None:
        wire.stream_head()
        for line in lines:
            wire.chunk(line + b"\n")
        wire.chunk(b'{"type": "MODIF')
        raise Hangup

    return watch


def gone_event() -> bytes:
    """The ERROR event by which a watch says that its resourceVersion is too old."""
    body = {"kind": "Status", "apiVersion": "v1", "code": 410, "reason": "Expired", "message": "too old"}
    return json.dumps({"type": "ERROR", "object": body}).encode()


def bookmark_event(version: str) -> bytes:
    """A bookmark in Table form: a row of junk cells."""
    junk = {"cells": ["<junk>", None, None, None, None], "object": {"metadata": {"resourceVersion": version}}}
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": None,
        "rows": [junk],
    }
    return json.dumps({"type": "BOOKMARK", "object": table}).encode()


class ScriptedServer(FaultServer):
    """Answers lists and watches in the order of two scripts; the last of each is used from then on."""

    def __init__(self, lists: list[Behaviour], watches: list[Watch]) -> None:
        super().__init__(self._answer)
        self.lists, self.watches = list(lists), list(watches)
        self.watch_versions: list[str] = []  # the resourceVersion that each watch requested
        self.list_queries: list[dict[str, list[str]]] = []
        self.is_ready = True
        self.is_allowed = True
        self._script_lock = threading.Lock()

    def _answer(self, wire: Wire) -> None:
        parts = urlsplit(wire.request.target)
        query = parse_qs(parts.query)
        if parts.path == "/readyz":
            (
                respond_with(200, b"ok", "text/plain")
                if self.is_ready
                else respond_status(500, "InternalError")
            )(wire)
        elif parts.path.endswith("selfsubjectaccessreviews"):
            respond_with(201, {"kind": "SelfSubjectAccessReview", "status": {"allowed": self.is_allowed}})(
                wire
            )
        elif "watch" in query:
            self.watch_versions.append(query.get("resourceVersion", [""])[0])
            self._next(self.watches)(wire)
        else:
            self.list_queries.append(query)
            self._next(self.lists)(wire)

    def _next(self, script: list[Any]) -> Any:
        with self._script_lock:
            return script.pop(0) if len(script) > 1 else script[0]
