"""Installation with two processes behind nginx, PostgreSQL with a standby, Redis, and a real control plane."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from bench.replicas.nginx import Nginx
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import ROOT, DashboardServer, wait_for
from tests.postgresql import PostgresqlServer, open_folder
from tests.redis_server import RedisServer

SLUG = "harbour"
PEOPLE = 20  # who have the pages open, with a credential each
START_SECONDS = 60.0  # that a process may take to prepare and to answer
DATABASE = "replicas"


class Replica(DashboardServer):
    """One process in production mode, of the version whose checkout `root` is."""

    def __init__(self, folder: Path, root: Path, **environment: str) -> None:
        super().__init__(
            folder, QUARTERDECK_MODE="production", QUARTERDECK_LOG_LEVEL="WARNING", **environment
        )
        self.root = root
        self.environment["QUARTERDECK_LISTEN"] = f"127.0.0.1:{self.port}"
        for name in ("QUARTERDECK_SHUTDOWN_GRACE", "DJANGO_SETTINGS_MODULE"):
            self.environment.pop(name, None)  # those of the product

    def start_server(self) -> None:
        """Prepare the database and serve, as an operator starts it; returns when it is ready."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], cwd=self.root, env=self.environment,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_for(self.is_ready, START_SECONDS, message=self.log.read_text()[-2000:])

    def start_fixtures(self) -> None:
        """The command loop at this version's database."""
        self._fixtures_process = subprocess.Popen(
            [sys.executable, "-m", "tests.database_fixtures"], cwd=self.root,
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def migrate(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=self.root, env=self.environment, check=True
        )

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def verify_audit(self) -> str:
        """What `verify_audit` says of the rows; fails where it finds anything."""
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_audit"],
            cwd=self.root, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return next(line.partition(",")[0] for line in done.stdout.splitlines() if "are valid" in line)


class Installation:
    """What an operator runs. `url` is nginx's; `primary` is the PostgreSQL that is written to."""

    def __init__(
        self, plane: ControlPlane, primary: PostgresqlServer, standby: PostgresqlServer, redis: RedisServer
    ) -> None:
        self.plane, self.primary, self.standby, self.redis = plane, primary, standby, redis
        self.replicas: list[Replica] = []
        self.nginx = Nginx()
        self.url = self.nginx.url

    def environment(self) -> dict[str, str]:
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return {
            "DATABASE_URL": f"postgresql://deck@{hosts}/{DATABASE}?target_session_attrs=read-write",
            "QUARTERDECK_REDIS_URL": self.redis.url,
            "QUARTERDECK_PUBLIC_URL": self.url,
            "QUARTERDECK_TRUSTED_PROXIES": "127.0.0.1",
            "QUARTERDECK_SECRET_KEY": secrets.token_urlsafe(64),
            "QUARTERDECK_SEALING_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        }

    def start(self, folder: Path, root: Path) -> None:
        shared = self.environment()
        for number in (1, 2):
            made = folder / f"process-{number}"
            made.mkdir(mode=0o700)
            self.replicas.append(Replica(made, root, **shared))
        first, second = self.replicas
        first.migrate()
        first.start_fixtures()
        first.run_command("create_users")
        first.start_server()
        second.start_server()
        self.nginx.start(folder, [one.port for one in self.replicas])

    def open_cluster(self) -> list[str]:
        """The control plane as a cluster, and a session for each of PEOPLE; returns their keys."""
        first = self.replicas[0]
        first.run_command("cluster", slug=SLUG, server=self.plane.server, ca=self.plane.ca)
        sessions = []
        for number in range(PEOPLE):
            name = f"page-{number}"
            first.run_command("create_editor", name=name)
            first.run_command("credential", name=name, slug=SLUG, keys={"token": self.plane.token("dana")})
            sessions.append(str(first.run_command("session", name=name)))
        return sessions

    def session(self, name: str) -> str:
        return str(self.replicas[0].run_command("session", name=name))

    def query(self, statement: str) -> list[tuple[object, ...]]:
        return self.primary.execute(statement, DATABASE)

    def stop(self) -> None:
        self.nginx.stop()
        for one in self.replicas:
            one.stop()


@contextmanager
def run_installation(plane: ControlPlane, root: Path = ROOT) -> Iterator[Installation]:
    """All of it with an empty database; nothing is left behind."""
    programs = {name: shutil.which(name) for name in ("postgres", "redis-server", "nginx")}
    missing = [name for name, path in programs.items() if path is None]
    assert not missing, (
        f"Install {', '.join(missing)} (Debian: postgresql, redis-server, nginx), on the PATH."
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quarterdeck-replicas-")))
        files = [stack.enter_context(open_folder()) for _ in range(2)]
        primary = PostgresqlServer(Path(os.path.realpath(str(programs["postgres"]))).parent, files[0])
        primary.initialize().start()
        stack.callback(primary.stop)
        standby = primary.clone(files[1]).start()
        stack.callback(standby.stop)
        primary.execute(f"CREATE DATABASE {DATABASE}")
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.execute("SELECT pg_reload_conf()")
        redis = RedisServer(str(programs["redis-server"])).start()
        stack.callback(redis.stop)
        installation = Installation(plane, primary, standby, redis)
        stack.callback(installation.stop)
        installation.start(folder, root)
        yield installation


@contextmanager
def previous_version(reference: str) -> Iterator[Path]:
    """A checkout of another commit, beside this one."""
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-previous-"))
    try:
        archive = subprocess.run(
            ["git", "archive", reference], cwd=ROOT, check=True, capture_output=True
        ).stdout  # fmt: skip
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
