"""What would a container write that nobody wrote lines for? Made up from its uid and the clock, the same each time."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Sequence

from simulator.clock import Clock
from simulator.pods.runs import Line, Run

SHORTEST, LONGEST = 2.0, 12.0  # seconds from one line to the next
PATHS = ("/", "/healthz", "/api/orders", "/api/orders/17", "/api/basket", "/static/app.js", "/login")
ENDS = {"OOMKilled": ""}  # killed without a word


def chatter(run: Run, since: float, until: float, count: int) -> Sequence[Line]:
    """A Source (simulator/pods/logs.py): one line in each slot of time, so that any part is found without the rest."""
    period = SHORTEST + _number(run, -1) / 2**32 * (LONGEST - SHORTEST)
    highest = math.floor((until - run.began) / period)
    lowest = max(0, math.floor((since - run.began) / period))
    found: list[Line] = []
    found.extend(one for one in _last_words(run) if since < one.moment <= until)
    for index in range(highest, lowest - 1, -1):
        if len(found) >= count:
            break
        line = _line(run, index, period)
        if since < line.moment <= until:
            found.append(line)
    return found[count - 1 :: -1] if len(found) >= count else found[::-1]


def _line(run: Run, index: int, period: float) -> Line:
    number = _number(run, index)
    part = number / 2**32 if index else 0.0  # the first line comes at once
    return Line(run.began + (index + part) * period, _text(run, index, number))


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


def _last_words(run: Run) -> Iterator[Line]:
    if run.ended is None:
        return
    text = f"fatal: exit status {run.exit_code}" if run.exit_code else "done"
    text = ENDS.get(run.reason, text)
    if text:
        yield Line(run.ended, text)


def _number(run: Run, index: int) -> int:
    """Of 32 bits, evenly spread."""
    return zlib.crc32(f"{run.key}{index}".encode())


def stamp(moment: float) -> str:
    """As a kubelet writes it before a line: RFC 3339 with nine digits."""
    return Clock.written(moment).removesuffix("Z") + f".{int(moment % 1 * 1e6):06d}000Z"
