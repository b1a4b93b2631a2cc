"""PostgreSQL outages: a server that stops, hangs, ends connections or fails over, under a running dashboard."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from tests.dashboard_server import DashboardServer, wait_for
from tests.live.sockets import Sockets, run
from tests.postgresql import PostgresqlServer, open_folder

TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')
AT_ONCE = 2.0  # seconds in which a page says that the database is away, once that is known
BACK = 5.0  # seconds from the end of an outage to the first page
SESSIONS: dict[str, str] = {}  # by the URL of a dashboard, dana's session there


@pytest.fixture(scope="module")
def served(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    with run_dashboard(tmp_path_factory.mktemp("outages"), postgresql_server.url) as dashboard:
        yield dashboard


@contextmanager
def run_dashboard(folder: Path, url: str) -> Iterator[DashboardServer]:
    dashboard = DashboardServer(folder, DATABASE_URL=url).start()
    SESSIONS[dashboard.url] = dashboard.session("dana")  # before anything happens to the database
    try:
        yield dashboard
    finally:
        dashboard.stop()


class Member:
    """Somebody who reads and changes their own page, by plain HTTP."""

    def __init__(self, dashboard: DashboardServer) -> None:
        self.client, self.page = dashboard.client(), dashboard.url + "/people/me/"
        self.client.cookies.set("quarterdeck-session", SESSIONS[dashboard.url], domain="127.0.0.1")
        self._token = TOKEN.findall(self.read().text)[0]

    def read(self) -> requests.Response:
        return self.client.get(self.page, timeout=60)

    def rename(self, name: str) -> requests.Response:
        """An audited change; 302 where it was made."""
        fields = {"name": name, "csrfmiddlewaretoken": self._token}
        headers = {"Referer": self.page}
        return self.client.post(self.page, data=fields, headers=headers, timeout=60, allow_redirects=False)

    def expect_unavailable(self, found: requests.Response, *, typed: str = "") -> None:
        assert found.status_code == 503, found.text[:2000]
        assert int(found.headers["Retry-After"]) > 0
        assert typed in found.text

    def expect_back(self) -> None:
        wait_for(lambda: self.read().status_code == 200, BACK)
        wait_for(lambda: self.rename("Dana, after it").status_code == 302, BACK)
        assert "Dana, after it" in self.read().text


IDLE = "state = 'idle'"  # not what a thread of its own is asking at that moment


def end_connections(server: PostgresqlServer, where: str = "true") -> int:
    """End those of the dashboard, as a restart, a pooler or an administrator does; how many there were."""
    return len(
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = 'deck' AND pid <> pg_backend_pid() AND {where}"
        )
    )


def test_connections_that_were_ended_while_idle_are_not_noticed(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    member = Member(served)
    assert member.rename("Dana before").status_code == 302
    assert end_connections(postgresql_server, IDLE) > 1
    assert member.rename("Dana behind a firewall").status_code == 302
    assert end_connections(postgresql_server, IDLE) > 1
    assert member.read().status_code == 200
    verbs = {row[0] for row in postgresql_server.execute("SELECT verb FROM audit_entry", "deck")}
    assert verbs, "it was read"
    assert "trail-resumed" not in verbs, "the audit trail has no gap"


def test_a_connection_that_is_ended_under_a_request_is_an_outage(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    member = Member(served)
    with (
        psycopg.connect(postgresql_server.url) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("LOCK TABLE people_user IN EXCLUSIVE MODE")
        under_way: Future[requests.Response] = pool.submit(member.rename, "Typed & kept")
        wait_for(lambda: end_connections(postgresql_server, "wait_event_type = 'Lock'"))
        member.expect_unavailable(under_way.result(), typed="Typed &amp; kept")
    member.expect_back()


def test_a_server_that_hangs_is_said_and_nobody_waits_for_it(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    member = Member(served)
    postgresql_server.freeze()
    try:
        began = time.monotonic()
        member.expect_unavailable(member.read())
        assert time.monotonic() - began < 10
        for _ in range(3):
            began = time.monotonic()
            member.expect_unavailable(member.rename("Typed & kept"), typed="Typed &amp; kept")
            member.expect_unavailable(member.read())
            assert time.monotonic() - began < AT_ONCE
    finally:
        postgresql_server.thaw()
    member.expect_back()


def test_open_pages_say_that_it_hangs_and_that_it_is_back(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    """They find out by the check of their sessions, and stay open."""

    async def look() -> None:
        async with Sockets(served) as sockets:
            page = await sockets.open(SESSIONS[served.url], "/")
            postgresql_server.freeze()
            try:
                await page.read_until("Quarterdeck&#x27;s database is not responding.")
            finally:
                postgresql_server.thaw()
            assert "not responding" not in await page.read_until('data-target="#outage"')
            assert not page.socket.closed

    run(look)
    Member(served).expect_back()


def test_a_server_that_stops_is_said_and_comes_back(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    member = Member(served)
    postgresql_server.stop()
    for _ in range(3):
        began = time.monotonic()
        member.expect_unavailable(member.rename("Typed & kept"), typed="Typed &amp; kept")
        member.expect_unavailable(member.read())
        assert time.monotonic() - began < AT_ONCE
    postgresql_server.start()
    member.expect_back()


def test_a_database_that_became_read_only_is_no_error_of_ours(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    """A primary that is a standby now answers, and writes nothing."""
    member = Member(served)
    postgresql_server.execute("ALTER DATABASE deck SET default_transaction_read_only = on")
    end_connections(postgresql_server)
    member.expect_unavailable(member.rename("Typed & kept"), typed="Typed &amp; kept")
    assert member.read().status_code == 200
    postgresql_server.execute("ALTER DATABASE deck SET default_transaction_read_only = off")
    end_connections(postgresql_server)
    member.expect_back()


def test_it_follows_a_failover_to_the_standby(postgresql_server: PostgresqlServer, tmp_path: Path) -> None:
    """By libpq: both hosts are in the URL, and the one that can be written is taken."""
    postgresql_server.execute("CREATE DATABASE failover")
    with open_folder() as folder:
        standby = postgresql_server.clone(folder).start()
        url = (
            f"postgresql://deck@127.0.0.1:{postgresql_server.port},127.0.0.1:{standby.port}/failover"
            "?target_session_attrs=read-write"
        )
        try:
            with run_dashboard(tmp_path, url) as dashboard:
                member = Member(dashboard)
                assert member.rename("Dana on the first").status_code == 302
                sent = "pg_current_wal_lsn() = replay_lsn"
                wait_for(lambda: postgresql_server.execute(f"SELECT {sent} FROM pg_stat_replication")[0][0])
                postgresql_server.stop()
                member.expect_unavailable(member.rename("Typed & kept"), typed="Typed &amp; kept")
                standby.promote()
                member.expect_back()
                dashboard._manage("verify_audit")
        finally:
            standby.stop()
