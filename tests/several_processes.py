"""Several processes: dashboards over one PostgreSQL and one Redis, each with a data folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dashboard_server import DashboardServer

REAL_TIMINGS = {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}  # a session is checked every 10 s


@contextmanager
def run_processes(
    folder: Path, database_url: str, redis_url: str, number: int = 2, **environment: str
) -> Iterator[list[DashboardServer]]:
    """The first one prepares the database, and has the test users' sessions; all have its keys."""
    shared = {"DATABASE_URL": database_url, "QUARTERDECK_REDIS_URL": redis_url, **environment}
    first, others = DashboardServer(_make(folder, 0), **shared), []
    try:
        first.start()
        made = json.loads((first.folder / "keys.json").read_text())
        keys = {
            "QUARTERDECK_SECRET_KEY": made["secret"],
            "QUARTERDECK_SEALING_KEYS": ",".join(made["sealing"]),
        }
        for other in range(1, number):
            others.append(DashboardServer(_make(folder, other), **shared, **keys))
            others[-1].start_server()
        yield [first, *others]
    finally:
        for one in (*others, first):
            one.stop()


def _make(folder: Path, number: int) -> Path:
    made = folder / f"process-{number}"
    made.mkdir(mode=0o700)
    return made
