"""Denials: one audit entry a minute for each denied request of a page or feed, none for a review."""

from __future__ import annotations

from dataclasses import fields

import pytest

from clusters.api.errors import Forbidden
from clusters.api.resource_attributes import ResourceAttributes
from clusters.audit_details import add_attributes
from clusters.gateway.hub import hub
from clusters.tables.table_content import TableQuery
from people.audit import origin
from people.audit.draft import AuditDraft, build_entry
from people.audit.models import Phase
from people.audit.rate_limit import RateLimiter
from tests.audit_trail import AuditTrail
from tests.clusters.gateway.conftest import OpenSession
from tests.clusters.gateway.kinds import CONFIGMAPS, NODES, PODS
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for


@pytest.fixture(autouse=True)
def reset_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.gateway.denials._rate_limiter", RateLimiter(60.0, 100))
    monkeypatch.setattr("clusters.gateway.secret_reads._rate_limiter", RateLimiter(60.0, 100))


def test_a_denial_is_one_row_a_minute_for_each_object(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.begin("203.0.113.7", "a-session-key")
    session = session_at_controlplane("dana")
    for _ in range(3):
        with pytest.raises(Forbidden):
            session.client.get("/api/v1/nodes")
        with pytest.raises(Forbidden):
            session.client.get("/api/v1/namespaces/pay/pods")
    wait_for(lambda: audit_trail.list_rows(result="denied").count() == 2)
    nodes, pods = audit_trail.list_rows(result="denied")
    assert (nodes.verb, nodes.resource, nodes.namespace, nodes.status) == ("list", "nodes", "", 403)
    assert (pods.verb, pods.resource, pods.namespace) == ("list", "pods", "pay")
    assert (nodes.person, nodes.cluster, nodes.phase, nodes.identity) == ("dana", "harbour", "event", "dana")
    assert (nodes.address, nodes.session) == ("203.0.113.7", origin.session_mark("a-session-key"))
    assert nodes.audit_id
    assert "forbidden" in nodes.reason
    monkeypatch.setattr("clusters.gateway.denials._rate_limiter", RateLimiter(60.0, 100))
    with pytest.raises(Forbidden):
        session.client.get("/api/v1/nodes")
    wait_for(lambda: audit_trail.list_rows(result="denied").count() == 3)


def test_a_denied_feed_is_recorded(session_at_controlplane: OpenSession, audit_trail: AuditTrail) -> None:
    session = session_at_controlplane("dana")
    feed = session.table(TableQuery(NODES))
    try:
        wait_for(lambda: audit_trail.list_rows(result="denied", resource="nodes").count() == 1)
        row = audit_trail.get_last(result="denied")
        assert (row.verb, row.person) == ("list", "dana")
    finally:
        hub.release(feed)


def test_each_attribute_is_a_column_of_the_same_name() -> None:
    values = {one.name: f"some-{one.name}" for one in fields(ResourceAttributes)}
    draft = add_attributes(AuditDraft(verb="", person="dana"), ResourceAttributes(**values))
    entry = build_entry(draft, Phase.EVENT)
    assert {name: getattr(entry, name) for name in values} == values
    assert entry.person == "dana"


def test_reviews_and_what_is_allowed_leave_no_row(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("dana")
    checks = [
        ResourceAttributes("delete", version="v1", resource="nodes", name="x"),
        ResourceAttributes("list", version="v1", resource="pods"),
    ]
    assert {answer.state for answer in session.review_access(checks).values()} == {"denied"}
    session.client.get("/api/v1/namespaces/shop/pods")
    session.catalog()
    with pytest.raises(Forbidden):
        session.client.get("/api/v1/nodes")
    wait_for(lambda: audit_trail.list_rows(result="denied").count() == 1)
    assert audit_trail.list_rows(cluster="harbour").exclude(verb="credential-set").count() == 1


def test_it_remembers_a_bounded_number_of_things() -> None:
    once = RateLimiter(60.0, 3)
    assert [once.is_due(key) for key in (1, 1, 2, 3, 4, 4)] == [True, False, True, True, True, False]
    assert len(once._last_allowed) == 3
    assert once.is_due(1), "forgotten"
    assert RateLimiter(0.0, 3).is_due(1)


def test_opening_a_secret_is_recorded_once_it_was_really_sent(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("ada")
    secrets = session.find("secrets")
    assert secrets is not None
    feeds = [session.object(secrets, "shop", "web") for _ in range(3)]
    wait_for(lambda: audit_trail.list_rows(verb="get", resource="secrets").count() == 1)
    row = audit_trail.get_last(verb="get", resource="secrets")
    assert (row.name, row.namespace, row.result, row.detail) == ("web", "shop", "ok", {"values": "hidden"})
    feeds.append(session.object(secrets, "shop", "no-such-secret"))
    feeds[-1].wait(20)
    feeds.append(session.object(CONFIGMAPS, "shop", "kube-root-ca.crt"))
    feeds[-1].wait(20)
    assert audit_trail.list_rows(verb="get").count() == 1
    for feed in feeds:
        hub.release(feed)


def test_a_revealed_value_is_two_rows_without_it(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail
) -> None:
    found = session_at_controlplane("dana").reveal("shop", "web", "password")
    value = found["data"]["password"]
    request_entry, result_entry = audit_trail.list_rows(verb="get", resource="secrets")
    assert (request_entry.phase, result_entry.phase, result_entry.result) == ("intent", "outcome", "ok")
    assert result_entry.detail == {"values": "shown", "key": "password"}
    assert value not in "".join(str(row.__dict__) for row in audit_trail.list_rows())
    with pytest.raises(Forbidden):
        session_at_controlplane("dana").reveal("pay", "web", "password")
    assert audit_trail.get_last().result == "denied"


def test_logs_are_for_viewers_and_shells_are_not(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("rene")
    opening = session.open(PODS.attributes("get", "shop", "web-0", "log"))
    with opening as opened:
        opened.record_response(200, "an-audit-id")
    request_entry, result_entry = audit_trail.list_rows(subresource="log")
    assert (request_entry.phase, result_entry.result, result_entry.audit_id) == (
        "intent",
        "ok",
        "an-audit-id",
    )
