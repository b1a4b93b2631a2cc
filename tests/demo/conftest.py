"""Fixtures `demo` and `visitor`: one running demo with repeatable worlds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.demo.process import Demo, Visitor, run_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo"), QUARTERDECK_DEMO_SEED="7") as one:
        yield one.start()


@pytest.fixture
def visitor(demo: Demo) -> Visitor:
    """Nobody yet."""
    return Visitor(demo.url)
