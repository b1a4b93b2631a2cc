"""Counters: when a cluster is polled, for whom, and what remains after an error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from clusters.api.connection import Connection
from clusters.api.errors import TimedOut, TooManyRequests, Unauthorized
from clusters.api.pools import forget
from clusters.counting import counters as module
from clusters.counting import poll
from clusters.counting.counters import Counter, Counters
from clusters.counting.snapshot import CountStatus, Reach, Warnings
from tests.clusters.api.faults import FaultServer, hang, respond_status, respond_with
from tests.clusters.counting.scripted_cluster import (
    ScriptedCluster,
    connect_as,
    event_row,
    node_row,
    pod_row,
    wait_until,
    watch_counter,
)

POLL_INTERVAL = 0.3


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counters]:
    """Counters of their own, in a hurry."""
    for name, seconds in (
        ("POLL_SECONDS", POLL_INTERVAL),
        ("RETRY_SECONDS", 0.2),
        ("UNAUTHORIZED_RETRY_SECONDS", 0.2),
        ("SWEEP", 0.05),
        ("GRACE", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)
    monkeypatch.setattr(poll, "PROBE", 1.0)
    made = Counters()
    yield made
    for key in list(made._counters):
        made._end(key)


@pytest.fixture
def cluster() -> Iterator[ScriptedCluster]:
    with ScriptedCluster() as server:
        server.rows |= {
            "pods": [pod_row(), pod_row("CrashLoopBackOff", "0/1")],
            "nodes": [node_row(), node_row("NotReady")],
            "events": [event_row("BackOff")],
        }
        yield server


def count_pods(counter: Counter) -> int | None:
    return counter.snapshot.pods.value.total if counter.snapshot.pods.value else None


def test_it_counts_cells_alone(counters: Counters, cluster: ScriptedCluster) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
    found = counter.snapshot
    assert (found.reach, found.version) == (Reach.REACHABLE, "v1.36.3")
    assert found.nodes.value is not None
    assert (found.nodes.value.ready, found.nodes.value.total) == (1, 2)
    assert found.pods.value is not None
    assert dict(found.pods.value.statuses) == {"Running": 1, "CrashLoopBackOff": 1}
    assert found.warnings.value == Warnings(1, {"BackOff": 1})
    for kind in ("pods", "nodes", "events"):
        assert all(query["includeObject"] == ["None"] for query in cluster.list_queries(kind))
    assert cluster.list_queries("events")[0]["fieldSelector"] == ["type=Warning"]


def test_many_viewers_of_one_credential_are_one_poll_each_period(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    connection = connect_as(cluster, "dana")
    begun = time.monotonic()
    with watch_counter(counters, connection) as first:
        tabs = [replace(connection) for _tab in range(20)]
        others = [counters.add_viewer(tab) for tab in tabs]
        assert all(other is first for other in others)
        wait_until(lambda: len(cluster.list_queries("pods")) >= 4)
        for _tab in range(20):  # who comes and goes begins no poll of its own
            with watch_counter(counters, replace(connection)):
                pass
        polls_seen, took = len(cluster.list_queries("pods")), time.monotonic() - begun
        for tab in tabs:
            counters.remove_viewer(first, tab)
    assert polls_seen <= took / POLL_INTERVAL + 1


def test_no_count_crosses_from_one_credential_to_another(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    cluster.is_allowed = lambda token, review: token == "ada" or review.get("namespace") == "shop"
    cluster.rows["shop", "pods"] = [pod_row()]
    with (
        watch_counter(counters, connect_as(cluster, "ada")) as strong,
        watch_counter(counters, connect_as(cluster, "dana"), "shop") as weak,
    ):
        wait_until(lambda: strong.is_settled and weak.is_settled)
        assert (count_pods(strong), count_pods(weak)) == (2, 1)
        assert weak.snapshot.pods.namespaces == ("shop",)
        assert weak.snapshot.nodes.status is CountStatus.DENIED
        assert weak.snapshot.nodes.value is None
    assert cluster.list_queries("nodes", token="dana") == []  # a review said no: nothing is requested in vain


def test_a_page_that_is_loaded_again_and_again_starts_no_poll_of_its_own(
    counters: Counters, cluster: ScriptedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 2.0)
    monkeypatch.setattr(module, "GRACE", 0.0)
    begun = time.monotonic()
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
    for _load in range(8):
        wait_until(
            lambda: counter.task is None or counter.task.done()
        )  # stopped, so that it has to begin anew
        with watch_counter(counters, connect_as(cluster, "dana")) as again:
            assert again is counter
            wait_until(lambda: counter.task is not None and not counter.task.done())
    assert len(cluster.list_queries("pods")) <= (time.monotonic() - begun) / 2.0 + 1


def test_nothing_is_polled_without_a_viewer_and_hidden_pages_are_none(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    connection = connect_as(cluster, "dana")
    with watch_counter(counters, connection) as counter:
        wait_until(lambda: counter.is_settled)
        counters.pause(counter, connection)
        wait_until(lambda: counter.task is None or counter.task.done())
        before = len(cluster.requests)
        time.sleep(3 * POLL_INTERVAL)  # a quiet time of three periods is what is tested
        assert len(cluster.requests) == before
        other = replace(connection)
        assert counters.add_viewer(other) is counter  # the numbers are kept for who pauses
        counters.remove_viewer(counter, other)
        counters.resume(counter, connection)
        wait_until(lambda: len(cluster.requests) > before)
    wait_until(lambda: counter.task is None or counter.task.done())
    before = len(cluster.requests)
    time.sleep(3 * POLL_INTERVAL)
    assert len(cluster.requests) == before


def test_numbers_are_dropped_after_a_while_and_with_their_credential(
    counters: Counters, cluster: ScriptedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
    monkeypatch.setattr(module, "RETENTION_SECONDS", 0.1)
    wait_until(lambda: len(counters) == 0)
    monkeypatch.setattr(module, "RETENTION_SECONDS", 60.0)
    connection = connect_as(cluster, "changed")
    with watch_counter(counters, connection) as counter:
        wait_until(lambda: count_pods(counter) == 2)
        forget(connection.fingerprint)
        wait_until(lambda: count_pods(counter) is None and len(counters) == 0)
    with watch_counter(counters, connect_as(cluster, "rene")) as counter:
        wait_until(lambda: counter.is_settled)
        counters.forget(counter.connection.fingerprint)
        assert len(counters) == 1  # somebody looks
    counters.forget(counter.connection.fingerprint)
    assert len(counters) == 0


def test_a_cluster_that_hangs_costs_the_others_nothing(
    counters: Counters, cluster: ScriptedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "PROBE", 3.0)
    with FaultServer(hang) as hanging:
        stuck = [counters.add_viewer(connect_as(hanging, f"person-{number}")) for number in range(25)]
        with watch_counter(counters, connect_as(cluster, "dana")) as counter:
            wait_until(lambda: counter.is_settled)
            assert count_pods(counter) == 2
            assert all(one is not None and not one.is_settled for one in stuck)
        wait_until(lambda: all(one is not None and one.is_settled for one in stuck))
        assert stuck[0] is not None
        assert stuck[0].snapshot.reach is Reach.UNREACHABLE
        assert isinstance(stuck[0].snapshot.error, TimedOut)
        for one in stuck:
            assert one is not None
            counters.remove_viewer(one, one.connection)


def test_a_count_that_failed_keeps_the_old_numbers_with_their_time(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        when = counter.snapshot.pods.counted_at
        cluster.overrides["pods"] = respond_status(500, "InternalError", "etcd is slow")
        wait_until(lambda: counter.snapshot.pods.status is CountStatus.FAILED)
        assert count_pods(counter) == 2
        assert counter.snapshot.pods.counted_at is not None
        assert when is not None
        assert counter.snapshot.pods.counted_at >= when
        assert counter.snapshot.reach is Reach.REACHABLE
        assert counter.snapshot.nodes.status is CountStatus.COUNTED
        del cluster.overrides["pods"]
        cluster.rows["pods"] = [pod_row()]
        wait_until(lambda: count_pods(counter) == 1)


def test_after_an_error_it_counts_again_and_says_since_when(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        answered = counter.snapshot.answered_at
        for last in ("pods", "nodes", "events", "readyz"):
            cluster.overrides[last] = hang_up
        wait_until(lambda: counter.snapshot.reach is Reach.UNREACHABLE)
        since = counter.snapshot.since
        assert answered is not None
        assert count_pods(counter) == 2
        requests_before = len(cluster.list_queries("pods"))
        wait_until(lambda: sum("readyz" in one.target for one in cluster.requests) >= 3)
        assert counter.snapshot.since == since
        assert (
            len(cluster.list_queries("pods")) == requests_before
        )  # only its readiness is probed in the meantime
        cluster.overrides.clear()
        wait_until(lambda: counter.snapshot.reach is Reach.REACHABLE)
        assert counter.snapshot.since > since


def hang_up(wire) -> None:  # type: ignore[no-untyped-def]
    raise ConnectionResetError


def test_a_refused_credential_loses_its_numbers(counters: Counters, cluster: ScriptedCluster) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: count_pods(counter) == 2)
        for last in ("pods", "nodes", "events", "version"):
            cluster.overrides[last] = respond_status(401, "Unauthorized", "Unauthorized")
        wait_until(lambda: counter.snapshot.reach is Reach.UNAUTHORIZED)
        found = counter.snapshot
        assert (found.nodes.value, found.pods.value, found.warnings.value) == (None, None, None)
        assert not found.permissions.is_known
        assert isinstance(found.error, Unauthorized)


def test_a_removed_permission_takes_its_numbers_at_the_next_count(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    with watch_counter(counters, connect_as(cluster, "dana"), "shop") as counter:
        wait_until(lambda: counter.is_settled)
        reviews = cluster.count_reviews()
        cluster.is_allowed = lambda token, review: review["resource"] != "pods"
        wait_until(lambda: counter.snapshot.pods.status is CountStatus.DENIED)
        assert count_pods(counter) is None
        wait_until(
            lambda: counter.snapshot.permissions.pods.state == "denied"
        )  # long before the next review of all permissions
        assert cluster.count_reviews() > reviews
        requests_before = len(cluster.list_queries("pods"))
        before = len(cluster.list_queries("nodes"))
        wait_until(lambda: len(cluster.list_queries("nodes")) > before + 1)
        assert len(cluster.list_queries("pods")) == requests_before


def test_a_rejection_is_reported_to_a_remaining_viewer(counters: Counters, cluster: ScriptedCluster) -> None:
    """People share a team's credential: the audit trail must not say that somebody was denied who had gone."""
    reported: list[str] = []

    def of(name: str) -> Connection:
        return replace(
            connect_as(cluster, "team"), person=name, error_callback=lambda *_error: reported.append(name)
        )

    first, second = of("first"), of("second")
    counter = counters.add_viewer(first)
    assert counter is not None
    assert counters.add_viewer(second) is counter
    counters.remove_viewer(counter, second)
    wait_until(lambda: counter.is_settled)
    cluster.is_allowed = lambda token, review: review["resource"] != "pods"
    wait_until(lambda: reported)
    assert set(reported) == {"first"}
    counters.remove_viewer(counter, first)


def test_a_refused_list_takes_its_numbers_whatever_the_review_said(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: count_pods(counter) == 2)
        cluster.overrides["pods"] = respond_status(403, "Forbidden", "pods is forbidden")
        wait_until(lambda: counter.snapshot.pods.status is not CountStatus.COUNTED)
        assert counter.snapshot.pods.status is CountStatus.DENIED
        assert count_pods(counter) is None


def test_an_unclear_review_is_not_a_denial(counters: Counters, cluster: ScriptedCluster) -> None:
    cluster.is_allowed = lambda token, review: None
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        assert counter.snapshot.permissions.pods.state == "unknown"
        assert count_pods(counter) == 2


def test_large_lists_are_read_in_pages_up_to_a_bound(
    counters: Counters, cluster: ScriptedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "PAGE", 10)
    cluster.rows["pods"] = [pod_row()] * 95
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: count_pods(counter) == 95)
        assert counter.snapshot.pods.value is not None
        assert not counter.snapshot.pods.value.at_least
        cluster.rows["pods"] = [pod_row()] * 105
        wait_until(lambda: count_pods(counter) == 100)
        assert counter.snapshot.pods.value.at_least


def test_the_namespaces_that_are_known_are_summed_and_what_is_left_out_is_reported(
    counters: Counters, cluster: ScriptedCluster
) -> None:
    """No permission to list all: the known namespaces first, then those that can be listed, up to a bound."""
    names = [f"team-{number:02d}" for number in range(30)]
    cluster.rows["namespaces"] = [[name, "Active", "5d"] for name in names]
    for name in [*names, "mine"]:
        cluster.rows[name, "pods"] = [pod_row()]
    cluster.is_allowed = lambda token, review: (
        review["resource"] == "namespaces"
        or (review.get("namespace", "") not in ("", "team-03") and review["verb"] == "list")
    )
    with watch_counter(counters, connect_as(cluster, "dana"), "mine") as counter:
        wait_until(lambda: counter.is_settled)
        assert cluster.count_reviews() <= 40
    found = counter.snapshot.pods
    assert found.namespaces == ("mine", *(name for name in names[:9] if name != "team-03"))
    assert count_pods(counter) == 9
    assert found.left_out == 21
    assert [one.edit.state for one in counter.snapshot.permissions.namespaces] == ["denied"] * 10


def test_it_waits_as_long_as_the_api_server_asks(counters: Counters, cluster: ScriptedCluster) -> None:
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        for last in ("pods", "nodes", "events"):
            cluster.overrides[last] = respond_with(429, b"Too many requests", "text/plain", "Retry-After: 60")
        wait_until(lambda: isinstance(counter.snapshot.pods.error, TooManyRequests))
        assert count_pods(counter) == 2
        before = len(cluster.requests)
        time.sleep(3 * POLL_INTERVAL)
        assert len(cluster.requests) <= before + 2  # those of the same poll


def test_a_full_process_counts_nothing_more_and_says_so(
    counters: Counters, cluster: ScriptedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_COUNTERS", 2)
    with (
        watch_counter(counters, connect_as(cluster, "a")),
        watch_counter(counters, connect_as(cluster, "b")) as last,
    ):
        assert counters.add_viewer(connect_as(cluster, "c")) is None
        wait_until(lambda: last.is_settled)
    with watch_counter(counters, connect_as(cluster, "c")):  # those that nobody looks at make room
        assert len(counters) == 2


@pytest.mark.parametrize("version", [{"gitVersion": "v" * 9999}, {"gitVersion": None}, ["v1"], {"other": 1}])
def test_it_takes_any_version(counters: Counters, cluster: ScriptedCluster, version: object) -> None:
    cluster.version = version
    with watch_counter(counters, connect_as(cluster, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        assert counter.snapshot.reach is Reach.REACHABLE
        assert len(counter.snapshot.version) <= poll.VERSION


def test_what_answers_is_not_kubernetes(counters: Counters) -> None:
    page = respond_with(200, b"<html>sign in</html>", "text/html")
    with FaultServer(page) as server, watch_counter(counters, connect_as(server, "dana")) as counter:
        wait_until(lambda: counter.is_settled)
        assert counter.snapshot.reach is Reach.UNREACHABLE
