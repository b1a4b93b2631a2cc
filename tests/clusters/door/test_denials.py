"""Is every refusal on record, once a minute, whether a page or a feed met it, and no review?"""

from __future__ import annotations

import pytest

from clusters.access import Ask
from clusters.api.errors import Forbidden
from clusters.watch.hub import hub
from people.audit import origin
from people.audit.seldom import Seldom
from tests.clusters.door.conftest import At
from tests.clusters.door.kinds import CONFIGMAPS, NODES, PODS
from tests.controlplane.controlplane import ControlPlane
from tests.served import wait_for
from tests.trail import Trail


@pytest.fixture(autouse=True)
def a_new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.denials._told", Seldom(60.0, 100))
    monkeypatch.setattr("clusters.secret_reads._seen", Seldom(60.0, 100))


def test_a_refusal_is_one_row_a_minute_for_each_thing(
    at: At, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.begin("203.0.113.7", "a-session-key")
    desk = at("dana")
    for _ in range(3):
        with pytest.raises(Forbidden):
            desk.client.get("/api/v1/nodes")
        with pytest.raises(Forbidden):
            desk.client.get("/api/v1/namespaces/pay/pods")
    wait_for(lambda: trail.rows(result="denied").count() == 2)
    nodes, pods = trail.rows(result="denied")
    assert (nodes.verb, nodes.resource, nodes.namespace, nodes.status) == ("list", "nodes", "", 403)
    assert (pods.verb, pods.resource, pods.namespace) == ("list", "pods", "pay")
    assert (nodes.person, nodes.cluster, nodes.phase, nodes.identity) == ("dana", "harbour", "event", "dana")
    assert (nodes.address, nodes.session) == ("203.0.113.7", origin.session_mark("a-session-key"))
    assert nodes.audit_id
    assert "forbidden" in nodes.reason
    monkeypatch.setattr("clusters.denials._told", Seldom(60.0, 100))
    with pytest.raises(Forbidden):
        desk.client.get("/api/v1/nodes")
    wait_for(lambda: trail.rows(result="denied").count() == 3)


def test_a_feed_that_is_refused_is_recorded(at: At, trail: Trail) -> None:
    desk = at("dana")
    feed = desk.table(NODES)
    try:
        wait_for(lambda: trail.rows(result="denied", resource="nodes").count() == 1)
        row = trail.last(result="denied")
        assert (row.verb, row.person) == ("list", "dana")
    finally:
        hub.release(feed)


def test_reviews_and_what_is_allowed_leave_no_row(at: At, trail: Trail) -> None:
    desk = at("dana")
    asks = [
        Ask("delete", version="v1", resource="nodes", name="x"),
        Ask("list", version="v1", resource="pods"),
    ]
    assert {answer.state for answer in desk.may(asks).values()} == {"denied"}
    desk.client.get("/api/v1/namespaces/shop/pods")
    desk.catalogue()
    with pytest.raises(Forbidden):
        desk.client.get("/api/v1/nodes")
    wait_for(lambda: trail.rows(result="denied").count() == 1)
    assert trail.rows(cluster="harbour").exclude(verb="credential-set").count() == 1


def test_it_remembers_a_bounded_number_of_things() -> None:
    once = Seldom(60.0, 3)
    assert [once.is_due(key) for key in (1, 1, 2, 3, 4, 4)] == [True, False, True, True, True, False]
    assert len(once._said) == 3
    assert once.is_due(1), "forgotten"
    assert Seldom(0.0, 3).is_due(1)


def test_opening_a_secret_is_recorded_once_it_was_really_sent(
    at: At, controlplane: ControlPlane, trail: Trail
) -> None:
    desk = at("ada")
    secrets = desk.find("secrets")
    assert secrets is not None
    feeds = [desk.object(secrets, "shop", "web") for _ in range(3)]
    wait_for(lambda: trail.rows(verb="get", resource="secrets").count() == 1)
    row = trail.last(verb="get", resource="secrets")
    assert (row.name, row.namespace, row.result, row.detail) == ("web", "shop", "ok", {"values": "hidden"})
    feeds.append(desk.object(secrets, "shop", "no-such-secret"))
    feeds[-1].wait(20)
    feeds.append(desk.object(CONFIGMAPS, "shop", "kube-root-ca.crt"))
    feeds[-1].wait(20)
    assert trail.rows(verb="get").count() == 1
    for feed in feeds:
        hub.release(feed)


def test_a_value_that_is_shown_is_two_rows_without_it(
    at: At, controlplane: ControlPlane, trail: Trail
) -> None:
    found = at("dana").reveal("shop", "web", "password")
    value = found["data"]["password"]
    intent, outcome = trail.rows(verb="get", resource="secrets")
    assert (intent.phase, outcome.phase, outcome.result) == ("intent", "outcome", "ok")
    assert outcome.detail == {"values": "shown", "key": "password"}
    assert value not in "".join(str(row.__dict__) for row in trail.rows())
    with pytest.raises(Forbidden):
        at("dana").reveal("pay", "web", "password")
    assert trail.last().result == "denied"


def test_logs_are_for_readers_and_shells_are_not(at: At, trail: Trail) -> None:
    desk = at("rene")
    opening = desk.open("get", PODS, namespace="shop", name="web-0", subresource="log")
    with opening as opened:
        opened.answered(200, "an-audit-id")
    intent, outcome = trail.rows(subresource="log")
    assert (intent.phase, outcome.result, outcome.audit_id) == ("intent", "ok", "an-audit-id")
