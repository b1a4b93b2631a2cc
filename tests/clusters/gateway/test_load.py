"""Load test: twenty users write for a minute; nothing is lost and pages stay responsive."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from tests.clusters.gateway.load_server import LoadServer
from tests.controlplane.controlplane import ControlPlane
from tests.lanes import short_and_long

WRITERS = 20
QUERY = "SELECT phase, verb, name, status, result, request, sequence FROM audit_entry WHERE resource = 'configmaps'"


@short_and_long("seconds", 15.0, 60.0)
def test_nothing_is_lost_and_no_page_waits(
    seconds: float, controlplane: ControlPlane, tmp_path: Path
) -> None:
    server = LoadServer(tmp_path / "data")
    server.folder.mkdir()
    server.start()
    try:
        names = server.prepare(controlplane, WRITERS)
        client = server.client("ada")
        server.measure_pages(client, 1)
        server.start_writing(names, seconds)
        pages = server.measure_pages(client, seconds)
        answered = server.wait_for_answers()
        server._manage("verify_audit")
        _check(server.audit_trail(), answered, least=WRITERS * seconds / 20)
        assert len(pages) >= seconds / 6
        assert "is not writable" not in server.log.read_text()
    finally:
        server.stop()


def _check(database: Path, answered: list[list[object]], *, least: float) -> None:
    """Every response has its request entry and its result entry, and there is nothing else."""
    file = sqlite3.connect(database)
    rows = file.execute(QUERY).fetchall()
    file.close()
    requests = {row[6]: (row[1], row[2]) for row in rows if row[0] == "intent"}
    results = [row for row in rows if row[0] == "outcome"]
    expected = Counter((verb, name, status) for verb, name, status in answered)
    assert len(answered) > least
    assert Counter((row[1], row[2], row[3]) for row in results) == expected
    assert {row[5] for row in results} == set(requests)
    assert all(requests[row[5]] == (row[1], row[2]) for row in results)
    assert {row[4] for row in results} == {"ok"}, "each was answered well"
