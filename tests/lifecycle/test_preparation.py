"""Preparation: several processes that start at once on an empty database all come up."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import connection

from dashboard.lifecycle.preparation import lock_preparation
from tests.dashboard.test_serve import open_session
from tests.empty_database import create_database
from tests.serve_process import PRODUCTION, ServeProcess, run_server

STARTS = 3
LINK = r"/people/invitations/[\w-]{43}/"  # a log line may follow at once


@pytest.fixture
def empty_database(postgresql: str) -> str:
    """A DATABASE_URL of a database without any table."""
    return create_database(postgresql, "preparation")


def start_at_once(folders: list[Path], **environment: str) -> None:
    """All come up, and each prints a link that works, whatever the others have printed."""
    with ExitStack() as stack:
        servers: list[ServeProcess] = [
            stack.enter_context(run_server(folder, **environment)) for folder in folders
        ]
        for server in servers:
            server.url()
            server.wait_for(LINK)
        for server in servers:
            link = server.wait_for(LINK)[0]
            assert open_session().get(servers[0].url() + link, timeout=20).status_code == 200
        for server in servers:
            assert server.end() == 0
            assert "Traceback" not in server.output


def test_starts_at_once_share_an_empty_postgresql(tmp_path: Path, empty_database: str) -> None:
    """With data folders of their own, as on machines of their own, and the same keys."""
    folders = [tmp_path / str(number) for number in range(STARTS)]
    keys = {name: PRODUCTION[name] for name in ("QUARTERDECK_SECRET_KEY", "QUARTERDECK_SEALING_KEYS")}
    start_at_once(folders, DATABASE_URL=empty_database, **keys)


def test_starts_at_once_share_an_empty_folder(tmp_path: Path) -> None:
    start_at_once([tmp_path / "data"] * STARTS)
    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        "audit.sqlite3",
        "keys.json",
        "quarterdeck.sqlite3",
    }


def test_a_start_gives_up_on_another_one_that_does_not_end(transactional_db: None) -> None:
    """The lock belongs to whoever opened the folder or the connection, and so not to a second one here either."""
    assert connection.vendor == "sqlite"
    with (
        lock_preparation(),
        pytest.raises(CommandError, match="has been preparing the database for 0 s"),
        lock_preparation(patience=0.2),
    ):
        raise AssertionError("two hold the lock")
    with lock_preparation(patience=0.2):
        pass
