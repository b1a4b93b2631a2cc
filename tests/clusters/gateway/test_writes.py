"""Audited writes: the request entry precedes the request, the result entry has the API server's response."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import pytest
from django.conf import settings

from clusters.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    ConnectionRefused,
    Forbidden,
    NotKubernetes,
    TimedOut,
)
from clusters.gateway.connect import ClusterSession, DeniedByRole
from people.audit.models import AuditEntry
from people.audit.record import AuditTrailUnavailable
from tests.audit_trail import AuditTrail
from tests.clusters.api import faults
from tests.clusters.api.faults import Hangup, Wire, respond_with
from tests.clusters.gateway.conftest import OpenSession, find_audit_events
from tests.clusters.gateway.kinds import CONFIGMAPS, NODES, build_config_map
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for

OpenFaultySession = Callable[..., ClusterSession]


def get_request_and_result(entries: AuditTrail) -> tuple[AuditEntry, AuditEntry]:
    """The request and the result entry of the one write there was."""
    request_entry, result_entry = entries.list_writes()
    assert (request_entry.phase, result_entry.phase, result_entry.request) == (
        "intent",
        "outcome",
        request_entry.sequence,
    )
    return request_entry, result_entry


def test_a_write_is_two_rows_and_the_api_server_knows_it_by_the_same_id(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("dana")
    made = session.write(
        CONFIGMAPS.attributes("create", "shop"), body=build_config_map("door-one", colour="teal")
    )
    request_entry, result_entry = get_request_and_result(audit_trail)
    assert (made.status, result_entry.status, result_entry.result, request_entry.result) == (
        201,
        201,
        "ok",
        "",
    )
    for row in (request_entry, result_entry):
        assert (row.verb, row.resource, row.namespace, row.name) == (
            "create",
            "configmaps",
            "shop",
            "door-one",
        )
        assert (row.person, row.global_role, row.role) == ("dana", "member", "editor")
        assert (row.cluster, row.identity, row.credential) == ("harbour", "dana", "own certificate")
        assert row.person_id == session.user.pk
    assert result_entry.duration is not None
    theirs = wait_for(
        lambda: [one for one in find_audit_events(controlplane, "door-one") if one["verb"] == "create"]
    )
    assert [one["auditID"] for one in theirs] == [result_entry.audit_id]
    deleted = session.write(CONFIGMAPS.attributes("delete", "shop", "door-one"))
    assert deleted.status == 200
    assert audit_trail.get_last().verb == "delete"


def test_every_verb_goes_where_kubernetes_wants_it(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("dana")
    update, patch, delete = (
        CONFIGMAPS.attributes(verb, "shop", "door-verbs") for verb in ("update", "patch", "delete")
    )
    made = session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("door-verbs")).json()
    session.write(update, body={**made, "data": {"a": "1"}})
    merge = {"data": {"colour": "sea-green-canary"}, "metadata": {"labels": {"x": "y"}}}
    session.write(patch, body=merge, content_type="application/merge-patch+json")
    operations = [{"op": "add", "path": "/data/b", "value": "other-canary"}]
    session.write(patch, body=operations, content_type="application/json-patch+json")
    session.write(delete, query=(("propagationPolicy", "Foreground"),))
    only = (("labelSelector", "door=nothing"),)
    session.write(CONFIGMAPS.attributes("deletecollection", "shop"), query=only)
    rows = list(audit_trail.list_writes(phase="outcome"))
    verbs = ["create", "update", "patch", "patch", "delete", "deletecollection"]
    assert [row.verb for row in rows] == verbs
    assert all((row.result, row.status) in (("ok", 200), ("ok", 201)) for row in rows)
    assert rows[2].detail == {"patch": "merge-patch+json", "fields": ["data.colour", "metadata.labels.x"]}
    assert rows[3].detail == {"patch": "json-patch+json", "fields": ["/data/b"]}
    assert rows[4].detail == {"propagationPolicy": "Foreground"}
    assert "canary" not in "".join(str(row.__dict__) for row in audit_trail.list_rows())
    ids = {row.audit_id for row in rows}

    def is_logged() -> bool:
        text = controlplane.audit_log.read_text()
        return all(one in text for one in ids)

    assert len(ids) == 6
    wait_for(is_logged)


def test_the_request_entry_exists_before_anything_is_sent(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    """The API server itself looks into the audit trail's file during the request."""
    found: list[tuple[str, str]] = []

    def looks(wire: Wire) -> None:
        file = sqlite3.connect(settings.DATABASES["audit"]["NAME"])
        found.extend(
            file.execute(
                "SELECT phase, name FROM audit_entry WHERE sequence > ?", [audit_trail.last_sequence]
            )
        )
        file.close()
        wire.respond(201, b"{}")

    session_at_fault_server(looks).write(
        CONFIGMAPS.attributes("create", "shop"), body=build_config_map("first")
    )
    assert ("intent", "first") in found
    assert "outcome" not in [phase for phase, name in found if name == "first"]
    assert audit_trail.get_last().phase == "outcome"


def respond_and_count(requests: list[str]) -> Callable[[Wire], None]:
    """A server that answers everything, and adds the method of each request to `requests`."""

    def respond(wire: Wire) -> None:
        requests.append(wire.request.method)
        wire.respond(200, b"{}")

    return respond


def raise_unavailable(*_anything: object) -> None:
    raise AuditTrailUnavailable("disk full")


def test_without_a_request_entry_nothing_is_sent(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[str] = []
    session = session_at_fault_server(respond_and_count(requests))
    monkeypatch.setattr("people.audit.record.writer.put", raise_unavailable)
    with pytest.raises(AuditTrailUnavailable):
        session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("never"))
    with pytest.raises(AuditTrailUnavailable):
        session.reveal("shop", "web", "password")
    assert requests == []
    assert session.client.get("/version") == {}, "reading goes on"


@pytest.mark.parametrize("name", ["rene", "rita", "aude"])
def test_viewers_and_auditors_are_refused_before_any_request(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail, name: str
) -> None:
    session, thing = session_at_controlplane(name), f"door-refused-{name}"
    for verb in ("create", "update", "patch", "delete", "deletecollection"):
        with pytest.raises(DeniedByRole, match=r"Viewer|Auditors"):
            session.write(CONFIGMAPS.attributes(verb, "shop", thing), body=build_config_map(thing))
    with pytest.raises(DeniedByRole):
        session.open(CONFIGMAPS.attributes("create", "shop", thing, "exec"))
    with pytest.raises(DeniedByRole):
        session.reveal("shop", thing, "password")
    rows = list(audit_trail.list_rows(person=name, result="denied"))
    assert len(rows) == 7
    assert {(row.phase, row.status, row.name) for row in rows} == {("event", None, thing)}
    assert all(row.reason for row in rows)
    assert find_audit_events(controlplane, thing) == []


def test_a_denial_of_kubernetes_is_the_result_and_no_further_row(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("dana")
    with pytest.raises(Forbidden):
        session.write(CONFIGMAPS.attributes("create", "pay"), body=build_config_map("door-pay"))
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert (result_entry.result, result_entry.status) == ("denied", 403)
    assert "dana" in result_entry.reason
    assert result_entry.audit_id
    assert audit_trail.list_rows(phase="event", result="denied").count() == 0


def test_the_reason_of_the_api_server_is_in_the_result(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    session = session_at_controlplane("ada")
    session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("door-twice"))
    with pytest.raises(Conflict):
        session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("door-twice"))
    session.write(CONFIGMAPS.attributes("delete", "shop", "door-twice"))
    result_entry = audit_trail.list_writes(phase="outcome")[1]
    assert (result_entry.result, result_entry.status) == ("failed", 409)
    assert "already exists" in result_entry.reason


def test_a_cluster_scoped_kind_has_no_namespace(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    body = {"metadata": {"annotations": {"door": "was here"}}}
    kind = "application/merge-patch+json"
    with pytest.raises(ApiError):
        session_at_controlplane("ada").write(
            NODES.attributes("patch", "shop", "no-such-node"), body=body, content_type=kind
        )
    assert {row.namespace for row in audit_trail.list_writes()} == {""}


@pytest.mark.parametrize(
    ("behaviour", "raised", "result", "status"),
    [
        (faults.hang, TimedOut, "unknown", None),
        (faults.truncate_body, ApiError, "unknown", None),
        (faults.respond_status(504, "Timeout"), ApiError, "unknown", 504),
        (faults.respond_status(500, "InternalError"), ApiError, "failed", 500),
        (faults.respond_status(422, "Invalid"), ApiError, "failed", 422),
        (faults.respond_html(), NotKubernetes, "unknown", 200),
        (faults.send_garbage, ApiError, "unknown", None),
    ],
)
def test_what_nobody_knows_is_recorded_as_unknown(
    session_at_fault_server: OpenFaultySession,
    audit_trail: AuditTrail,
    behaviour: Callable[[Wire], None],
    raised: type[ApiError],
    result: str,
    status: int | None,
) -> None:
    session = session_at_fault_server(behaviour)
    with pytest.raises(raised):
        session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("x"), timeout=1)
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert (result_entry.result, result_entry.status) == (result, status)


@pytest.mark.parametrize(("verb", "name"), [("delete", ""), ("patch", ""), ("deletecollection", "x")])
def test_attributes_that_would_reach_the_wrong_objects_are_not_sent(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail, verb: str, name: str
) -> None:
    requests: list[str] = []
    session = session_at_fault_server(respond_and_count(requests))
    with pytest.raises(BadRequest, match=verb):
        session.write(CONFIGMAPS.attributes(verb, "shop", name), body={})
    assert requests == []
    assert get_request_and_result(audit_trail)[1].result == "failed"


def test_what_was_never_sent_has_failed(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    session = session_at_fault_server(respond_with(200))
    object.__setattr__(session.connection.server, "url", "https://127.0.0.1:1")
    with pytest.raises(ConnectionRefused):
        session.write(CONFIGMAPS.attributes("create", "shop"), body=build_config_map("x"))
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert result_entry.result == "failed"


def test_a_result_that_cannot_be_written_leaves_the_request_and_the_response(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(wire: Wire) -> None:
        monkeypatch.setattr("people.audit.record.writer.put", raise_unavailable)
        wire.respond(201, b"{}")

    answer = session_at_fault_server(breaks).write(
        CONFIGMAPS.attributes("create", "shop"), body=build_config_map("x")
    )
    assert answer.status == 201
    assert [row.phase for row in audit_trail.list_rows(verb="create")] == ["intent"]


def test_a_write_is_never_sent_twice(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    requests: list[str] = []
    lock = threading.Lock()

    def hangs_up(wire: Wire) -> None:
        with lock:
            requests.append(wire.request.target)
        raise Hangup

    with pytest.raises(ApiError):
        session_at_fault_server(hangs_up).write(CONFIGMAPS.attributes("delete", "shop", "x"))
    assert len(requests) == 1
    assert get_request_and_result(audit_trail)[1].result == "unknown"
