"""Mark of a green CI run: written for this commit alone, where everything passed and the tree is clean."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.program import ROOT

# What `.ci/run` asks the machine for; `make` notes what it was asked, and fails where it is told to.
PROGRAMS = {
    "make": 'echo "$1" >>"$MADE"; [ -z "${SPOILS:-}" ] || eval "$SPOILS"; [ "$1" != "${FAILS:-}" ]',
    "initdb": "true",
    "postgres": "true",
    "apt-get": "false",
}
GIT = ("git", "-c", "user.name=Kim", "-c", "user.email=kim@example.com")


class Run:
    def __init__(self, folder: Path) -> None:
        self.checkout, self.cache, programs = folder / "checkout", folder / "cache", folder / "programs"
        (self.checkout / ".ci").mkdir(parents=True)
        (self.checkout / ".ci/run").write_text((ROOT / ".ci/run").read_text())
        programs.mkdir()
        for name, words in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{words}\n")
            (programs / name).chmod(0o755)
        self.made = folder / "made"
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder), "XDG_CACHE_HOME": str(self.cache),
            "QUARTERDECK_CHROMIUM": "chromium", "MADE": str(self.made),
        }  # fmt: skip
        self.git("init", "-q")
        self.commit()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            [*GIT, *arguments], cwd=self.checkout, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def go(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(self.checkout / ".ci/run"), *arguments],
            cwd="/", env={**self.environment, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def marks(self) -> list[str]:
        folder = self.cache / "quarterdeck/ci-green"
        return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def ci(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_green_run_marks_its_commit(ci: Run) -> None:
    done = ci.go()
    assert done.returncode == 0, done.stderr
    assert ci.made.read_text().split() == ["build-controlplane", "check", "test"]
    assert ci.marks() == [ci.git("rev-parse", "HEAD")]


@pytest.mark.parametrize("step", ["build-controlplane", "check", "test"])
def test_a_failed_step_leaves_no_mark_and_is_the_end(ci: Run, step: str) -> None:
    assert ci.go(FAILS=step).returncode != 0
    assert ci.made.read_text().split()[-1] == step
    assert ci.marks() == []


def test_a_tree_that_is_not_clean_is_not_marked(ci: Run) -> None:
    (ci.checkout / "new.py").write_text("")
    assert ci.go().returncode == 0
    assert ci.marks() == []


def test_a_commit_made_while_it_runs_is_not_marked(ci: Run) -> None:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    assert ci.go(SPOILS="git commit -q --allow-empty -m later", **identity).returncode == 0
    assert ci.marks() == []


def test_the_long_tests_alone_leave_no_mark(ci: Run) -> None:
    assert ci.go("test-long").returncode == 0
    assert ci.made.read_text().split()[-1] == "test-long"
    assert ci.marks() == []


def test_the_hosted_workflows_call_it() -> None:
    """Whatever CI is, there is one script that says what it runs; only the audit needs nothing of it."""
    for workflow, commands in (
        ("ci", ["bash .ci/run"]),
        ("nightly", ["bash .ci/run test-long", "make audit"]),
    ):
        jobs = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text())["jobs"]
        assert [job["steps"][-1]["run"] for job in jobs.values()] == commands


def test_without_git_it_is_green_and_unmarked(ci: Run) -> None:
    (ci.checkout / ".git").rename(ci.checkout.parent / "elsewhere")
    assert ci.go().returncode == 0
    assert ci.marks() == []
