"""Timings: the product has one value of them, which only the settings module of tests replaces."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from clusters.counting.counters import counters
from clusters.feeds.timings import FeedTimings
from clusters.gateway.hub import hub
from dashboard.audit.live import watcher
from dashboard.live.session_checks import sockets
from dashboard.timings import LiveTimings, Timings
from tests import quick_settings
from tests.dashboard.test_settings import PRODUCTION, ROOT, run

MODULES = (
    "clusters/api/timings.py",
    "clusters/bulk/timings.py",
    "clusters/creation/timings.py",
    "clusters/drains/timings.py",
    "clusters/logs/timings.py",
    "clusters/operations/timings.py",
    "clusters/terminal/timings.py",
    "clusters/counting/timings.py",
    "clusters/feeds/timings.py",
    "dashboard/timings/__init__.py",
    "people/timings.py",
)
# What a page waits for after a fault: tests of faults measure it, so it is the same in their servers.
RECOVERY = (
    "unhealthy_interval",
    "unhealthy_probe_timeout",
    "settle",
    "spread",
    "longest_watched",
    "grant",
    "relist",
)


def test_the_product_has_the_timings_of_production_and_its_engines_take_them() -> None:
    assert Timings() == settings.TIMINGS
    taken = (hub.timings, counters.timings, watcher.timings, sockets.timings)
    assert taken == (Timings().feeds, Timings().counting, Timings().audit, Timings().live)


@pytest.mark.parametrize("path", MODULES)
def test_no_variable_can_change_them(path: str) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    others = {one.removesuffix(".py").replace("/", ".") for one in MODULES}
    assert imported <= {"__future__", "dataclasses", *others}
    assert "import os" not in (ROOT / path).read_text()


def test_production_refuses_those_of_the_tests(tmp_path: Path) -> None:
    done = run(
        tmp_path, {**PRODUCTION, "DJANGO_SETTINGS_MODULE": "tests.quick_settings"}, "serve", "--port", "0"
    )
    assert done.returncode == 1
    assert "tests.quick_settings are for tests; production has dashboard.settings." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_of_the_tests_looks_more_often_and_recovers_no_sooner() -> None:
    quick, usual = quick_settings.TIMINGS, Timings()
    for name in RECOVERY:
        assert getattr(quick.feeds, name) == getattr(usual.feeds, name)
    for part in fields(Timings):
        for one in fields(getattr(usual, part.name)):
            assert getattr(getattr(quick, part.name), one.name) <= getattr(
                getattr(usual, part.name), one.name
            )
    assert FeedTimings().keep == quick.feeds.keep
    assert LiveTimings().heartbeat == quick.live.heartbeat
