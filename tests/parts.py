"""Partition of the tests: three parts beside each other, or shards of files, balanced by measured durations.

Loaded by tests/conftest.py. A test keeps a processor busy, or a browser, or it waits for what takes its time: an
outage, a silent watch, a socket that is closed. Those that wait cost the others little, so they are a part of their
own, and so are those that share one browser. All other files go, the longest first, where least is to do.

Durations are those of tests/durations.json: lane -> file -> seconds. A green run leaves its own in the cache folder
(`quarterdeck/durations.json`); whoever finds the parts out of balance copies them. A file that is not in it goes
by its folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

BROWSING, WAITING, OTHER = PARTS = "browsing", "waiting", "other"
# Folders and files, with a browser or without one.
WAIT = (
    "faults",
    "people/audit",
    "audit",
    "clusters/api/test_circuit_breaker.py",
    "clusters/counting",
    "clusters/feeds",
    "clusters/tables",
    "clusters/gateway/test_hub.py",
)
# These go with the tests that need a browser, so that all parts take about as long.
ALONG = ("contract", "simulator", "controlplane", "demo", "bench", "audit/test_appearance.py")
ROOT = Path(__file__).resolve().parent
DURATIONS = ROOT / "durations.json"
UNMEASURED = 0.5  # seconds of a file


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=PARTS, help="only these: in a browser, what waits, or the others")


def select_part(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is in other parts, and say how many."""
    part = config.getoption("--part")
    if part is None:
        return
    parts = parts_of(items, durations("usual"))
    kept = [item for item in items if parts[file_of(item)] == part]
    config.hook.pytest_deselected(items=[item for item in items if parts[file_of(item)] != part])
    items[:] = kept


def parts_of(items: Iterable[pytest.Item], seconds: Mapping[str, float]) -> dict[str, str]:
    """The part of each file."""
    browsing: dict[str, bool] = {}
    for item in items:
        file = file_of(item)
        browsing[file] = browsing.get(file, False) or "browser" in getattr(item, "fixturenames", ())
    parts = {file: part for file in browsing if (part := _fixed(file, browsing[file], file in seconds))}
    load = {part: sum(seconds.get(file, 0) for file in parts if parts[file] == part) for part in PARTS}
    for file in sorted(set(browsing) - set(parts), key=lambda file: (-seconds[file], file)):
        parts[file] = min(PARTS, key=lambda part: load[part])
        load[parts[file]] += seconds[file]
    return parts


def _fixed(file: str, is_browsing: bool, is_measured: bool) -> str:
    path = Path(file).relative_to("tests")
    if any(path.is_relative_to(one) for one in WAIT):
        return BROWSING if str(path) in ALONG else WAITING
    if is_browsing:
        return BROWSING
    if is_measured:
        return ""
    return BROWSING if any(path.is_relative_to(one) for one in ALONG) else OTHER


def file_of(item: pytest.Item) -> str:
    return str(item.path.relative_to(ROOT.parent))


def durations(lane: str) -> dict[str, float]:
    """Seconds of each file as they were measured; of files that are no longer there too."""
    found: dict[str, dict[str, float]] = json.loads(DURATIONS.read_text())
    return found.get(lane, {})


def shards(lane: str, number: int) -> dict[str, list[str]]:
    """All test files in so many shares that take about as long; no shard collects what is in another."""
    seconds = durations(lane)
    files = sorted(str(path.relative_to(ROOT.parent)) for path in ROOT.rglob("test_*.py"))
    shares: dict[str, list[str]] = {f"shard {one + 1}": [] for one in range(number)}
    load = dict.fromkeys(shares, 0.0)
    for file in sorted(files, key=lambda file: -seconds.get(file, UNMEASURED)):
        least = min(load, key=lambda name: load[name])
        shares[least].append(file)
        load[least] += seconds.get(file, UNMEASURED)
    return {name: sorted(share) for name, share in shares.items()}
