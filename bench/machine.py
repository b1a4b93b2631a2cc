"""Machine description: processor, versions, date and commit of a benchmark run."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.cluster import Api
from bench.world import World
from tests.dashboard_server import ROOT

PAGES = ("docs/benchmarks.md", "docs/replicas-measured.md")  # which the run itself writes
LIBRARIES = ("Django", "channels", "daphne", "aiohttp", "requests", "msgspec", "whitenoise")


def describe(world: World) -> list[tuple[str, str]]:
    """(what, which), for a table."""
    return [
        *describe_system(),
        ("Load before it began", " ".join(f"{load:.1f}" for load in os.getloadavg())),
        ("Kubernetes", f"{read_version(world.api())}, {world.pods:,} pods of kwok"),
        ("Browser", f"Chromium {world.browser.version}, headless, without GPU"),
        ("Libraries", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)),
    ]


def describe_system() -> list[tuple[str, str]]:
    """Date, commit, machine and Python."""
    return [
        ("Date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("Commit", _commit()),
        ("Processor", f"{_processor()}, {os.cpu_count()} cores shared by everything in this table"),
        ("Memory", _memory()),
        ("System", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
    ]


def read_version(api: Api) -> str:
    """The API server's, as `v1.36.3`."""
    kubernetes = api("GET", "/version").decode()
    return kubernetes.partition('"gitVersion": "')[2].partition('"')[0]


def _commit() -> str:
    head = _git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = [
        line for line in _git("status", "--porcelain").splitlines() if not any(page in line for page in PAGES)
    ]
    return f"{head}, with changes not committed" if changed else head


def _git(*arguments: Sequence[str] | str) -> str:
    command = ["git", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return f"{int(line.split()[1]) / 1024**2:.0f} GiB"
    return "unknown"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
