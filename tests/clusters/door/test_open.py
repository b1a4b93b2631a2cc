"""Is what lasts (a log, a shell, a forwarded port) on record from its opening to its end, however it ends?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clusters.api.errors import Forbidden, StreamBroken
from clusters.connect import Desk
from people.audit.record import TrailUnavailable
from tests.clusters.api.faults import says
from tests.clusters.door.conftest import At
from tests.clusters.door.kinds import PODS
from tests.clusters.door.test_write import Before, both, cannot_write
from tests.trail import Trail

WHERE = {"namespace": "shop", "name": "web-0"}


def shell(desk: Desk) -> Any:
    return desk.open("create", PODS, subresource="exec", detail={"container": "web", "tty": True}, **WHERE)


def test_a_log_that_was_read(at: At, trail: Trail) -> None:
    """A real one: the reader's client may now send what was announced."""
    desk = at("dana")
    pods = desk.client.get("/api/v1/namespaces/shop/pods")["items"]
    running = next(pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running")
    with desk.open("get", PODS, namespace="shop", name=running, subresource="log") as log:
        try:
            answer = log.client.request("GET", PODS.path("shop", running, "log"))
            log.answered(answer.status, answer.headers.get("audit-id", ""))
        except Forbidden:
            pytest.fail("dana may read logs")
        except Exception:  # noqa: BLE001 - without kubelets the API server has no log to give
            log.answered(502)
    intent, outcome = both(trail)
    assert (intent.verb, intent.subresource, intent.name) == ("get", "log", running)
    assert outcome.result == "ok"


def test_a_shell_that_was_open_has_taken_place_however_it_ends(before: Before, trail: Trail) -> None:
    desk = before(says(200))

    def work() -> None:
        with shell(desk) as opened:
            opened.answered(101, "their-id")
            raise StreamBroken("cut")

    with pytest.raises(StreamBroken):
        work()
    _intent, outcome = both(trail)
    assert (outcome.result, outcome.status, outcome.audit_id) == ("ok", 101, "their-id")
    assert "cut" in outcome.reason
    assert outcome.detail == {"container": "web", "tty": True}


def test_a_shell_that_was_refused(before: Before, trail: Trail) -> None:
    with pytest.raises(Forbidden), shell(before(says(200))):
        raise Forbidden("no", status=403)
    assert both(trail)[1].result == "denied"


def test_a_mistake_of_ours_leaves_it_unknown(before: Before, trail: Trail) -> None:
    with pytest.raises(ZeroDivisionError), shell(before(says(200))):
        _ = 1 / 0
    _intent, outcome = both(trail)
    assert (outcome.result, outcome.reason) == ("unknown", "ZeroDivisionError")


def test_without_an_intent_nothing_is_opened(
    before: Before, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = before(says(200))
    monkeypatch.setattr("people.audit.record.writer.put", cannot_write)
    inside = False
    with pytest.raises(TrailUnavailable), shell(desk):
        inside = True
    assert not inside


def test_it_is_closed_in_a_loop_where_the_person_leaves(before: Before, trail: Trail) -> None:
    desk = before(says(200))

    async def session(opened: asyncio.Event) -> None:
        async with shell(desk) as shown:
            shown.answered(101)
            opened.set()
            await asyncio.sleep(60)

    async def leave() -> None:
        opened = asyncio.Event()
        task = asyncio.create_task(session(opened))
        await opened.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    _intent, outcome = both(trail)
    assert (outcome.result, outcome.status, outcome.reason) == ("ok", 101, "CancelledError")
