"""Missing programs: tests that need one are skipped, the end of the run says so, and in CI that fails.

Loaded by tests/conftest.py. The lines stand between pytest's short summary and its closing line.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import NoReturn

import pytest

_reasons = pytest.StashKey[dict[str, str]]()


def missing(config: pytest.Config, what: str, way_out: str) -> NoReturn:
    """Skip the test that asks, for want of `what` ("Chromium"); `way_out` is printed once at the end of the run."""
    config.stash.setdefault(_reasons, {})[what] = way_out
    pytest.skip(f"no {what}")


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("true", "1")


def is_incomplete(config: pytest.Config) -> bool:
    """Whether something was skipped for such a reason, in CI."""
    return is_ci() and bool(config.stash.get(_reasons, {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing that was skipped for such a reason passes in CI."""
    if is_incomplete(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None]:
    yield
    reports = terminalreporter.stats.get("skipped", [])
    skipped = Counter(one.longrepr[2] for one in reports if isinstance(one.longrepr, tuple))
    for what, way_out in config.stash.get(_reasons, {}).items():
        number = skipped[f"Skipped: no {what}"]
        terminalreporter.write_line(f"{number} tests were skipped for want of {what}. {way_out}", red=True)
        if is_ci():
            terminalreporter.write_line("In CI this is a failure.", red=True)
