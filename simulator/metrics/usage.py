"""How much does a container use just now? What somebody set, else made up from its requests and the clock."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.clock import Clock
from simulator.quantities import quantity
from simulator.schemas.resources import Object

DEFAULTS = "50m", "64Mi"  # CPU and memory of a container that requests nothing
KEPT = 1000  # quantities that are read once; those not asked for longest are read again
WINDOW = 15  # seconds between two scrapes
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

    def scraped(self) -> float:
        """When it was last looked at: what is told stays the same until the next time."""
        return self._clock.seconds() // WINDOW * WINDOW

    def of(self, pod: Object, container: str) -> Used | None:
        return self.source(pod, container, self.scraped())


def waves(pod: Object, container: str, moment: float) -> Used:
    """Around six tenths of what is requested, up and down in a quarter of an hour, each container in its own time."""
    cpu, memory = _requested(pod, container)
    number = zlib.crc32(f"{pod['metadata']['uid']}{container}".encode())
    wave = math.sin((moment / WAVE + number / 2**32) * 2 * math.pi)
    share = 0.6 + 0.25 * wave + 0.1 * (number % 100 / 100)
    return Used(round(cpu * share, 6), int(memory * (0.7 + 0.05 * wave)))


def _requested(pod: Object, container: str) -> tuple[float, int]:
    """Millicores and bytes."""
    asked = requests_of(pod, container)
    return _millicores(str(asked.get("cpu", DEFAULTS[0]))), _bytes(str(asked.get("memory", DEFAULTS[1])))


def requests_of(pod: Object, container: str) -> dict[str, Any]:
    for one in (pod.get("spec") or {}).get("containers") or ():
        if one.get("name") == container:
            found: dict[str, Any] = (one.get("resources") or {}).get("requests") or {}
            return found
    return {}


@functools.lru_cache(KEPT)
def _millicores(text: str) -> float:
    return float(quantity(text) * 1000)


@functools.lru_cache(KEPT)
def _bytes(text: str) -> int:
    return int(quantity(text))
