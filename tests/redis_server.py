"""Fixture `redis`: a temporary Redis server, as a plain process that can be stopped, frozen and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.dashboard_server import wait_for
from tests.missing import missing
from tests.postgresql import find_free_port


class RedisServer:
    """A Redis on a loopback port of its own, which keeps nothing; with a password if one is given."""

    def __init__(self, program: str, *, password: str = "") -> None:
        self.port = find_free_port()
        self.url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{self.port}/0"
        self._command = [
            *(program, "--bind", "127.0.0.1", "--port", str(self.port)),
            *("--save", "", "--appendonly", "no"),
            *(("--requirepass", password) if password else ()),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start it, or start it again on the same port."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )  # fmt: skip
        wait_for(self.is_answering, message="redis-server does not answer")
        return self

    def stop(self) -> None:
        """End it, frozen or not: connections are reset and new ones refused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It accepts connections and says nothing any more, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def is_answering(self) -> bool:
        """Whether it answers at all; without a password it answers that it wants one."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as wire:
                wire.sendall(b"PING\r\n")
                return wire.recv(16)[:1] in (b"+", b"-")
        except OSError:
            return False

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@pytest.fixture(scope="session")
def redis_program(pytestconfig: pytest.Config) -> str:
    """The path of redis-server."""
    program = shutil.which("redis-server")
    if program is None:
        missing(pytestconfig, "Redis", "Put its program redis-server on the path.")
    return program


@pytest.fixture
def redis(redis_program: str) -> Iterator[RedisServer]:
    """A running server of this test alone."""
    server = RedisServer(redis_program).start()
    try:
        yield server
    finally:
        server.stop()
