"""Command line of the simulator: all worlds in one process, with kubeconfigs for their people."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboard_server import ROOT, wait_for
from tests.simulator.caller import Caller


class Program:
    """`python -m simulator` with arguments."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGTERM)
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    worlds = ("--world", "staging", "--world", "production-us")
    found = Program(*worlds, "--kubeconfig", str(tmp_path / "people"), "--seed", "7", "--freeze")
    yield found
    found.process.kill()
    found.process.communicate()


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def caller(config: Any, context: str) -> Caller:
    chosen = next(one["context"] for one in config["contexts"] if one["name"] == context)
    cluster = next(one["cluster"] for one in config["clusters"] if one["name"] == chosen["cluster"])
    user = next(one["user"] for one in config["users"] if one["name"] == chosen["user"])
    ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return Caller(cluster["server"], ca, user["token"])


def test_it_serves_each_person_a_context_for_each_cluster(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    wait_for(lambda: (folder / "noah.yaml").exists() and read_yaml(folder / "noah.yaml"), seconds=120)
    config = read_yaml(folder / "dana.yaml")
    assert [one["name"] for one in config["contexts"]] == ["staging", "production-us"]
    assert (folder / "dana.yaml").stat().st_mode & 0o077 == 0
    for context in ("staging", "production-us"):
        dana = caller(config, context)
        assert len(dana.get("/api/v1/namespaces/shop/pods").json["items"]) > 3
        assert dana.get("/api/v1/namespaces/payments/pods").status == 403
        assert caller(read_yaml(folder / "noah.yaml"), context).get("/api/v1/namespaces").status == 403
    code, output, errors = program.end()
    assert (code, errors) == (0, "")
    assert "staging: Kubernetes v1.36" in output
    assert "dana: Develops the shop" in output


def test_it_writes_one_file_if_requested(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    program = Program("--world", "staging", "--kubeconfig", str(path), "--freeze")
    try:
        wait_for(lambda: path.exists() and read_yaml(path), seconds=120)
        names = [one["name"] for one in read_yaml(path)["contexts"]]
        assert names[:2] == ["alice@staging", "dana@staging"]
        assert caller(read_yaml(path), "alice@staging").get("/api/v1/nodes").status == 200
    finally:
        assert program.end()[0] == 0


def test_it_says_which_worlds_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--world", "prodution-eu"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "There is no world prodution-eu. There are production-eu, production-us, staging.\n"
