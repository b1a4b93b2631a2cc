"""What if twenty people write at once for a minute? Nothing is lost, the chain holds, and pages go on beside it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from tests.clusters.door.loaded import Loaded
from tests.controlplane.controlplane import ControlPlane
from tests.lanes import short_and_long

WRITERS = 20
QUERY = "SELECT phase, verb, name, status, result, intent, sequence FROM audit_entry WHERE resource = 'configmaps'"


@short_and_long("seconds", 15.0, 60.0)
def test_nothing_is_lost_and_no_page_waits(
    seconds: float, controlplane: ControlPlane, tmp_path: Path
) -> None:
    server = Loaded(tmp_path / "data")
    server.folder.mkdir()
    server.start()
    try:
        names = server.open(controlplane, WRITERS)
        client = server.client("ada")
        server.page_times(client, 1)
        server.write(names, seconds)
        pages = server.page_times(client, seconds)
        answered = server.answered()
        server._manage("verify_audit")
        _check(server.trail(), answered, least=WRITERS * seconds / 20)
        assert len(pages) >= seconds / 6
        assert "cannot be written" not in server.log.read_text()
    finally:
        server.stop()


def _check(trail: Path, answered: list[list[object]], *, least: float) -> None:
    """Every answer has its intent and its outcome, and there is nothing besides."""
    file = sqlite3.connect(trail)
    rows = file.execute(QUERY).fetchall()
    file.close()
    intents = {row[6]: (row[1], row[2]) for row in rows if row[0] == "intent"}
    outcomes = [row for row in rows if row[0] == "outcome"]
    told = Counter((verb, name, status) for verb, name, status in answered)
    assert len(answered) > least
    assert Counter((row[1], row[2], row[3]) for row in outcomes) == told
    assert {row[5] for row in outcomes} == set(intents)
    assert all(intents[row[5]] == (row[1], row[2]) for row in outcomes)
    assert {row[4] for row in outcomes} == {"ok"}, "each was answered well"
