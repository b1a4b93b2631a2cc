"""Connection pool: one process opens a bounded number of connections to PostgreSQL, and waits not long for one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests

from dashboard.database import AUDIT_POOL, OWN_CONNECTIONS
from tests.dashboard_server import DashboardServer, wait_for
from tests.postgresql import PostgresqlServer

LIMIT = 9  # so that three serve pages
PAGES = LIMIT - AUDIT_POOL - OWN_CONNECTIONS
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'deck' AND application_name = 'quarterdeck'"


@pytest.fixture(scope="module")
def served(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    url = postgresql_server.url + "?pool_timeout=2s&lock_timeout=60s&statement_timeout=60s"
    folder = tmp_path_factory.mktemp("pool")
    dashboard = DashboardServer(folder, DATABASE_URL=url, QUARTERDECK_DATABASE_CONNECTIONS=str(LIMIT))
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
