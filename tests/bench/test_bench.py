"""Does the command that measures work? Every measure once on a tiny world: nothing here is timed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.figures import Figure, percentile, spread
from bench.page import write
from tests.served import ROOT

ROW = re.compile(r"^\| (?!Measure|---| )(.+?) \| .* \| (met|\*\*missed\*\*|) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def made(controlplane, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page that a run over everything writes. (The control plane's programs are there, or this is skipped.)"""
    page = tmp_path_factory.mktemp("bench") / "benchmarks.md"
    command = [sys.executable, "-m", "bench", "--small", "--pods", "10", "--page", str(page)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return page.read_text()


def test_it_measures_everything_and_says_of_each_goal_whether_it_is_met(made):
    rows = dict(ROW.findall(made))
    assert len(rows) >= len(bench.MEASURES)
    assert all(rows.values()), rows


def test_it_says_what_it_ran_on(made):
    for what in ("Date", "Commit", "Processor", "Kubernetes", "Browser"):
        assert f"| {what} | " in made


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
