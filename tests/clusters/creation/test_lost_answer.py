"""Lost answers: an object whose creation nobody confirmed is created once, and nothing is sent after it."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from clusters.changes.reading_yaml import read_documents
from clusters.creation.checking import check_objects
from clusters.creation.new_objects import NewObject, read_objects
from clusters.creation.sending import create_objects
from clusters.creation.timings import CreationTimings
from clusters.gateway.connect import ClusterSession, connect
from people.models import User
from tests import database_fixtures
from tests.clusters.api.faults import Behaviour, Hangup, Request, Wire
from tests.clusters.gateway.conftest import hub, make_hub, users
from tests.controlplane.controlplane import ControlPlane
from tests.faults.gate import Gate

__all__ = ["hub", "make_hub", "users"]
TEXT = "---\n".join(
    f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: lost-{name}, labels: {{lost: here}}}}\n"
    for name in "abc"
)


def swallow_answer(plane: ControlPlane) -> Behaviour:
    """The API server does what it was sent, and the connection breaks before its answer."""

    def behave(wire: Wire) -> None:
        there = urlsplit(plane.server)
        trust = ssl.create_default_context(cadata=plane.ca)
        onward = http.client.HTTPSConnection(there.hostname or "", there.port, context=trust, timeout=30)
        kept = {key: value for key, value in wire.request.headers.items() if key.lower() in (
            "authorization", "content-type", "content-length")}  # fmt: skip
        onward.request(wire.request.method, wire.request.target, wire.request.body or None, kept)
        assert onward.getresponse().status == 201
        onward.close()
        raise Hangup

    return behave


def _creates(request: Request, name: str) -> bool:
    return request.method == "POST" and name.encode() in request.body and "dryRun" not in request.target


@pytest.fixture
def gate(controlplane: ControlPlane) -> Iterator[Gate]:
    with Gate(controlplane) as opened:
        yield opened
    controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "lost=here")


@pytest.fixture
def session(controlplane: ControlPlane, gate: Gate, users: None) -> ClusterSession:
    database_fixtures.create_cluster("gate", gate.url, gate.ca)
    database_fixtures.store_credential(
        "dana", "gate", database_fixtures.Keys(token=controlplane.token("dana"))
    )
    return connect(User.objects.get(username="dana"), "gate")


def read(session: ClusterSession) -> list[NewObject]:
    objects, violations = read_objects(read_documents(TEXT), session.catalog(), namespace="shop", token="t")
    assert not violations
    return objects


def test_after_a_lost_answer_nothing_is_sent_and_nothing_is_created_twice(
    controlplane: ControlPlane, gate: Gate, session: ClusterSession
) -> None:
    objects, timings = read(session), CreationTimings()
    assert [one.state for one in check_objects(session, objects, timings)] == ["accepted"] * 3
    with gate.inject(lambda request: _creates(request, "lost-b"), swallow_answer(controlplane)) as fault:
        first = create_objects(session, objects, timings)
    assert fault.hits == 1
    assert [one.state for one in first] == ["created", "unknown", "unsent"]
    uid = ("get", "configmap", "lost-b", "-n", "shop", "-o", "jsonpath={.metadata.uid}")
    before = controlplane.kubectl(*uid)
    second = create_objects(session, objects[1:], timings)
    assert [(one.state, one.is_there) for one in second] == [("existing", True), ("created", True)]
    assert controlplane.kubectl(*uid) == before


def test_a_time_that_is_over_sends_no_more(gate: Gate, session: ClusterSession) -> None:
    objects = read(session)
    clock = iter([0.0, 1.0, 100.0, 100.0])
    results = create_objects(session, objects, CreationTimings(create=50), timer=lambda: next(clock))
    assert [one.state for one in results] == ["created", "unsent", "unsent"]
    clock = iter([0.0, 1.0, 100.0, 100.0])
    checked = check_objects(session, objects[1:], CreationTimings(review=50), timer=lambda: next(clock))
    assert [one.state for one in checked] == ["accepted", "unsent"]
