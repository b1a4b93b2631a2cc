"""How much does a container use just now? What somebody set, else made up from its requests and the clock."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.clock import Clock
from simulator.quantities import quantity
from simulator.schemas.resources import Object

CPU, MEMORY = 50, 64 * 2**20  # millicores and bytes of a container that requests nothing
WAVE = 900.0  # seconds from one peak to the next


@dataclass(frozen=True)
class Used:
    cpu: float  # millicores
    memory: int  # bytes


# What a container of a pod (its name) uses at a moment (seconds since 1970, the cluster's clock);
# None where nothing is known of it
Source = Callable[[Object, str, float], Used | None]


class Usage:
    """The usage of one cluster. `source` may be replaced; it must answer the same for the same question."""

    def __init__(self, clock: Clock) -> None:
        self.source: Source = waves
        self._clock = clock

    def of(self, pod: Object, container: str) -> Used | None:
        """Now."""
        return self.source(pod, container, self._clock.seconds())


def waves(pod: Object, container: str, moment: float) -> Used:
    """Around six tenths of what is requested, up and down in a quarter of an hour, each container in its own time."""
    asked = requests_of(pod, container)
    number = zlib.crc32(f"{pod['metadata']['uid']}{container}".encode())
    wave = math.sin((moment / WAVE + number / 2**32) * 2 * math.pi)
    share = 0.6 + 0.25 * wave + 0.1 * (number % 100 / 100)
    cpu = float(quantity(asked["cpu"])) * 1000 if "cpu" in asked else CPU
    memory = int(quantity(asked["memory"])) if "memory" in asked else MEMORY
    return Used(round(cpu * share, 6), int(memory * (0.7 + 0.05 * wave)))


def requests_of(pod: Object, container: str) -> dict[str, Any]:
    for one in (pod.get("spec") or {}).get("containers") or ():
        if one.get("name") == container:
            found: dict[str, Any] = (one.get("resources") or {}).get("requests") or {}
            return found
    return {}
