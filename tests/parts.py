"""Parts of the test run: three selections of all tests, each in a process of its own (`--part`).

Loaded by tests/conftest.py. A test keeps a processor busy, or a browser, or it waits for what takes its time: an
outage, a silent watch, a socket that is closed. Those that wait cost the others little.
"""

from __future__ import annotations

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=PARTS, help="only these: in a browser, what waits, or the others")


def select_part(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is in other parts, and say how many."""
    part = config.getoption("--part")
    if part is None:
        return
    kept = [item for item in items if part_of(item) == part]
    config.hook.pytest_deselected(items=[item for item in items if part_of(item) != part])
    items[:] = kept


def part_of(item: pytest.Item) -> str:
    path = item.path.relative_to(ROOT)
    if any(path.is_relative_to(one) for one in ALONG):
        return BROWSING
    if any(path.is_relative_to(one) for one in WAIT):
        return WAITING
    return BROWSING if "browser" in getattr(item, "fixturenames", ()) else OTHER
