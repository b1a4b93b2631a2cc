"""Metrics: who may read them, what they count, and that no label holds what nobody outside should know."""

from __future__ import annotations

import asyncio
import re
import sqlite3

import pytest
from channels.db import database_sync_to_async
from django.db import connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from clusters.api import circuit_breaker
from clusters.api import metrics as cluster_metrics
from clusters.api.connection import Server
from clusters.api.errors import Forbidden, TimedOut
from clusters.api.metrics import MAX_CLUSTERS, OTHER, UNSAVED, RequestTimer, label_cluster
from dashboard.monitoring import metrics
from people.audit.record import draft_for_program, note_soon, record
from people.audit.routing import ALIAS, has_own_file
from people.audit.writer import writer
from tests.attacks.asgi_requests import send_request
from tests.attacks.conftest import recorder
from tests.attacks.installation import PEOPLE, Installation, build_installation
from tests.attacks.recorder import Recorder
from tests.attacks.sockets import knock, open_socket
from tests.dashboard_server import wait_for
from tests.simulated_cluster import SimulatedCluster

__all__ = ["recorder"]

TOKEN = "t0ken-of-the-metrics-" + "0123456789abcdef"
BEARER = (("Authorization", f"Bearer {TOKEN}"),)
# What a label may hold, whatever was asked.
LABELS = {
    "route": re.compile(r"(?:[a-z_]+:)*[a-z_]+"),
    "method": re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other"),
    "status": re.compile(r"[1-5]xx|none"),
    "state": re.compile(r"[a-z]+"),
    "cluster": re.compile(r"harbour|island|\((?:unsaved|other)\)|label-of-a-test"),
    "verb": re.compile(r"[a-z]+|\(other\)"),
    "kind": re.compile(r"request|feed|access|rules"),
    "result": re.compile(r"hit|miss"),
    "le": re.compile(r"[0-9.]+|\+Inf"),
}


@pytest.fixture
def installation(
    transactional_db: None, simulated_cluster: SimulatedCluster, recorder: Recorder, fast_passwords: None
) -> Installation:
    return build_installation(simulated_cluster, recorder)


def read_value(name: str, **labels: str) -> float:
    """A sample of what is exposed now, 0 where it is not there."""
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


# --- who may read them


@pytest.mark.parametrize("who", ["", *PEOPLE])
def test_without_a_token_in_the_settings_they_are_not_there(db: None, fast_passwords: None, who: str) -> None:
    browser = build_installation(None, None).browser(who)
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        answer = browser.get("/metrics", headers=headers)
        assert (answer.status_code, answer.content) == (404, b"not found")


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, f"Bearer{TOKEN}",
        f"Bearer {TOKEN.upper()}", "Bearer \xe4\xf6\xfc", f"Bearer {TOKEN}, Bearer {TOKEN}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["", "ada", "aude"])
def test_nobody_reads_them_without_the_token(
    db: None, fast_passwords: None, settings, authorization: str, who: str
) -> None:
    """An administrator's session is none, nor is the token in a query."""
    settings.METRICS_TOKEN = TOKEN
    browser = build_installation(None, None).browser(who)
    answer = browser.get(f"/metrics?token={TOKEN}", headers={"Authorization": authorization})
    assert (answer.status_code, answer.content) == (401, b"unauthorized")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert not answer.cookies


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_is_enough(db: None, settings, scheme: str, django_assert_num_queries) -> None:
    settings.METRICS_TOKEN = TOKEN
    with django_assert_num_queries(0):
        answer = Client().get("/metrics", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert TOKEN not in answer.content.decode()
    assert {"quarterdeck_feeds", "quarterdeck_audit_queue_entries", "process_cpu_seconds"} <= {
        one.name for one in text_string_to_metric_families(answer.content.decode())
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_they_are_only_read(db: None, settings, method: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = Client().generic(method, "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


# --- what they count


async def test_pages_sockets_feeds_and_requests_to_clusters_are_counted(
    installation: Installation, settings
) -> None:
    settings.METRICS_TOKEN = TOKEN
    page = "quarterdeck_http_request_duration_seconds_count"
    route = {"route": "resources:list", "method": "GET", "status": "2xx"}
    listed = {"cluster": "harbour", "verb": "list", "status": "2xx"}
    reviewed = {"cluster": "harbour", "verb": "create", "status": "2xx"}
    calls = "quarterdeck_cluster_request_duration_seconds_count"
    before = (read_value(page, **route), read_value(calls, **listed), read_value(calls, **reviewed))
    session = installation.sessions["dana"]
    assert (await send_request("GET", "/c/harbour/shop/pods", session=session)).status == 200
    async with open_socket(knock("/live/", session=session, page="/c/harbour/shop/pods")):
        text = (await send_request("GET", "/metrics", BEARER)).text
    found = {
        (s.name, *sorted(s.labels.items())): s.value
        for f in text_string_to_metric_families(text)
        for s in f.samples
    }
    assert found[("quarterdeck_open_sockets",)] == 1
    assert sum(value for key, value in found.items() if key[0] == "quarterdeck_feeds") >= 1
    assert found[("quarterdeck_feed_rows",)] >= 1
    after = (read_value(page, **route), read_value(calls, **listed), read_value(calls, **reviewed))
    assert after[0] == before[0] + 1
    assert after[1] > before[1]
    assert after[2] > before[2], "access reviews"
    await database_sync_to_async(wait_for)(lambda: read_value("quarterdeck_open_sockets") == 0)


async def test_a_review_is_looked_up_once_and_then_found(installation: Installation) -> None:
    name, session = "quarterdeck_review_cache_lookups_total", installation.sessions["dana"]
    await send_request("GET", "/c/harbour/shop/pods", session=session)
    hits, misses = (read_value(name, kind="access", result=result) for result in ("hit", "miss"))
    assert misses > 0
    await send_request("GET", "/c/harbour/shop/pods", session=session)
    assert read_value(name, kind="access", result="hit") > hits
    assert read_value(name, kind="access", result="miss") == misses


async def test_no_label_holds_a_name_or_a_secret(installation: Installation, settings) -> None:
    """After visits with names in every place where a person can put one, right and wrong."""
    settings.METRICS_TOKEN = TOKEN
    cluster_metrics.REQUEST_SECONDS.clear()  # clusters of earlier tests in this process
    cluster_metrics.RETRIES.clear()
    evil = "evil-name-of-somebody"
    for who in ("", "dana", "ada"):
        session = installation.sessions[who] if who else ""
        for path in (
            "/c/harbour/shop/pods", "/c/harbour/shop/secrets/web", f"/c/{evil}/shop/pods", f"/c/harbour/{evil}/{evil}",
            f"/c/harbour/shop/pods/{evil}", f"/{evil}/", f"/people/invitations/{evil}/",
            f"/people/sign-in/?next=/{evil}",
        ):  # fmt: skip
            await send_request("GET", path, session=session)
    await send_request("EVILNAME", f"/{evil}")
    text = (await send_request("GET", "/metrics", BEARER)).text
    wrong, seen = [], 0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            for label, value in sample.labels.items():
                seen += 1
                if not LABELS[label].fullmatch(value):
                    wrong.append(f"{sample.name}: {label}={value!r}")
    assert not wrong, wrong
    assert seen > 100
    names = (evil, "EVILNAME", *PEOPLE, "shop", "web", "testserver", installation.sessions["dana"], TOKEN)
    assert [one for one in names if re.search(rf'"[^"]*{one}', text)] == []


def test_clusters_are_bounded_and_servers_that_are_not_saved_are_no_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster_metrics, "_clusters", set())
    for server in ("https://10.0.0.1:6443", "https://user:pass@x", "", "UPPER", "x" * 64, "a\nb", "a b"):
        assert label_cluster(server) == UNSAVED
    for number in range(MAX_CLUSTERS):
        assert label_cluster(f"cluster-{number}") == f"cluster-{number}"
    assert label_cluster("one-more") == OTHER
    assert label_cluster("cluster-0") == "cluster-0"


async def test_a_request_counts_once_by_how_it_ended() -> None:
    def count(status: str) -> float:
        name = "quarterdeck_cluster_request_duration_seconds_count"
        return read_value(name, cluster="label-of-a-test", verb="list", status=status)

    arguments = ("label-of-a-test", "GET", "/api/v1/namespaces/shop/pods")
    with RequestTimer(*arguments) as timer:
        timer.finish(200)
        timer.finish(500)
    assert (count("2xx"), count("5xx"), count("none")) == (1, 0, 0)
    with pytest.raises(Forbidden), RequestTimer(*arguments):
        raise Forbidden(status=403)
    with pytest.raises(TimedOut), RequestTimer(*arguments):
        raise TimedOut()
    with pytest.raises(asyncio.CancelledError), RequestTimer(*arguments):
        raise asyncio.CancelledError
    assert (count("2xx"), count("4xx"), count("none")) == (1, 1, 1)


def test_a_server_that_hangs_is_counted_until_it_is_called_again() -> None:
    server = Server("https://hangs.example:6443")
    name, openings = "quarterdeck_open_circuit_breakers", "quarterdeck_circuit_breaker_openings_total"
    before, opened = read_value(name), read_value(openings)
    for _ in range(3):
        circuit_breaker.record_error(server, 10.0**12, TimedOut())
    assert (read_value(name), read_value(openings)) == (before + 1, opened + 1)
    circuit_breaker.record_response(server)
    assert read_value(name) == before


def test_the_audit_trails_queue_and_writes_are_counted(db: None) -> None:
    count = "quarterdeck_audit_write_duration_seconds_count"
    before = read_value(count)
    record(draft_for_program("a test", "signin-link", target="person nobody"))
    assert read_value(count) == before + 1
    if not has_own_file():
        return
    other = sqlite3.connect(connections[ALIAS].settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        note_soon(draft_for_program("a test", "signin-link", target="person nobody"))
        wait_for(lambda: writer.count_queued() == 0)
        note_soon(draft_for_program("a test", "signin-link", target="person nobody"))
        assert read_value("quarterdeck_audit_queue_entries") == 1
        assert read_value("quarterdeck_audit_writable") == 1
    finally:
        other.execute("ROLLBACK")
        other.close()
    wait_for(lambda: writer.count_queued() == 0 and read_value(count) >= before + 3)
