"""Process kills: after a hundred the hash chain is valid and no answered write is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import ROOT
from tests.lanes import short_and_long

LABEL = "door=killed"


@pytest.fixture
def killed_runs(kills: int, controlplane: ControlPlane, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    options = {
        "kills": kills,
        "server": controlplane.server,
        "ca": controlplane.ca,
        "token": controlplane.token("ada"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.clusters.gateway.killed_process"],
        cwd=ROOT,
        env={**os.environ, "QUARTERDECK_DATA": str(tmp_path / "data"), "QUARTERDECK_LOG_LEVEL": "ERROR"},
        input=json.dumps(options) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    yield [json.loads(line) for line in done.stdout.splitlines()]
    everything = f"/api/v1/namespaces/shop/configmaps?labelSelector={LABEL.replace('=', '%3D')}"
    controlplane.kubectl("delete", "--raw", everything)  # one call: kubectl itself deletes five a second


@short_and_long("kills", 15, 100)
def test_kills_leave_a_chain_that_holds(
    killed_runs: list[dict[str, Any]], kills: int, controlplane: ControlPlane, tmp_path: Path
) -> None:
    assert len(killed_runs) == kills
    assert [one["wrong"] for one in killed_runs if one["wrong"]] == []
    assert [one["strays"] for one in killed_runs if one["strays"]] == []
    answered = {name for one in killed_runs for name in one["answered"]}
    finished = {name for one in killed_runs for name in one["finished"]}
    pending = {name for one in killed_runs for name in one["open"]}
    assert len(answered) >= kills
    assert not {name for name in answered if name.startswith("!")}
    assert answered <= finished, "every answered write has its result"
    assert len(pending) > kills / 10, "the kills came in the middle"
    found = controlplane.kubectl("get", "configmaps", "-n", "shop", "-l", LABEL, "-o", "name")
    there = {line.removeprefix("configmap/") for line in found.splitlines()}
    assert answered <= there
    assert there <= finished | pending, "nothing was written that had not been announced"
    assert pending & there, "of some that were never answered the API server had done it: they are unknown"
    _verify(tmp_path / "data", len(pending))


def _verify(folder: Path, pending: int) -> None:
    """By the command as people run it; and the requests without a result are as many as the processes reported."""
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_audit"],
        cwd=ROOT,
        env={**os.environ, "QUARTERDECK_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file = sqlite3.connect(folder / "audit.sqlite3")
    query = (
        "SELECT count(*) FROM audit_entry a WHERE phase = 'intent' AND NOT EXISTS"
        " (SELECT 1 FROM audit_entry b WHERE b.request = a.sequence)"
    )
    assert file.execute(query).fetchone()[0] == pending
    file.close()
