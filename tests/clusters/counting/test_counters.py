"""When is a cluster counted, for whom, and what is left of it when it fails?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from clusters.api.client import forget
from clusters.api.connection import Connection
from clusters.api.errors import TimedOut, TooManyRequests, Unauthorized
from clusters.counting import counters as module
from clusters.counting import round as rounds
from clusters.counting.counters import Counter, Counters
from clusters.counting.snapshot import Reach, Standing, Warnings
from tests.clusters.api.faults import FaultServer, hangs, says, status
from tests.clusters.counting.scripted import Cluster, as_person, event, looking, node, pod, until

EVERY = 0.3


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counters]:
    """Counters of their own, in a hurry."""
    for name, seconds in (
        ("EVERY", EVERY),
        ("AGAIN", 0.2),
        ("REFUSED", 0.2),
        ("SWEEP", 0.05),
        ("GRACE", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)
    monkeypatch.setattr(rounds, "PROBE", 1.0)
    made = Counters()
    yield made
    for key in list(made._counters):
        made._end(key)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as server:
        server.rows |= {
            "pods": [pod(), pod("CrashLoopBackOff", "0/1")],
            "nodes": [node(), node("NotReady")],
            "events": [event("BackOff")],
        }
        yield server


def pods_of(counter: Counter) -> int | None:
    return counter.snapshot.pods.value.total if counter.snapshot.pods.value else None


def test_it_counts_cells_alone(counters: Counters, cluster: Cluster) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
    found = counter.snapshot
    assert (found.reach, found.version) == (Reach.REACHABLE, "v1.36.3")
    assert found.nodes.value is not None
    assert (found.nodes.value.ready, found.nodes.value.total) == (1, 2)
    assert found.pods.value is not None
    assert dict(found.pods.value.statuses) == {"Running": 1, "CrashLoopBackOff": 1}
    assert found.warnings.value == Warnings(1, {"BackOff": 1})
    for kind in ("pods", "nodes", "events"):
        assert all(query["includeObject"] == ["None"] for query in cluster.lists(kind))
    assert cluster.lists("events")[0]["fieldSelector"] == ["type=Warning"]


def test_many_viewers_of_one_credential_are_one_round_each_period(
    counters: Counters, cluster: Cluster
) -> None:
    connection = as_person(cluster, "dana")
    begun = time.monotonic()
    with looking(counters, connection) as first:
        tabs = [replace(connection) for _tab in range(20)]
        others = [counters.look(tab) for tab in tabs]
        assert all(other is first for other in others)
        until(lambda: len(cluster.lists("pods")) >= 4)
        for _tab in range(20):  # who comes and goes begins no round of its own
            with looking(counters, replace(connection)):
                pass
        rounds_seen, took = len(cluster.lists("pods")), time.monotonic() - begun
        for tab in tabs:
            counters.leave(first, tab)
    assert rounds_seen <= took / EVERY + 1


def test_no_count_crosses_from_one_credential_to_another(counters: Counters, cluster: Cluster) -> None:
    cluster.may = lambda token, ask: token == "ada" or ask.get("namespace") == "shop"
    cluster.rows["shop", "pods"] = [pod()]
    with (
        looking(counters, as_person(cluster, "ada")) as strong,
        looking(counters, as_person(cluster, "dana"), "shop") as weak,
    ):
        until(lambda: strong.is_settled and weak.is_settled)
        assert (pods_of(strong), pods_of(weak)) == (2, 1)
        assert weak.snapshot.pods.places == ("shop",)
        assert weak.snapshot.nodes.standing is Standing.DENIED
        assert weak.snapshot.nodes.value is None
    assert cluster.lists("nodes", token="dana") == []  # a review said no: nothing is asked in vain


def test_a_page_that_is_loaded_again_and_again_begins_no_round_of_its_own(
    counters: Counters, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 2.0)
    monkeypatch.setattr(module, "GRACE", 0.0)
    begun = time.monotonic()
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
    for _load in range(8):
        until(lambda: counter.task is None or counter.task.done())  # stopped, so that it has to begin anew
        with looking(counters, as_person(cluster, "dana")) as again:
            assert again is counter
            until(lambda: counter.task is not None and not counter.task.done())
    assert len(cluster.lists("pods")) <= (time.monotonic() - begun) / 2.0 + 1


def test_nothing_is_asked_when_nobody_looks_and_hidden_pages_do_not(
    counters: Counters, cluster: Cluster
) -> None:
    connection = as_person(cluster, "dana")
    with looking(counters, connection) as counter:
        until(lambda: counter.is_settled)
        counters.pause(counter, connection)
        until(lambda: counter.task is None or counter.task.done())
        before = len(cluster.requests)
        time.sleep(3 * EVERY)  # a quiet time of three periods is what is tested
        assert len(cluster.requests) == before
        other = replace(connection)
        assert counters.look(other) is counter  # the numbers are kept for who pauses
        counters.leave(counter, other)
        counters.resume(counter, connection)
        until(lambda: len(cluster.requests) > before)
    until(lambda: counter.task is None or counter.task.done())
    before = len(cluster.requests)
    time.sleep(3 * EVERY)
    assert len(cluster.requests) == before


def test_numbers_are_dropped_after_a_while_and_with_their_credential(
    counters: Counters, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
    monkeypatch.setattr(module, "KEPT", 0.1)
    until(lambda: len(counters) == 0)
    monkeypatch.setattr(module, "KEPT", 60.0)
    connection = as_person(cluster, "changed")
    with looking(counters, connection) as counter:
        until(lambda: pods_of(counter) == 2)
        forget(connection.fingerprint)
        until(lambda: pods_of(counter) is None and len(counters) == 0)
    with looking(counters, as_person(cluster, "rene")) as counter:
        until(lambda: counter.is_settled)
        counters.forget(counter.connection.fingerprint)
        assert len(counters) == 1  # somebody looks
    counters.forget(counter.connection.fingerprint)
    assert len(counters) == 0


def test_a_cluster_that_hangs_costs_the_others_nothing(
    counters: Counters, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PROBE", 3.0)
    with FaultServer(hangs) as hanging:
        stuck = [counters.look(as_person(hanging, f"person-{number}")) for number in range(25)]
        with looking(counters, as_person(cluster, "dana")) as counter:
            until(lambda: counter.is_settled)
            assert pods_of(counter) == 2
            assert all(one is not None and not one.is_settled for one in stuck)
        until(lambda: all(one is not None and one.is_settled for one in stuck))
        assert stuck[0] is not None
        assert stuck[0].snapshot.reach is Reach.UNREACHABLE
        assert isinstance(stuck[0].snapshot.error, TimedOut)
        for one in stuck:
            assert one is not None
            counters.leave(one, one.connection)


def test_a_count_that_failed_keeps_the_old_numbers_with_their_time(
    counters: Counters, cluster: Cluster
) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
        when = counter.snapshot.pods.counted_at
        cluster.instead["pods"] = status(500, "InternalError", "etcd is slow")
        until(lambda: counter.snapshot.pods.standing is Standing.FAILED)
        assert pods_of(counter) == 2
        assert counter.snapshot.pods.counted_at is not None
        assert when is not None
        assert counter.snapshot.pods.counted_at >= when
        assert counter.snapshot.reach is Reach.REACHABLE
        assert counter.snapshot.nodes.standing is Standing.COUNTED
        del cluster.instead["pods"]
        cluster.rows["pods"] = [pod()]
        until(lambda: pods_of(counter) == 1)


def test_after_an_outage_it_counts_again_and_says_since_when(counters: Counters, cluster: Cluster) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
        answered = counter.snapshot.answered_at
        for last in ("pods", "nodes", "events", "readyz"):
            cluster.instead[last] = hangs_up
        until(lambda: counter.snapshot.reach is Reach.UNREACHABLE)
        since = counter.snapshot.since
        assert answered is not None
        assert pods_of(counter) == 2
        asked = len(cluster.lists("pods"))
        until(lambda: sum("readyz" in one.target for one in cluster.requests) >= 3)
        assert counter.snapshot.since == since
        assert len(cluster.lists("pods")) == asked  # only whether it answers is asked meanwhile
        cluster.instead.clear()
        until(lambda: counter.snapshot.reach is Reach.REACHABLE)
        assert counter.snapshot.since > since


def hangs_up(wire) -> None:  # type: ignore[no-untyped-def]
    raise ConnectionResetError


def test_a_refused_credential_loses_its_numbers(counters: Counters, cluster: Cluster) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: pods_of(counter) == 2)
        for last in ("pods", "nodes", "events", "version"):
            cluster.instead[last] = status(401, "Unauthorized", "Unauthorized")
        until(lambda: counter.snapshot.reach is Reach.REFUSED)
        found = counter.snapshot
        assert (found.nodes.value, found.pods.value, found.warnings.value) == (None, None, None)
        assert not found.rights.is_known
        assert isinstance(found.error, Unauthorized)


def test_a_right_that_ends_takes_its_numbers_at_the_next_count(counters: Counters, cluster: Cluster) -> None:
    with looking(counters, as_person(cluster, "dana"), "shop") as counter:
        until(lambda: counter.is_settled)
        reviews = cluster.reviews()
        cluster.may = lambda token, ask: ask["resource"] != "pods"
        until(lambda: counter.snapshot.pods.standing is Standing.DENIED)
        assert pods_of(counter) is None
        until(
            lambda: counter.snapshot.rights.pods.state == "denied"
        )  # long before the next look at the rights
        assert cluster.reviews() > reviews
        asked = len(cluster.lists("pods"))
        before = len(cluster.lists("nodes"))
        until(lambda: len(cluster.lists("nodes")) > before + 1)
        assert len(cluster.lists("pods")) == asked


def test_a_refusal_is_told_to_one_who_still_looks(counters: Counters, cluster: Cluster) -> None:
    """People share a team's credential: the trail must not say that somebody was refused who had gone."""
    told: list[str] = []

    def of(name: str) -> Connection:
        return replace(as_person(cluster, "team"), person=name, refused=lambda *_asked: told.append(name))

    first, second = of("first"), of("second")
    counter = counters.look(first)
    assert counter is not None
    assert counters.look(second) is counter
    counters.leave(counter, second)
    until(lambda: counter.is_settled)
    cluster.may = lambda token, ask: ask["resource"] != "pods"
    until(lambda: told)
    assert set(told) == {"first"}
    counters.leave(counter, first)


def test_a_refused_list_takes_its_numbers_whatever_the_review_said(
    counters: Counters, cluster: Cluster
) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: pods_of(counter) == 2)
        cluster.instead["pods"] = status(403, "Forbidden", "pods is forbidden")
        until(lambda: counter.snapshot.pods.standing is not Standing.COUNTED)
        assert counter.snapshot.pods.standing is Standing.DENIED
        assert pods_of(counter) is None


def test_an_unclear_review_is_not_a_refusal(counters: Counters, cluster: Cluster) -> None:
    cluster.may = lambda token, ask: None
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
        assert counter.snapshot.rights.pods.state == "unknown"
        assert pods_of(counter) == 2


def test_large_lists_are_read_in_pages_up_to_a_bound(
    counters: Counters, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PAGE", 10)
    cluster.rows["pods"] = [pod()] * 95
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: pods_of(counter) == 95)
        assert counter.snapshot.pods.value is not None
        assert not counter.snapshot.pods.value.at_least
        cluster.rows["pods"] = [pod()] * 105
        until(lambda: pods_of(counter) == 100)
        assert counter.snapshot.pods.value.at_least


def test_the_namespaces_of_the_ladder_are_summed_and_what_is_left_out_is_told(
    counters: Counters, cluster: Cluster
) -> None:
    """No right to list all: the known namespaces first, then those that can be listed, up to a bound."""
    names = [f"team-{number:02d}" for number in range(30)]
    cluster.rows["namespaces"] = [[name, "Active", "5d"] for name in names]
    for name in [*names, "mine"]:
        cluster.rows[name, "pods"] = [pod()]
    cluster.may = lambda token, ask: (
        ask["resource"] == "namespaces"
        or (ask.get("namespace", "") not in ("", "team-03") and ask["verb"] == "list")
    )
    with looking(counters, as_person(cluster, "dana"), "mine") as counter:
        until(lambda: counter.is_settled)
        assert cluster.reviews() <= 40
    found = counter.snapshot.pods
    assert found.places == ("mine", *(name for name in names[:9] if name != "team-03"))
    assert pods_of(counter) == 9
    assert found.left_out == 21
    assert [place.edit.state for place in counter.snapshot.rights.places] == ["denied"] * 10


def test_it_waits_as_long_as_the_api_server_asks(counters: Counters, cluster: Cluster) -> None:
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
        for last in ("pods", "nodes", "events"):
            cluster.instead[last] = says(429, b"Too many requests", "text/plain", "Retry-After: 60")
        until(lambda: isinstance(counter.snapshot.pods.error, TooManyRequests))
        assert pods_of(counter) == 2
        before = len(cluster.requests)
        time.sleep(3 * EVERY)
        assert len(cluster.requests) <= before + 2  # those of the same round


def test_a_full_process_counts_nothing_more_and_says_so(
    counters: Counters, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    with looking(counters, as_person(cluster, "a")), looking(counters, as_person(cluster, "b")) as last:
        assert counters.look(as_person(cluster, "c")) is None
        until(lambda: last.is_settled)
    with looking(counters, as_person(cluster, "c")):  # those that nobody looks at make room
        assert len(counters) == 2


@pytest.mark.parametrize("version", [{"gitVersion": "v" * 9999}, {"gitVersion": None}, ["v1"], {"other": 1}])
def test_it_takes_any_version(counters: Counters, cluster: Cluster, version: object) -> None:
    cluster.version = version
    with looking(counters, as_person(cluster, "dana")) as counter:
        until(lambda: counter.is_settled)
        assert counter.snapshot.reach is Reach.REACHABLE
        assert len(counter.snapshot.version) <= rounds.VERSION


def test_what_answers_is_not_kubernetes(counters: Counters) -> None:
    page = says(200, b"<html>sign in</html>", "text/html")
    with FaultServer(page) as server, looking(counters, as_person(server, "dana")) as counter:
        until(lambda: counter.is_settled)
        assert counter.snapshot.reach is Reach.UNREACHABLE
