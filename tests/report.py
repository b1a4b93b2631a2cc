"""Report of one pytest process to its runner: failed tests, counts and the seconds of each file. (`-p tests.report`)"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.missing import is_incomplete

COUNTED = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "error")


@dataclass
class Report:
    """`failed` are node ids that may run again; `broken` are those whose teardown failed, and they may not:
    there a test is told that it leaked a secret or left something running, which a second try proves nothing about."""

    failed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    is_incomplete: bool = False  # in CI: what this machine lacks is a failure too


def read_report(path: Path) -> Report:
    """An empty one where the process ended before it wrote any."""
    return Report(**json.loads(path.read_text() or "{}"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", type=Path, help="write what happened to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--report"):
        config.pluginmanager.register(Reporter(config))


class Reporter:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.report = Report()
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]
        if report.failed:
            kept = self.report.broken if report.when == "teardown" else self.report.failed
            kept.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        stats = terminal.stats if terminal else {}
        self.report.counts = {name: len(stats[name]) for name in COUNTED if stats.get(name)}
        self.report.seconds = {file: round(seconds, 2) for file, seconds in self._seconds.items()}
        self.report.is_incomplete = is_incomplete(self.config)
        self.config.getoption("--report").write_text(json.dumps(asdict(self.report)))
