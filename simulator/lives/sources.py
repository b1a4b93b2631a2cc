"""What do the containers of a world write, and what do they use? Lines by templates, and load that comes in waves."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.keeping.controllers.index import controller_of
from simulator.keeping.controllers.plane import Plane
from simulator.keeping.controllers.starts import workload_of
from simulator.metrics.usage import Used, requests_of, waves
from simulator.pods.chatter import chatter
from simulator.pods.runs import Line, Run
from simulator.quantities import quantity
from simulator.store import Object

DEPLOYMENTS = ("apps", "deployments")
PATHS = (
    "/",
    "/basket",
    "/checkout",
    "/search?q=lamp",
    "/items/4711",
    "/items/17",
    "/login",
    "/static/app.css",
)
USERS = ("u-1042", "u-2217", "u-3318", "u-77", "u-9001")
MOST = 2.0  # of what a container requests: its limit holds it there
Workload = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class Load:
    """Of all replicas together, in shares of what `replicas` of them request: up and down in `period` seconds."""

    low: float
    high: float
    period: float
    replicas: int

    def at(self, moment: float, phase: float) -> float:
        wave = 0.5 - 0.5 * math.cos((moment / self.period + phase) * 2 * math.pi)
        return (self.low + (self.high - self.low) * wave) * self.replicas


@dataclass
class Sources:
    """Sources for `cluster.logs` and `cluster.usage`."""

    logs: Mapping[Workload, Sequence[str]] = field(default_factory=dict)
    loads: Mapping[Workload, Load] = field(default_factory=dict)
    plane: Plane | None = None
    _known: dict[str, Workload] = field(default_factory=dict)  # by the uid of a pod's owner

    def feed(self, plane: Plane) -> None:
        self.plane = plane
        plane.cluster.logs.source = self.lines
        plane.cluster.usage.source = self.used

    def lines(self, run: Run, since: float, until: float, count: int) -> Sequence[Line]:
        found = chatter(run, since, until, count)
        templates = self.logs.get(self._workload(run.pod), ())
        is_main = run.pod["spec"]["containers"][0]["name"] == run.container
        said = self._last_words(run)
        return [self._written(run, one, templates if is_main else (), said) for one in found]

    def used(self, pod: Object, container: str, moment: float) -> Used | None:
        found = waves(pod, container, moment)
        workload = self._workload(pod)
        load = self.loads.get(workload)
        if load is None or self.plane is None or container != pod["spec"]["containers"][0]["name"]:
            return found
        own = self.plane.get(DEPLOYMENTS, *workload) or {}
        ready = (own.get("status") or {}).get("readyReplicas") or 1
        asked = float(quantity(requests_of(pod, container).get("cpu", "100m"))) * 1000
        phase = zlib.crc32("/".join(workload).encode()) / 2**32
        own_part = 0.94 + zlib.crc32(pod["metadata"]["uid"].encode()) % 13 / 100
        share = min(load.at(moment, phase) / ready * own_part, MOST)
        return Used(round(asked * share, 6), found.memory)

    def _workload(self, pod: Object) -> Workload:
        owner = controller_of(pod)
        namespace, uid = pod["metadata"]["namespace"], (owner or pod["metadata"])["uid"]
        if uid not in self._known and self.plane is not None:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[uid] = namespace, workload_of(self.plane, pod)
        return self._known.get(uid, (namespace, ""))

    def _last_words(self, run: Run) -> str:
        """What its behaviour leaves as a message."""
        if self.plane is None or not run.exit_code:
            return ""
        container = next((one for one in run.pod["spec"]["containers"] if one["name"] == run.container), None)
        if container is None:
            return ""
        return self.plane.behaviours.of(*self._workload(run.pod), container).message

    def _written(self, run: Run, line: Line, templates: Sequence[str], said: str) -> Line:
        if line.text.startswith("fatal: ") and said:
            return Line(line.moment, said)
        if not templates or line.text.startswith(("starting ", "listening ", "fatal: ", "done")):
            return line
        number = zlib.crc32(f"{run.key}{line.moment:.3f}".encode())
        return Line(line.moment, _filled(templates[number % len(templates)], line.moment, number))


def _filled(template: str, moment: float, number: int) -> str:
    values: dict[str, Any] = {
        "time": Clock.written(moment),
        "path": PATHS[number // 7 % len(PATHS)],
        "user": USERS[number // 11 % len(USERS)],
        "milliseconds": number // 13 % 180 + 3,
        "number": number // 17 % 900 + 1,
    }
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", str(value))
    return template
