"""Start checks: what is wrong around a server is said before it listens, with the variable to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import find_free_port
from tests.redis_server import RedisServer
from tests.serve_process import run_server

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
