"""Test runner: what fails runs once more alone, flaky tests are listed and bounded, exit codes and counts are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cache, flaky
from tests.__main__ import run
from tests.lanes import Lane

OPTIONS = ("-c", "tiny.ini", "--rootdir=.", "-p", "no:cacheprovider")
# A test that fails until it has run so many times.
FAILS = """
from pathlib import Path
import pytest

def fails_until(name, times):
    seen = Path(__file__).with_name(f"{name}.seen")
    seen.write_text(seen.read_text() + "x" if seen.exists() else "x")
    assert len(seen.read_text()) > times
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # loading them takes longer than the tiny tests
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "tiny.ini").write_text("[pytest]\n")
    (tmp_path / "test_good.py").write_text("def test_good(): pass\n\ndef test_fine(): pass\n")
    return tmp_path


def write(folder: Path, *tests: str) -> None:
    (folder / "test_bad.py").write_text(FAILS + "\n".join(tests))


def forget(folder: Path) -> None:
    for one in folder.glob("*.seen"):
        one.unlink()


def once(name: str) -> str:
    return f"def test_{name}(): fails_until('{name}', 1)\n"


def run_tiny(folder: Path, **parts: tuple[str, ...]) -> int:
    parts = parts or {"good": ("test_good.py",), "bad": ("test_bad.py",)}
    return run(Lane("tiny", OPTIONS, parts, is_measured=False), folder)


def last_line(capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    said = capfd.readouterr().out
    return said, said.strip().splitlines()[-1]


def test_all_good_is_one_closing_line_over_all_parts(folder: Path, capfd) -> None:
    write(folder, "def test_also_good(): pass\n")
    assert run_tiny(folder) == 0
    said, last = last_line(capfd)
    assert " 3 passed in " in last
    assert last.startswith("=")
    assert " flaky " not in said
    assert "slowest 25 durations" in said or "durations < " in said


def test_what_passes_when_it_runs_alone_is_listed_and_the_run_is_good(folder: Path, capfd) -> None:
    write(folder, once("a"), once("b"))
    assert run_tiny(folder) == 0
    said, last = last_line(capfd)
    assert " flaky ====" in said
    assert "FLAKY test_bad.py::test_a\nFLAKY test_bad.py::test_b\n" in said
    assert " 2 passed, 2 flaky in " in last
    kept = json.loads((folder / "cache/quarterdeck/flaky.json").read_text())
    assert kept == {"tiny": ["test_bad.py::test_a", "test_bad.py::test_b"]}


def test_what_fails_again_fails_the_run(folder: Path, capfd) -> None:
    write(folder, once("a"), "def test_never(): assert False, 'both times'\n")
    assert run_tiny(folder) == 1
    said, last = last_line(capfd)
    assert "FLAKY test_bad.py::test_a" in said
    assert "FLAKY test_bad.py::test_never" not in said
    assert " 1 failed, 2 passed, 1 flaky in " in last


def test_a_test_is_alone_when_it_runs_again(folder: Path) -> None:
    """What another test has left is gone: it is a process of its own."""
    write(
        folder,
        "left = []\n",
        "def test_first(): left.append(1)\n",
        "def test_second(): assert not left\n",
    )
    assert run_tiny(folder) == 0


def test_more_than_three_fail_the_run(folder: Path, capfd) -> None:
    write(folder, *map(once, "abcd"))
    assert run_tiny(folder) == 1
    assert "4 flaky tests are more than 3" in last_line(capfd)[0]


def test_the_same_one_in_two_runs_in_a_row_fails_the_second(folder: Path, capfd) -> None:
    write(folder, once("a"))
    assert run_tiny(folder) == 0
    forget(folder)
    assert run_tiny(folder) == 1
    assert "flaky in the run before too, which is a failure: test_bad.py::test_a" in last_line(capfd)[0]


def test_another_one_in_the_next_run_does_not(folder: Path) -> None:
    write(folder, once("a"))
    assert run_tiny(folder) == 0
    write(folder, once("b"))
    assert run_tiny(folder) == 0


def test_a_good_run_between_two_is_forgiven(folder: Path) -> None:
    write(folder, once("a"))
    assert run_tiny(folder) == 0
    assert run_tiny(folder) == 0  # it passes now
    forget(folder)
    assert run_tiny(folder) == 0


@pytest.mark.parametrize(
    "bad",
    [
        "@pytest.fixture\ndef late():\n    yield\n    fails_until('late', 1)\n\ndef test_late(late): pass\n",
        "import there_is_no_such_module\n",
        "def test_dies():\n    import os\n    os._exit(1)\n",
        "def test_is_killed():\n    import os\n    os.kill(os.getpid(), 9)\n",
    ],
    ids=["teardown", "collection", "exit", "signal"],
)
def test_what_is_no_failure_of_a_test_is_never_forgiven(folder: Path, bad: str, capfd) -> None:
    """A teardown tells of a leak, which is none the less one for not happening twice."""
    write(folder, once("a"), bad)
    assert run_tiny(folder) > 0
    assert "passed" in last_line(capfd)[1]


def test_a_part_that_hangs_is_ended_and_fails_the_run(folder: Path, capfd) -> None:
    parts = {"good": ("test_good.py",)}
    assert run(Lane("tiny", OPTIONS, parts, is_measured=False, seconds=0), folder) == 9
    said, last = last_line(capfd)
    assert "The part 'good' ended with -9." in said
    assert "no tests ran" in last


def test_a_part_that_finds_no_test_fails_the_run(folder: Path) -> None:
    (folder / "test_bad.py").write_text("")
    assert run_tiny(folder) > 0


def test_an_error_in_a_fixture_may_run_again_as_a_failure_may(folder: Path) -> None:
    write(folder, "@pytest.fixture\ndef early(): fails_until('early', 1)\n\ndef test_early(early): pass\n")
    assert run_tiny(folder) == 0


def test_a_list_that_cannot_be_read_is_no_reason_to_fail(folder: Path) -> None:
    (cache.cache_folder()).mkdir(parents=True)
    (cache.cache_folder() / flaky.FILE).write_text("{not json")
    write(folder, once("a"))
    assert run_tiny(folder) == 0


def test_each_lane_has_a_list_of_its_own(folder: Path) -> None:
    for lane in ("one", "two"):
        found = flaky.judge(lane, ["test_a"], lambda _test: True)
        assert found.is_good
        assert found.flaky == ("test_a",)
    assert not flaky.judge("one", ["test_a", "test_a"], lambda _test: True).is_good
