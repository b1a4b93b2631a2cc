"""Generated container logs: lines from the pod's uid and the clock, repeatable."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Sequence

from simulator.clock import Clock
from simulator.pods.runs import LogLine, Run

SHORTEST, LONGEST = 2.0, 12.0  # seconds from one line to the next
PATHS = ("/", "/healthz", "/api/orders", "/api/orders/17", "/api/basket", "/static/app.js", "/login")
LAST_LINES = {"OOMKilled": ""}  # killed without a word


def generate_lines(run: Run, since: float, until: float, count: int) -> Sequence[LogLine]:
    """A Source (simulator/pods/logs.py): one line in each slot of time, so that any part is found without the rest."""
    period = SHORTEST + _number(run, -1) / 2**32 * (LONGEST - SHORTEST)
    highest = math.floor((until - run.started_at) / period)
    lowest = max(0, math.floor((since - run.started_at) / period))
    found: list[LogLine] = []
    found.extend(one for one in _last_lines(run) if since < one.timestamp <= until)
    for index in range(highest, lowest - 1, -1):
        if len(found) >= count:
            break
        line = _line(run, index, period)
        if since < line.timestamp <= until:
            found.append(line)
    return found[count - 1 :: -1] if len(found) >= count else found[::-1]


def _line(run: Run, index: int, period: float) -> LogLine:
    number = _number(run, index)
    part = number / 2**32 if index else 0.0  # the first line comes at once
    return LogLine(run.started_at + (index + part) * period, _text(run, index, number))


def _text(run: Run, index: int, number: int) -> str:
    if index < 2:
        return (f"starting {run.container}", "listening on :8080")[index]
    path, milliseconds = PATHS[number % len(PATHS)], number % 97 + 1
    if number % 41 == 0:
        return f"WARN slow answer path={path} ms={milliseconds * 40}"
    if number % 97 == 0:
        return f"ERROR upstream closed the connection path={path} attempt={number % 3 + 1}"
    if run.pod["metadata"]["uid"][0] in "0123":  # some applications write JSON
        return json.dumps({"level": "info", "msg": f"GET {path}", "status": 200, "ms": milliseconds})
    return f"GET {path} 200 {milliseconds}ms"


def _last_lines(run: Run) -> Iterator[LogLine]:
    if run.finished_at is None:
        return
    text = f"fatal: exit status {run.exit_code}" if run.exit_code else "done"
    text = LAST_LINES.get(run.reason, text)
    if text:
        yield LogLine(run.finished_at, text)


def _number(run: Run, index: int) -> int:
    """Of 32 bits, evenly spread."""
    return zlib.crc32(f"{run.key}{index}".encode())


def format_timestamp(timestamp: float) -> str:
    """As a kubelet writes it before a line: RFC 3339 with nine digits."""
    return Clock.format_timestamp(timestamp).removesuffix("Z") + f".{int(timestamp % 1 * 1e6):06d}000Z"
