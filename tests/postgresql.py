"""Fixtures `postgresql` and `postgresql_server`: temporary PostgreSQL servers, as plain processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.dashboard_server import wait_for
from tests.missing import missing

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


class PostgresqlServer:
    """A PostgreSQL on a loopback port of its own, whose superuser is whoever connects; `url` is a DATABASE_URL.

    The database that the URL names is not made yet.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = find_free_port()
        self.url = f"postgresql://deck@127.0.0.1:{self.port}/deck"
        self._programs, self._folder, self._data = programs, folder, folder / "data"
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def initialize(self) -> PostgresqlServer:
        made = ["-D", str(self._data), "-U", "deck", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        self._run("initdb", *made)
        return self

    def start(self, *options: str) -> PostgresqlServer:
        """Start it, or start it again on the same port."""
        where = ["-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._data)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), *where, *options],
                user=self._user, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        wait_for(self.is_answering, message=(self._folder / "log").read_text())
        return self

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """At once; with SIGINT it ends each connection with a word (57P01). Frozen processes go on first."""
        if self._process is not None:
            self.thaw()
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """All its processes: the kernel accepts connections, and nothing answers, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def clone(self, folder: Path) -> PostgresqlServer:
        """A standby of it, which is not started yet."""
        other = PostgresqlServer(self._programs, folder)
        source = f"{self.url.rpartition('/')[0]}/postgres"
        self._run(
            "pg_basebackup", "-D", str(other._data), "-R", "--no-sync", "--checkpoint=fast", "-d", source
        )
        return other

    def promote(self) -> None:
        """From a standby to the primary."""
        self.execute("SELECT pg_promote()")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of it, in a connection of its own."""
        with psycopg.connect(f"{self.url.rpartition('/')[0]}/{database}", autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload] # a str is no literal
            return cursor.fetchall() if cursor.description else []

    def is_answering(self) -> bool:
        """Whether connections are accepted, and not only the port open."""
        try:
            psycopg.connect(f"{self.url.rpartition('/')[0]}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            user=self._user,
            capture_output=True,
            cwd="/",
        )

    def _signal(self, number: signal.Signals) -> None:
        """To each process of it: they are in process groups of their own."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            os.kill(pid, number)


@contextmanager
def open_folder() -> Iterator[Path]:
    """For a server's files, of the account that it runs as."""
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_programs(pytestconfig: pytest.Config) -> Path:
    """The folder of initdb and postgres."""
    initdb, postgres = shutil.which("initdb"), shutil.which("postgres")
    if initdb is None or postgres is None:
        missing(pytestconfig, "PostgreSQL", "Put its programs initdb and postgres on the path.")
    return Path(postgres).resolve().parent


@pytest.fixture(scope="session")
def postgresql(postgresql_programs: Path) -> Iterator[str]:
    """A DATABASE_URL; the database it names is not made yet, and whoever connects is its superuser."""
    with open_folder() as folder:
        server = PostgresqlServer(postgresql_programs, folder).initialize().start()
        try:
            yield server.url
        finally:
            server.stop()


@pytest.fixture(scope="module")
def postgresql_server(postgresql_programs: Path) -> Iterator[PostgresqlServer]:
    """A running server of these tests alone, with an empty database `deck`."""
    with open_folder() as folder:
        server = PostgresqlServer(postgresql_programs, folder).initialize().start()
        try:
            server.execute("CREATE DATABASE deck")
            yield server
        finally:
            server.stop()


def find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
