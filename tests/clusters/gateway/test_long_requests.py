"""Long requests (log, exec, port-forward): audit entries for their start and their end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clusters.api.errors import Forbidden, StreamBroken
from clusters.api.paths import resource_path
from clusters.gateway.connect import ClusterSession
from people.audit.record import AuditTrailUnavailable
from tests.audit_trail import AuditTrail
from tests.clusters.api.faults import respond_with
from tests.clusters.gateway.conftest import OpenSession
from tests.clusters.gateway.kinds import PODS
from tests.clusters.gateway.test_writes import OpenFaultySession, get_request_and_result, raise_unavailable


def open_shell(session: ClusterSession) -> Any:
    return session.open(PODS.attributes("create", "shop", "web-0", "exec"), {"container": "web", "tty": True})


def test_a_log_that_was_read(session_at_controlplane: OpenSession, audit_trail: AuditTrail) -> None:
    """A real one: the viewer's client can now send what was announced."""
    session = session_at_controlplane("dana")
    pods = session.client.get("/api/v1/namespaces/shop/pods")["items"]
    running = next(pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running")
    attributes = PODS.attributes("get", "shop", running, "log")
    with session.open(attributes) as log:
        try:
            answer = log.client.request(attributes.method, resource_path(attributes))
            log.record_response(answer.status, answer.headers.get("audit-id", ""))
        except Forbidden:
            pytest.fail("dana may read logs")
        except Exception:  # noqa: BLE001 - without kubelets the API server has no log to give
            log.record_response(502)
    request_entry, result_entry = get_request_and_result(audit_trail)
    assert (request_entry.verb, request_entry.subresource, request_entry.name) == ("get", "log", running)
    assert result_entry.result == "ok"


def test_an_opened_shell_counts_as_done_however_it_ends(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    session = session_at_fault_server(respond_with(200))

    def work() -> None:
        with open_shell(session) as opened:
            opened.record_response(101, "their-id")
            raise StreamBroken("cut")

    with pytest.raises(StreamBroken):
        work()
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert (result_entry.result, result_entry.status, result_entry.audit_id) == ("ok", 101, "their-id")
    assert "cut" in result_entry.reason
    assert result_entry.detail == {"container": "web", "tty": True}


def test_a_shell_that_was_refused(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    with pytest.raises(Forbidden), open_shell(session_at_fault_server(respond_with(200))):
        raise Forbidden("no", status=403)
    assert get_request_and_result(audit_trail)[1].result == "denied"


def test_a_mistake_of_ours_leaves_it_unknown(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    with pytest.raises(ZeroDivisionError), open_shell(session_at_fault_server(respond_with(200))):
        _ = 1 / 0
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert (result_entry.result, result_entry.reason) == ("unknown", "ZeroDivisionError")


def test_without_a_request_entry_nothing_is_opened(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_at_fault_server(respond_with(200))
    monkeypatch.setattr("people.audit.record.writer.put", raise_unavailable)
    inside = False
    with pytest.raises(AuditTrailUnavailable), open_shell(session):
        inside = True
    assert not inside


def test_it_is_closed_in_a_loop_where_the_person_leaves(
    session_at_fault_server: OpenFaultySession, audit_trail: AuditTrail
) -> None:
    session = session_at_fault_server(respond_with(200))

    async def use_shell(opened: asyncio.Event) -> None:
        async with open_shell(session) as shown:
            shown.record_response(101)
            opened.set()
            await asyncio.sleep(60)

    async def leave() -> None:
        opened = asyncio.Event()
        task = asyncio.create_task(use_shell(opened))
        await opened.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    _request_entry, result_entry = get_request_and_result(audit_trail)
    assert (result_entry.result, result_entry.status, result_entry.reason) == ("ok", 101, "CancelledError")
