"""Usage of containers: set by a source, otherwise computed from requests and the clock."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.clock import Clock
from simulator.quantities import parse_quantity
from simulator.schemas.resources import Object

DEFAULTS = "50m", "64Mi"  # CPU and memory of a container that requests nothing
CACHE_SIZE = 1000  # quantities that are read once; the least recently used are parsed again
WINDOW = 15  # seconds between two scrapes
WAVE = 900.0  # seconds from one peak to the next


@dataclass(frozen=True)
class ContainerUsage:
    cpu: float  # millicores
    memory: int  # bytes


# What a container of a pod (its name) uses at a time (seconds since 1970, the cluster's clock);
# None where nothing is known of it
Source = Callable[[Object, str, float], ContainerUsage | None]


class Usage:
    """The usage of one cluster. `source` may be replaced; it must answer the same for the same question."""

    def __init__(self, clock: Clock) -> None:
        self.source: Source = wave_usage
        self._clock = clock

    def last_scrape_at(self) -> float:
        """When it was last scraped: the values stay the same until the next scrape."""
        return self._clock.seconds() // WINDOW * WINDOW

    def measure(self, pod: Object, container: str) -> ContainerUsage | None:
        return self.source(pod, container, self.last_scrape_at())


def wave_usage(pod: Object, container: str, timestamp: float) -> ContainerUsage:
    """Around six tenths of what is requested, up and down in a quarter of an hour, each container in its own time."""
    cpu, memory = _requested_amounts(pod, container)
    number = zlib.crc32(f"{pod['metadata']['uid']}{container}".encode())
    wave = math.sin((timestamp / WAVE + number / 2**32) * 2 * math.pi)
    share = 0.6 + 0.25 * wave + 0.1 * (number % 100 / 100)
    return ContainerUsage(round(cpu * share, 6), int(memory * (0.7 + 0.05 * wave)))


def _requested_amounts(pod: Object, container: str) -> tuple[float, int]:
    """Millicores and bytes."""
    requested = requests_of(pod, container)
    return _millicores(str(requested.get("cpu", DEFAULTS[0]))), _bytes(
        str(requested.get("memory", DEFAULTS[1]))
    )


def requests_of(pod: Object, container: str) -> dict[str, Any]:
    for one in (pod.get("spec") or {}).get("containers") or ():
        if one.get("name") == container:
            found: dict[str, Any] = (one.get("resources") or {}).get("requests") or {}
            return found
    return {}


@functools.lru_cache(CACHE_SIZE)
def _millicores(text: str) -> float:
    return float(parse_quantity(text) * 1000)


@functools.lru_cache(CACHE_SIZE)
def _bytes(text: str) -> int:
    return int(parse_quantity(text))
