"""Ages and durations as Kubernetes prints them: 45s, 3m12s, 5h2m, 3d4h, 30d, 2y40d."""

import datetime
from typing import Any

UNKNOWN = "<unknown>"


def parse_time(stamp: str) -> datetime.datetime:
    """A Time or MicroTime."""
    return datetime.datetime.fromisoformat(stamp)


def age(stamp: Any, now: datetime.datetime) -> str:
    """Since that time; `<unknown>` where there is none."""
    if not stamp:
        return UNKNOWN
    return duration((now - parse_time(stamp)).total_seconds())


def duration(seconds: float) -> str:  # noqa: PLR0911, C901 - the ladder of k8s.io/apimachinery/pkg/util/duration
    """HumanDuration of apimachinery, with its rounding down."""
    whole = int(seconds) if seconds > 0 else -int(-seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 60 * 2:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 60 * 3:
        return f"{minutes}m"
    hours = whole // 3600
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _two(hours // 24, "d", hours % 24, "h")
    if hours < 24 * 365 * 2:
        return f"{hours // 24}d"
    if hours < 24 * 365 * 8:
        return _two(hours // 24 // 365, "y", (hours // 24) % 365, "d")
    return f"{hours // 24 // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
