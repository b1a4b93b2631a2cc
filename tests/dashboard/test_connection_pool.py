"""Connection pool: one process opens a bounded number of connections to PostgreSQL, and waits not long for one."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests

from dashboard.database import AUDIT_POOL, OWN_CONNECTIONS
from tests.dashboard_server import DashboardServer, wait_for
from tests.live.sockets import Sockets, run
from tests.postgresql import PostgresqlServer

LIMIT = 9  # so that three serve pages
PAGES = LIMIT - AUDIT_POOL - OWN_CONNECTIONS
TOKEN = "a-token-of-the-metrics-of-this-pool"
MADE_UP = ("x" * 32, "x" * 64, "0123456789abcdef" * 4, "short", "a b; c")
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'deck' AND application_name = 'quarterdeck'"


@pytest.fixture(scope="module")
def served(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    url = postgresql_server.url + "?pool_timeout=2s&lock_timeout=60s&statement_timeout=60s"
    folder = tmp_path_factory.mktemp("pool")
    settings = {"QUARTERDECK_DATABASE_CONNECTIONS": str(LIMIT), "QUARTERDECK_METRICS_TOKEN": TOKEN}
    dashboard = DashboardServer(folder, DATABASE_URL=url, **settings)
    try:
        yield dashboard.start()
    finally:
        dashboard.stop()


def count_connections(server: PostgresqlServer) -> int:
    return int(server.execute(COUNT)[0][0])


def load(client: requests.Session, url: str) -> requests.Response:
    return requests.get(url, cookies=dict(client.cookies), timeout=60, allow_redirects=False)


def test_many_pages_at_once_share_few_connections(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    client = served.client("dana")
    others = count_connections(postgresql_server)  # of the process that makes the fixtures, too
    with ThreadPoolExecutor(40) as browsers:
        pages = [browsers.submit(load, client, served.url + "/people/me/") for _ in range(80)]
        most = 0
        while not all(page.done() for page in pages):
            most = max(most, count_connections(postgresql_server))
        answers = [page.result().status_code for page in pages]
    assert set(answers) <= {200, 503}, "those that had to wait too long are asked to come again"
    assert answers.count(200) > len(answers) / 2
    assert 1 < most <= others + LIMIT


def test_a_page_that_gets_no_connection_is_answered_after_a_bounded_time(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    """And it is no outage for anybody else: no banner is shown."""
    client, url = served.client("dana"), served.url + "/people/me/"
    assert load(client, url).status_code == 200
    with psycopg.connect(postgresql_server.url) as other, ThreadPoolExecutor(60) as browsers:
        other.execute("LOCK TABLE people_session IN ACCESS EXCLUSIVE MODE")
        holding = [browsers.submit(load, client, url) for _ in range(PAGES)]
        wait_for(lambda: postgresql_server.execute(COUNT + " AND wait_event_type = 'Lock'")[0][0] >= PAGES)
        assert read_metric(served, 'quarterdeck_database_connections{database="default"}') == PAGES
        began = time.monotonic()
        late = load(client, url)
        assert late.status_code == 503
        assert int(late.headers["Retry-After"]) > 0
        assert "Quarterdeck&#x27;s database is busy." in late.text
        assert 1.5 < time.monotonic() - began < 15
        waiting = [browsers.submit(load, client, url) for _ in range(PAGES * 10 + 5)]
        assert {one.result().status_code for one in waiting} == {503}
        other.rollback()
        assert [one.result().status_code for one in holding] == [200] * PAGES
    found = load(client, url)
    assert (found.status_code, "Quarterdeck-Outage" in found.headers) == (200, False)


def test_a_stranger_with_a_made_up_cookie_needs_no_connection(
    postgresql_server: PostgresqlServer, served: DashboardServer
) -> None:
    """While all of them are in use, strangers are answered as if nothing were."""
    client, url = served.client("dana"), served.url + "/people/me/"
    strangers = [requests.Session() for _ in MADE_UP]
    for stranger, key in zip(strangers, MADE_UP, strict=True):
        stranger.cookies.set("quarterdeck-session", key, domain="127.0.0.1")
        assert load(stranger, url).status_code == 302, "and it is known that no session has an unsigned key"
    with psycopg.connect(postgresql_server.url) as other, ThreadPoolExecutor(60) as browsers:
        other.execute("LOCK TABLE people_session IN ACCESS EXCLUSIVE MODE")
        holding = [browsers.submit(load, client, url) for _ in range(PAGES)]
        wait_for(lambda: postgresql_server.execute(COUNT + " AND wait_event_type = 'Lock'")[0][0] >= PAGES)
        found = [
            browsers.submit(load, stranger, served.url + path)
            for path in ("/", "/people/sign-in/", "/people/me/", "/nowhere/")
            for stranger in strangers
            for _ in range(10)
        ]
        assert {one.result().status_code for one in found} == {200, 302, 404}
        posted = [stranger.post(url, data={"name": "x"}, timeout=60).status_code for stranger in strangers]
        assert set(posted) == {403}
        statuses = [run(lambda: refuse_socket(served, key)) for key in MADE_UP]  # noqa: B023 - run at once
        assert set(statuses) == {403}
        other.rollback()
        assert [one.result().status_code for one in holding] == [200] * PAGES


@pytest.fixture
def hanging_cluster() -> Iterator[str]:
    """An address that accepts connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


def test_pages_that_wait_for_a_cluster_hold_no_connection(
    served: DashboardServer, hanging_cluster: str
) -> None:
    served.run_command("dead_cluster", slug="hanging", name="dana", server=hanging_cluster)
    client, others = served.client("dana"), served.client("rene")
    with ThreadPoolExecutor(PAGES * 4) as browsers:
        waiting = [
            browsers.submit(load, client, served.url + "/c/hanging/shop/pods") for _ in range(PAGES * 4)
        ]
        seen = 0
        while not all(page.done() for page in waiting):
            assert load(others, served.url + "/people/me/").status_code == 200
            seen += 1
    assert seen > 3, "others were served while they waited"
    assert {page.result().status_code for page in waiting} == {504}


def read_metric(served: DashboardServer, name: str) -> float:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    text = requests.get(served.url + "/metrics", headers=headers, timeout=60).text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


async def refuse_socket(served: DashboardServer, key: str) -> int:
    async with Sockets(served) as sockets:
        return await sockets.handshake_status(key, "/")
