"""Is every write announced before it is sent and its outcome known after, as the API server itself tells it?"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import pytest
from django.conf import settings

from clusters.api.errors import ApiError, Conflict, ConnectionRefused, Forbidden, NotKubernetes, TimedOut
from clusters.connect import DeniedByRole, Desk
from people.audit.models import Entry
from people.audit.record import TrailUnavailable
from tests.clusters.api import faults
from tests.clusters.api.faults import Hangup, Wire, says
from tests.clusters.door.conftest import At, seen_by
from tests.clusters.door.kinds import CONFIGMAPS, NODES, config_map
from tests.controlplane.controlplane import ControlPlane
from tests.served import wait_for
from tests.trail import Trail

Before = Callable[..., Desk]


def both(trail: Trail) -> tuple[Entry, Entry]:
    """The intent and the outcome of the one write there was."""
    intent, outcome = trail.rows(phase__in=("intent", "outcome"))
    assert (intent.phase, outcome.phase, outcome.intent) == ("intent", "outcome", intent.sequence)
    return intent, outcome


def test_a_write_is_two_rows_and_the_api_server_knows_it_by_the_same_id(
    at: At, controlplane: ControlPlane, trail: Trail
) -> None:
    desk = at("dana")
    made = desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("door-one", colour="teal"))
    intent, outcome = both(trail)
    assert (made.status, outcome.status, outcome.result, intent.result) == (201, 201, "ok", "")
    for row in (intent, outcome):
        assert (row.verb, row.resource, row.namespace, row.name) == (
            "create",
            "configmaps",
            "shop",
            "door-one",
        )
        assert (row.person, row.standing, row.role) == ("dana", "member", "operator")
        assert (row.cluster, row.identity, row.credential) == ("harbour", "dana", "own certificate")
        assert row.person_id == desk.user.pk
    assert outcome.duration is not None
    theirs = wait_for(lambda: [one for one in seen_by(controlplane, "door-one") if one["verb"] == "create"])
    assert [one["auditID"] for one in theirs] == [outcome.audit_id]
    deleted = desk.write("delete", CONFIGMAPS, namespace="shop", name="door-one")
    assert deleted.status == 200
    assert trail.last().verb == "delete"


def test_every_verb_goes_where_kubernetes_wants_it(at: At, controlplane: ControlPlane, trail: Trail) -> None:
    desk = at("dana")
    place = {"namespace": "shop", "name": "door-verbs"}
    made = desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("door-verbs")).json()
    desk.write("update", CONFIGMAPS, body={**made, "data": {"a": "1"}}, **place)
    merge = {"data": {"colour": "sea-green-canary"}, "metadata": {"labels": {"x": "y"}}}
    desk.write("patch", CONFIGMAPS, body=merge, content_type="application/merge-patch+json", **place)
    operations = [{"op": "add", "path": "/data/b", "value": "other-canary"}]
    desk.write("patch", CONFIGMAPS, body=operations, content_type="application/json-patch+json", **place)
    desk.write("delete", CONFIGMAPS, query=(("propagationPolicy", "Foreground"),), **place)
    only = (("labelSelector", "door=nothing"),)
    desk.write("deletecollection", CONFIGMAPS, namespace="shop", query=only)
    rows = list(trail.rows(phase="outcome"))
    verbs = ["create", "update", "patch", "patch", "delete", "deletecollection"]
    assert [row.verb for row in rows] == verbs
    assert all((row.result, row.status) in (("ok", 200), ("ok", 201)) for row in rows)
    assert rows[2].detail == {"patch": "merge-patch+json", "fields": ["data.colour", "metadata.labels.x"]}
    assert rows[3].detail == {"patch": "json-patch+json", "fields": ["/data/b"]}
    assert rows[4].detail == {"propagationPolicy": "Foreground"}
    assert "canary" not in "".join(str(row.__dict__) for row in trail.rows())
    ids = {row.audit_id for row in rows}

    def told() -> bool:
        text = controlplane.audit_log.read_text()
        return all(one in text for one in ids)

    assert len(ids) == 6
    wait_for(told)


def test_the_intent_is_there_before_anything_is_sent(before: Before, trail: Trail) -> None:
    """The API server itself looks into the trail's file while it is asked."""
    found: list[tuple[str, str]] = []

    def looks(wire: Wire) -> None:
        file = sqlite3.connect(settings.DATABASES["audit"]["NAME"])
        found.extend(file.execute("SELECT phase, name FROM audit_entry WHERE sequence > ?", [trail.before]))
        file.close()
        wire.answer(201, b"{}")

    before(looks).write("create", CONFIGMAPS, namespace="shop", body=config_map("first"))
    assert ("intent", "first") in found
    assert "outcome" not in [phase for phase, _name in found]
    assert trail.last().phase == "outcome"


def cannot_write(*_anything: object) -> None:
    raise TrailUnavailable("disk full")


def test_without_an_intent_nothing_is_sent(
    before: Before, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counts(wire: Wire) -> None:
        asked.append(wire.request.method)
        wire.answer(200, b"{}")

    desk = before(counts)
    monkeypatch.setattr("people.audit.record.writer.put", cannot_write)
    with pytest.raises(TrailUnavailable):
        desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("never"))
    with pytest.raises(TrailUnavailable):
        desk.reveal("shop", "web", "password")
    assert asked == []
    assert desk.client.get("/version") == {}, "browsing still works"


@pytest.mark.parametrize("name", ["rene", "rita", "aude"])
def test_readers_and_auditors_are_refused_before_any_request(
    at: At, controlplane: ControlPlane, trail: Trail, name: str
) -> None:
    desk, thing = at(name), f"door-refused-{name}"
    for verb in ("create", "update", "patch", "delete", "deletecollection"):
        with pytest.raises(DeniedByRole, match=r"reader|Auditors"):
            desk.write(verb, CONFIGMAPS, namespace="shop", name=thing, body=config_map(thing))
    with pytest.raises(DeniedByRole):
        desk.open("create", CONFIGMAPS, namespace="shop", name=thing, subresource="exec")
    with pytest.raises(DeniedByRole):
        desk.reveal("shop", thing, "password")
    rows = list(trail.rows(person=name, result="denied"))
    assert len(rows) == 7
    assert {(row.phase, row.status, row.name) for row in rows} == {("event", None, thing)}
    assert all(row.reason for row in rows)
    assert seen_by(controlplane, thing) == []


def test_a_refusal_of_kubernetes_is_the_outcome_and_no_further_row(at: At, trail: Trail) -> None:
    desk = at("dana")
    with pytest.raises(Forbidden):
        desk.write("create", CONFIGMAPS, namespace="pay", body=config_map("door-pay"))
    _intent, outcome = both(trail)
    assert (outcome.result, outcome.status) == ("denied", 403)
    assert "dana" in outcome.reason
    assert outcome.audit_id
    assert trail.rows(phase="event", result="denied").count() == 0


def test_what_the_api_server_says_against_it_stands_in_the_outcome(at: At, trail: Trail) -> None:
    desk = at("ada")
    desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("door-twice"))
    with pytest.raises(Conflict):
        desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("door-twice"))
    desk.write("delete", CONFIGMAPS, namespace="shop", name="door-twice")
    outcome = trail.rows(phase="outcome")[1]
    assert (outcome.result, outcome.status) == ("failed", 409)
    assert "already exists" in outcome.reason


def test_a_cluster_scoped_kind_has_no_namespace(at: At, trail: Trail) -> None:
    body = {"metadata": {"annotations": {"door": "was here"}}}
    kind = "application/merge-patch+json"
    with pytest.raises(ApiError):
        at("ada").write("patch", NODES, namespace="shop", name="no-such-node", body=body, content_type=kind)
    assert {row.namespace for row in trail.rows(phase__in=("intent", "outcome"))} == {""}


@pytest.mark.parametrize(
    ("behaviour", "raised", "result", "status"),
    [
        (faults.hangs, TimedOut, "unknown", None),
        (faults.truncates, ApiError, "unknown", None),
        (faults.status(504, "Timeout"), ApiError, "unknown", 504),
        (faults.status(500, "InternalError"), ApiError, "failed", 500),
        (faults.status(422, "Invalid"), ApiError, "failed", 422),
        (faults.html(), NotKubernetes, "unknown", 200),
        (faults.babbles, ApiError, "unknown", None),
    ],
)
def test_what_nobody_knows_is_recorded_as_unknown(
    before: Before,
    trail: Trail,
    behaviour: Callable[[Wire], None],
    raised: type[ApiError],
    result: str,
    status: int | None,
) -> None:
    desk = before(behaviour)
    with pytest.raises(raised):
        desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("x"), timeout=1)
    _intent, outcome = both(trail)
    assert (outcome.result, outcome.status) == (result, status)


def test_what_was_never_sent_has_failed(before: Before, trail: Trail) -> None:
    desk = before(says(200))
    object.__setattr__(desk.connection.server, "url", "https://127.0.0.1:1")
    with pytest.raises(ConnectionRefused):
        desk.write("create", CONFIGMAPS, namespace="shop", body=config_map("x"))
    _intent, outcome = both(trail)
    assert outcome.result == "failed"


def test_an_outcome_that_cannot_be_written_leaves_the_intent_and_the_answer(
    before: Before, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(wire: Wire) -> None:
        monkeypatch.setattr("people.audit.record.writer.put", cannot_write)
        wire.answer(201, b"{}")

    answer = before(breaks).write("create", CONFIGMAPS, namespace="shop", body=config_map("x"))
    assert answer.status == 201
    assert [row.phase for row in trail.rows(verb="create")] == ["intent"]


def test_a_write_is_never_sent_twice(before: Before, trail: Trail) -> None:
    asked: list[str] = []
    lock = threading.Lock()

    def hangs_up(wire: Wire) -> None:
        with lock:
            asked.append(wire.request.target)
        raise Hangup

    with pytest.raises(ApiError):
        before(hangs_up).write("delete", CONFIGMAPS, namespace="shop", name="x")
    assert len(asked) == 1
    assert both(trail)[1].result == "unknown"
