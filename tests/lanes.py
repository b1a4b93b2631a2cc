"""Lanes of the tests: `fast` while one writes, `usual` before one commits and in CI, `long` each night.

A test is in the long lane by the marker `long`: it proves a real duration, or repeats hundreds of times what a short
variant of it does in the usual lane (`short_and_long`). Whether one is fast is derived (tests/fast.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.parts import PARTS, shards


@dataclass(frozen=True)
class Lane:
    """`selected` are options of pytest that all parts have, `parts` those of each, by name; `alone` are the options
    of a failed test that runs once more. Where `is_measured`, the seconds of each file are kept. A part is ended after
    `seconds`: it hangs, since each test has a time limit of its own (pyproject.toml)."""

    name: str
    selected: tuple[str, ...]
    parts: Mapping[str, Sequence[str]]
    alone: tuple[str, ...] = ()
    is_measured: bool = True
    seconds: float = 5000


LANES = {
    "fast": Lane("fast", ("-m", "fast"), shards("fast", 2)),
    "usual": Lane("usual", (), {part: (f"--part={part}",) for part in PARTS}),
    # One after the other: who measures an hour wants no neighbor.
    "long": Lane("long", ("-m", "long", "--timeout=5400"), {"long": ()}, is_measured=False, seconds=4 * 3600),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: proves a real duration or repeats for long; `make test-long`")


def short_and_long(name: str, short: object, long: object) -> pytest.MarkDecorator:
    """A parameter with two values: one for `make test`, one for `make test-long`."""
    return pytest.mark.parametrize(name, [short, pytest.param(long, marks=pytest.mark.long)])
