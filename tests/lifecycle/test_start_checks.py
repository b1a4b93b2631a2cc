"""Start checks: what is wrong around a server is said before it listens, with the variable to look at."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.dashboard.test_serve import open_session
from tests.dashboard_server import DashboardServer
from tests.postgresql import find_free_port
from tests.redis_server import RedisServer
from tests.serve_process import PRODUCTION, run_server

OTHER_KEY = base64.b64encode(b"another key of a test, 32 bytes.").decode()
REDIS_PASSWORD = "the-tide-keeps-this-word"


@pytest.fixture
def closed_redis(redis_program: str) -> Iterator[RedisServer]:
    """A Redis that wants a password."""
    server = RedisServer(redis_program, password=REDIS_PASSWORD).start()
    try:
        yield server
    finally:
        server.stop()


def start_and_fail(folder: Path, **environment: str) -> str:
    """What a server says that does not start."""
    with run_server(folder, **environment) as server:
        assert server.wait() == 1
        assert "is running at" not in server.output
        assert "Traceback" not in server.output
        return server.output


def start_and_end(folder: Path, **environment: str) -> str:
    """What a server says that starts and is ended."""
    with run_server(folder, **environment) as server:
        server.url()
        assert server.end() == 0
        assert "Traceback" not in server.output
        return server.output


def test_a_redis_that_answers_is_not_mentioned(tmp_path: Path, redis: RedisServer) -> None:
    assert "Redis" not in start_and_end(tmp_path, QUARTERDECK_REDIS_URL=redis.url)


def test_one_that_wants_a_password_answers_to_it(tmp_path: Path, closed_redis: RedisServer) -> None:
    assert "Redis" not in start_and_end(tmp_path, QUARTERDECK_REDIS_URL=closed_redis.url)


@pytest.mark.parametrize("given", ["", ":not-that-one@"])
def test_a_wrong_password_stops_the_start(tmp_path: Path, closed_redis: RedisServer, given: str) -> None:
    said = start_and_fail(tmp_path, QUARTERDECK_REDIS_URL=f"redis://{given}127.0.0.1:{closed_redis.port}/0")
    assert f"QUARTERDECK_REDIS_URL: Redis at 127.0.0.1:{closed_redis.port} rejects" in said
    assert "not-that-one" not in said


@pytest.mark.parametrize(
    "url", ["127.0.0.1:6379", "http://127.0.0.1:6379", "redis://:secret-word@cache:abc/0"]
)
def test_a_url_that_is_none_of_redis_stops_the_start(tmp_path: Path, redis_program: str, url: str) -> None:
    said = start_and_fail(tmp_path, QUARTERDECK_REDIS_URL=url)
    assert "QUARTERDECK_REDIS_URL must look like redis://" in said
    assert "secret-word" not in said


def test_a_redis_that_refuses_connections_is_an_error_in_the_log(tmp_path: Path, redis_program: str) -> None:
    port = find_free_port()
    said = start_and_end(tmp_path, QUARTERDECK_REDIS_URL=f"redis://:secret-word@127.0.0.1:{port}/0")
    assert (
        f"ERROR [-] dashboard.lifecycle.start_checks: QUARTERDECK_REDIS_URL: Redis at 127.0.0.1:{port} is not"
        in said
    )
    assert "secret-word" not in said


def test_one_that_hangs_is_so_too(tmp_path: Path, redis: RedisServer) -> None:
    redis.freeze()
    assert "is not responding (Timeout" in start_and_end(tmp_path, QUARTERDECK_REDIS_URL=redis.url)


def test_other_encryption_keys_than_those_of_the_data_stop_the_start(tmp_path: Path) -> None:
    start_and_end(tmp_path)
    said = start_and_fail(tmp_path, QUARTERDECK_SEALING_KEYS=OTHER_KEY)
    assert "was not signed with QUARTERDECK_SEALING_KEYS" in said
    start_and_end(tmp_path)


def test_a_key_that_was_taken_out_too_early_is_an_error_in_the_log(
    start_server: Callable[..., DashboardServer],
) -> None:
    """Its row names a key that is not there: bytes 2 to 9 of a sealed value are the key's ID."""
    server = start_server()
    server.run_command("dead_cluster", slug="early", name="rene")
    assert "QUARTERDECK_SEALING_KEYS" not in server.log.read_text()
    with closing(sqlite3.connect(server.folder / "quarterdeck.sqlite3")) as database, database:
        changed = database.execute(
            "update clusters_credential set sealed ="
            " cast(substr(sealed, 1, 1) || x'0102030405060708' || substr(sealed, 10) as blob)"
        )
        assert changed.rowcount >= 1
    start_server()
    assert (
        f"QUARTERDECK_SEALING_KEYS: the keys of {changed.rowcount} stored credentials"
        in server.log.read_text()
    )


@pytest.mark.parametrize("user", ["nobody-here", "deck"])
def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path: Path, postgresql: str, user: str) -> None:
    """An account or a database that is not there; the password is in no message."""
    where = f"127.0.0.1:{urlsplit(postgresql).port}/not-there"
    said = start_and_fail(tmp_path, DATABASE_URL=f"postgresql://{user}:secret-word@{where}")
    assert said.startswith("DATABASE_URL: PostgreSQL at 127.0.0.1, database not-there, cannot be used: ")
    assert "does not exist" in said
    assert "secret-word" not in said
    assert len(said.splitlines()) == 1


def test_a_database_that_nobody_serves_is_so_too(tmp_path: Path) -> None:
    said = start_and_fail(
        tmp_path, DATABASE_URL=f"postgresql://deck:secret-word@127.0.0.1:{find_free_port()}/deck"
    )
    assert said.startswith("DATABASE_URL: PostgreSQL at 127.0.0.1, database deck, cannot be used: ")
    assert "secret-word" not in said


def test_a_missing_folder_for_temporary_files_is_an_error_in_the_log(tmp_path: Path) -> None:
    """On a read-only file system; here, Python is kept from finding one."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(
        "import tempfile; tempfile._candidate_tempdir_list = list\n"
    )
    said = start_and_end(tmp_path / "data", PYTHONPATH=f"{tmp_path / 'hook'}")
    assert "ERROR [-] dashboard.lifecycle.start_checks: TMPDIR: none of the usual folders" in said


def test_a_proxy_that_is_not_trusted_is_named_at_the_start_and_once_when_it_comes(tmp_path: Path) -> None:
    environment = {**PRODUCTION, "QUARTERDECK_PUBLIC_URL": "https://deck.example.com"}
    with run_server(
        tmp_path, QUARTERDECK_LISTEN=f"127.0.0.1:{(port := find_free_port())}", **environment
    ) as server:
        server.wait_for("is running at")
        for number in range(3):
            headers = {"Host": "deck.example.com", "X-Forwarded-For": f"203.0.113.{number}"}
            assert open_session().get(f"http://127.0.0.1:{port}/healthz", headers=headers, timeout=20).ok
        assert server.end() == 0
    assert server.output.count("QUARTERDECK_TRUSTED_PROXIES is not set, though") == 1
    assert server.output.count("QUARTERDECK_TRUSTED_PROXIES does not contain 127.0.0.1, which sends") == 1
