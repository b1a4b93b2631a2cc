"""Log upstream: an API server with pods and their logs, made by hand, whose streams can be cut, stalled and rotated."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clusters.logs.lines import SECOND, Timestamps, format_timestamp
from tests.clusters.api.faults import Hangup, Wire

POLL = 0.005  # seconds between two looks of a followed log at what was appended


class Log:
    """The log of one container's current run, and of the one before."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self.previous: list[tuple[int, bytes]] = []
        self.is_over = False
        self.generation = 0  # a new one cuts all streams that are open
        self.sent = 0  # bytes of all streams

    def append(self, timestamp: int, text: str | bytes) -> None:
        self.lines.append((timestamp, text if isinstance(text, bytes) else text.encode()))

    def cut(self) -> None:
        """All streams of it end in the middle of a line."""
        self.generation += 1

    def restart(self) -> None:
        """The container runs anew: this run's log is the previous one."""
        self.previous, self.lines = self.lines, []
        self.generation += 1


class Upstream:
    """A Behaviour for FaultServer. Pods are what `set_pod` made of them; each change is an event for the watches."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, str], Log] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.queries: list[dict[str, list[str]]] = []
        self.denied = threading.Event()  # access reviews say no
        self.refuse: Callable[[str, str], tuple[int, str] | None] = lambda pod, container: None
        self._version = 100

    def __call__(self, wire: Wire) -> None:
        parts = urlsplit(wire.request.target)
        query = parse_qs(parts.query)
        if parts.path.endswith("/selfsubjectaccessreviews"):
            status = {"allowed": not self.denied.is_set()}
            wire.respond(201, json.dumps({"status": status}).encode())
        elif parts.path.endswith("/log"):
            pod = parts.path.split("/")[-2]
            self.queries.append(query)
            self._serve_log(wire, pod, query)
        elif parts.path.endswith("/pods") and "watch" in query:
            self._serve_watch(wire, int(query["resourceVersion"][0]))
        elif parts.path.endswith("/pods"):
            found = {"items": list(self.pods.values()), "metadata": {"resourceVersion": str(self._version)}}
            wire.respond(200, json.dumps(found).encode())
        else:
            wire.respond(404, b"{}")

    def log(self, pod: str, container: str = "main") -> Log:
        return self.logs.setdefault((pod, container), Log())

    def set_pod(
        self, name: str, *, restarts: int = 0, exit_code: int | None = None, waiting: str = ""
    ) -> None:
        """A pod with one container `main` that runs, unless it ended or waits."""
        self._version += 1
        ended = {"exitCode": exit_code, "reason": "Error", "finishedAt": "2026-01-01T00:00:00Z"}
        state: dict[str, Any] = {"running": {}}
        if waiting:
            state = {"waiting": {"reason": waiting}}
        elif exit_code is not None:
            state = {"terminated": ended}
        status = {"name": "main", "restartCount": restarts, "state": state}
        if restarts:
            status["lastState"] = {"terminated": {**ended, "exitCode": exit_code or 1}}
        kind = "MODIFIED" if name in self.pods else "ADDED"
        self.pods[name] = {
            "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
            "spec": {"containers": [{"name": "main"}]},
            "status": {"containerStatuses": [status]},
        }
        self.events.append({"type": kind, "object": self.pods[name], "version": self._version})

    def remove_pod(self, name: str) -> None:
        self._version += 1
        self.events.append({"type": "DELETED", "object": self.pods.pop(name), "version": self._version})

    def _serve_watch(self, wire: Wire, version: int) -> None:
        wire.stream_head()
        sent = 0
        while not wire.closing.wait(POLL):
            events, sent = self.events[sent:], len(self.events)
            for event in events:
                if event["version"] > version:
                    wire.chunk(json.dumps({key: event[key] for key in ("type", "object")}).encode() + b"\n")

    def _serve_log(self, wire: Wire, pod: str, query: dict[str, list[str]]) -> None:
        refused = self.refuse(pod, query["container"][0])
        if refused is not None:
            status, message = refused
            body = {"kind": "Status", "status": "Failure", "message": message, "code": status}
            wire.respond(status, json.dumps(body).encode())
            return
        log = self.log(pod, query["container"][0])
        wire.stream_head()
        with suppress(OSError):
            for data in filter(None, self._read(log, wire, query)):  # an empty chunk would be the end
                wire.chunk(data)
                log.sent += len(data)
            wire.send(b"0\r\n\r\n")

    def _read(self, log: Log, wire: Wire, query: dict[str, list[str]]) -> Iterator[bytes]:
        generation = log.generation
        lines = log.previous if "previous" in query else log.lines
        since = Timestamps().parse(query["sinceTime"][0].encode()) or 0 if "sinceTime" in query else 0
        first = max(0, len(lines) - int(query["tailLines"][0])) if "tailLines" in query else 0
        while True:
            wanted = lines[first:]
            first += len(wanted)
            yield b"".join(_format(*one) for one in wanted if one[0] // SECOND * SECOND >= since)
            if "follow" not in query or log.is_over:
                return
            if log.generation != generation:
                yield b"2026-01-01T00:00:00.1Z half a li"
                raise Hangup
            if wire.closing.wait(POLL):
                raise Hangup


def _format(timestamp: int, text: bytes) -> bytes:
    return format_timestamp(timestamp).encode() + b" " + text + b"\n"
