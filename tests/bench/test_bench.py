"""Benchmark command: it refuses, compares and writes its results; nothing here is timed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from bench import __main__ as bench
from bench import audit_trail, requests_sent
from bench.audit_trail import Load
from bench.figures import Figure, percentile, spread
from bench.page import write
from tests.dashboard_server import ROOT


def test_it_refuses_a_measure_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "speed"])
    assert bench.main() == 2
    assert "There is no measure speed" in capsys.readouterr().err


def test_every_file_that_measures_is_measured():
    files = [
        path.stem
        for path in sorted((ROOT / "bench").glob("*.py"))
        if "\n    run_alone(measure)" in path.read_text()
    ]
    assert sorted(bench.MEASURES) == files


def test_a_report_distinguishes_met_from_missed(tmp_path: Path):
    figures = [Figure("one", "<= 1", "0.5", True), Figure("two|pipes", "<= 1", "2", False, notes=("why",))]
    write(tmp_path / "page.md", [("Date", "today")], figures)
    text = (tmp_path / "page.md").read_text()
    assert "| one |  | <= 1 | 0.5 | met |" in text
    assert "| two\\|pipes |  | <= 1 | 2 | **missed** |" in text
    assert "- why" in text


def test_percentiles_are_of_the_samples():
    samples = [float(number) for number in range(1, 101)]
    assert (percentile(samples, 50), percentile(samples, 99), percentile(samples, 100)) == (50, 99, 100)
    assert spread([3, 1, 2], " ms") == "2 ms (1 to 3, of 3)"


def test_an_idle_page_may_renew_and_ask_for_health_and_nothing_else():
    quiet = Counter({"watch": 2, "review": 8, "get /readyz": 20})
    assert requests_sent._idle(quiet, 100.0).met is True
    assert requests_sent._idle(quiet + Counter({"list page": 1}), 100.0).met is False
    assert requests_sent._idle(Counter({"get /readyz": 40}), 100.0).met is False


def test_a_page_that_waits_for_the_audit_trail_or_a_lost_row_is_missed():
    without, world = [10.0] * 100, SimpleNamespace(samples=int, seconds=float)
    whole, lost = Load(answered=5, rows=10, is_complete=True), Load(answered=5, rows=9, is_complete=False)
    assert audit_trail._figure("a page", without, [100.0] * 100, whole, world).met is True
    assert audit_trail._figure("a page", without, [1000.0] * 100, whole, world).met is False
    assert audit_trail._figure("a page", without, [100.0] * 100, lost, world).met is False
