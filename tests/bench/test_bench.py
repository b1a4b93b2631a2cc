"""Does the command that measures refuse, compare and write as it should? Nothing here is timed."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import __main__ as bench
from bench.figures import Figure, percentile, spread
from bench.page import write
from tests.served import ROOT


def test_it_refuses_a_measure_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "speed"])
    assert bench.main() == 2
    assert "There is no measure speed" in capsys.readouterr().err


def test_every_file_that_measures_is_measured():
    files = [
        path.stem
        for path in sorted((ROOT / "bench").glob("*.py"))
        if "\n    alone(measure)" in path.read_text()
    ]
    assert sorted(bench.MEASURES) == files


def test_a_page_tells_met_from_missed(tmp_path: Path):
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
