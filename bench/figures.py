"""Figures: goal, result, spread and percentiles of one measurement."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the page. `met` is None where there is no goal: the row only tells."""

    measure: str
    goal: str
    result: str
    met: bool | None
    reference: str = ""
    notes: tuple[str, ...] = ()


def spread(samples: Sequence[float], unit: str = "", digits: int = 0) -> str:
    """`median (min to max, of n)`."""
    low, middle, high = min(samples), statistics.median(samples), max(samples)
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f}, of {len(samples)})"


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def percentiles(samples: Sequence[float], unit: str = "", digits: int = 0) -> str:
    """`p50 …, p90 …, p99 …, max …, of n`."""
    parts = [f"p{percent} {percentile(samples, percent):.{digits}f}{unit}" for percent in (50, 90, 99)]
    return ", ".join([*parts, f"max {max(samples):.{digits}f}{unit}, of {len(samples)}"])
