"""What if our process is killed in the middle, a hundred times over? The chain holds, and nothing answered is lost."""

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
from tests.lanes import short_and_long
from tests.served import ROOT

LABEL = "door=killed"


@pytest.fixture
def rounds(kills: int, controlplane: ControlPlane, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    asked = {
        "rounds": kills,
        "server": controlplane.server,
        "ca": controlplane.ca,
        "token": controlplane.token("ada"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.clusters.door.dying"],
        cwd=ROOT,
        env={**os.environ, "QUARTERDECK_DATA": str(tmp_path / "data"), "QUARTERDECK_LOG_LEVEL": "ERROR"},
        input=json.dumps(asked) + "\n",
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
    rounds: list[dict[str, Any]], kills: int, controlplane: ControlPlane, tmp_path: Path
) -> None:
    assert len(rounds) == kills
    assert [one["wrong"] for one in rounds if one["wrong"]] == []
    assert [one["strays"] for one in rounds if one["strays"]] == []
    answered = {name for one in rounds for name in one["answered"]}
    ended = {name for one in rounds for name in one["ended"]}
    pending = {name for one in rounds for name in one["open"]}
    assert len(answered) >= kills
    assert not {name for name in answered if name.startswith("!")}
    assert answered <= ended, "every answered write has its outcome"
    assert len(pending) > kills / 10, "the kills came in the middle"
    found = controlplane.kubectl("get", "configmaps", "-n", "shop", "-l", LABEL, "-o", "name")
    there = {line.removeprefix("configmap/") for line in found.splitlines()}
    assert answered <= there
    assert there <= ended | pending, "nothing was written that had not been announced"
    assert pending & there, "of some that were never answered the API server had done it: they are unknown"
    _verified(tmp_path / "data", len(pending))


def _verified(folder: Path, pending: int) -> None:
    """By the command as people run it; and the intents without an outcome are as many as the rounds told."""
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
        " (SELECT 1 FROM audit_entry b WHERE b.intent = a.sequence)"
    )
    assert file.execute(query).fetchone()[0] == pending
    file.close()
