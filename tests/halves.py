"""Which tests run beside which others? Two halves of all of them, each in a process of its own: `--half`.

Loaded by tests/conftest.py. Most tests wait for a server, a browser or a watch: two at a time take little more than
one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

BROWSING, OTHER = "browsing", "other"
# Folders that go with the tests that need a browser, so that both halves take about as long.
ALONG = ("contract", "simulator", "controlplane", "demo", "faults", "bench")
ROOT = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--half", choices=(BROWSING, OTHER), help="only these: with the tests in a browser, or the others"
    )


def select_half(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is the other half's, and say how many."""
    half = config.getoption("--half")
    if half is None:
        return
    kept = [item for item in items if half_of(item) == half]
    config.hook.pytest_deselected(items=[item for item in items if half_of(item) != half])
    items[:] = kept


def half_of(item: pytest.Item) -> str:
    is_browsing = "browser" in getattr(item, "fixturenames", ())
    return BROWSING if is_browsing or item.path.relative_to(ROOT).parts[0] in ALONG else OTHER
