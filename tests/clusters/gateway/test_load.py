"""Load test: twenty users write for a minute; nothing is lost and pages stay responsive."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from tests.clusters.gateway.load_server import LoadServer
from tests.controlplane.controlplane import ControlPlane

WRITERS = 20
SECONDS = 60.0
QUERY = "SELECT phase, verb, name, status, result, request, sequence FROM audit_entry WHERE resource = 'configmaps'"


def test_nothing_is_lost_and_no_page_waits(controlplane: ControlPlane, tmp_path: Path) -> None:
    server = LoadServer(tmp_path / "data")
    server.folder.mkdir()
    server.start()
    try:
        names = server.prepare(controlplane, WRITERS)
        client = server.client("ada")
        server.measure_pages(client, 1)
        server.start_writing(names, SECONDS)
        pages = server.measure_pages(client, SECONDS)
        answered = server.wait_for_answers()
        server._manage("verify_audit")
        _check(server.audit_trail(), answered)
        assert len(pages) >= 10
        assert "is not writable" not in server.log.read_text()
    finally:
        server.stop()


def _check(trail: Path, answered: list[list[object]]) -> None:
    """Every response has its request entry and its result entry, and there is nothing else."""
    file = sqlite3.connect(trail)
    rows = file.execute(QUERY).fetchall()
    file.close()
    requests = {row[6]: (row[1], row[2]) for row in rows if row[0] == "intent"}
    results = [row for row in rows if row[0] == "outcome"]
    expected = Counter((verb, name, status) for verb, name, status in answered)
    assert len(answered) > WRITERS * 3
    assert Counter((row[1], row[2], row[3]) for row in results) == expected
    assert {row[5] for row in results} == set(requests)
    assert all(requests[row[5]] == (row[1], row[2]) for row in results)
    assert {row[4] for row in results} == {"ok"}, "each was answered well"
