"""Log and usage sources of a world: log lines from templates, load in waves."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.controllers.index import controller_of
from simulator.controllers.plane import Plane
from simulator.controllers.starts import workload_of
from simulator.metrics.usage import ContainerUsage, requests_of, wave_usage
from simulator.pods.generated_logs import generate_lines
from simulator.pods.runs import LogLine, Run
from simulator.quantities import parse_quantity
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
MAX_SHARE = 2.0  # of what a container requests: its limit holds it there
Workload = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class Load:
    """Of all replicas together, in shares of what `replicas` of them request: up and down in `period` seconds."""

    low: float
    high: float
    period: float
    replicas: int

    def evaluate(self, timestamp: float, phase: float) -> float:
        wave = 0.5 - 0.5 * math.cos((timestamp / self.period + phase) * 2 * math.pi)
        return (self.low + (self.high - self.low) * wave) * self.replicas


@dataclass
class Sources:
    """Sources for `cluster.logs` and `cluster.usage`."""

    logs: Mapping[Workload, Sequence[str]] = field(default_factory=dict)
    loads: Mapping[Workload, Load] = field(default_factory=dict)
    plane: Plane | None = None
    _workloads_by_owner: dict[str, Workload] = field(default_factory=dict)  # by the uid of a pod's owner

    def install(self, plane: Plane) -> None:
        self.plane = plane
        plane.cluster.logs.source = self.lines
        plane.cluster.usage.source = self.measure_usage

    def lines(self, run: Run, since: float, until: float, count: int) -> Sequence[LogLine]:
        found = generate_lines(run, since, until, count)
        templates = self.logs.get(self._workload(run.pod), ())
        is_main = run.pod["spec"]["containers"][0]["name"] == run.container
        ending = self._termination_message(run)
        return [self._fill_line(run, one, templates if is_main else (), ending) for one in found]

    def measure_usage(self, pod: Object, container: str, timestamp: float) -> ContainerUsage | None:
        found = wave_usage(pod, container, timestamp)
        workload = self._workload(pod)
        load = self.loads.get(workload)
        if load is None or self.plane is None or container != pod["spec"]["containers"][0]["name"]:
            return found
        own = self.plane.get(DEPLOYMENTS, *workload) or {}
        ready = (own.get("status") or {}).get("readyReplicas") or 1
        requested = float(parse_quantity(requests_of(pod, container).get("cpu", "100m"))) * 1000
        phase = zlib.crc32("/".join(workload).encode()) / 2**32
        own_part = 0.94 + zlib.crc32(pod["metadata"]["uid"].encode()) % 13 / 100
        share = min(load.evaluate(timestamp, phase) / ready * own_part, MAX_SHARE)
        return ContainerUsage(round(requested * share, 6), found.memory)

    def _workload(self, pod: Object) -> Workload:
        owner = controller_of(pod)
        namespace, uid = pod["metadata"]["namespace"], (owner or pod["metadata"])["uid"]
        if uid not in self._workloads_by_owner and self.plane is not None:
            if len(self._workloads_by_owner) > 10_000:
                self._workloads_by_owner.clear()
            self._workloads_by_owner[uid] = namespace, workload_of(self.plane, pod)
        return self._workloads_by_owner.get(uid, (namespace, ""))

    def _termination_message(self, run: Run) -> str:
        """What its behaviour leaves as a message."""
        if self.plane is None or not run.exit_code:
            return ""
        container = next((one for one in run.pod["spec"]["containers"] if one["name"] == run.container), None)
        if container is None:
            return ""
        return self.plane.behaviors.resolve(*self._workload(run.pod), container).message

    def _fill_line(self, run: Run, line: LogLine, templates: Sequence[str], message: str) -> LogLine:
        if line.text.startswith("fatal: ") and message:
            return LogLine(line.timestamp, message)
        if not templates or line.text.startswith(("starting ", "listening ", "fatal: ", "done")):
            return line
        number = zlib.crc32(f"{run.key}{line.timestamp:.3f}".encode())
        return LogLine(
            line.timestamp, _fill_template(templates[number % len(templates)], line.timestamp, number)
        )


def _fill_template(template: str, timestamp: float, number: int) -> str:
    values: dict[str, Any] = {
        "time": Clock.format_timestamp(timestamp),
        "path": PATHS[number // 7 % len(PATHS)],
        "user": USERS[number // 11 % len(USERS)],
        "milliseconds": number // 13 % 180 + 3,
        "number": number // 17 % 900 + 1,
    }
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", str(value))
    return template
