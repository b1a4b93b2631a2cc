"""Access reviews: they agree with what the API server does, and allow nothing more."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clusters.access import reviews
from clusters.access.reviews import Budget, ReviewResult, review, review_async
from clusters.access.rules import read_rules
from clusters.api import errors
from clusters.api.client import Client
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from tests.clusters.api import faults
from tests.clusters.api.calls import BOTH, fetch, make_connection
from tests.clusters.api.faults import FaultServer, Wire, respond_with

PODS = ResourceAttributes("list", resource="pods", version="v1", namespace="shop")


class ReviewServer:
    """A server that answers reviews as `decide` says, and remembers them."""

    def __init__(self) -> None:
        self.decide: Callable[[dict[str, str]], dict[str, Any]] = lambda _attributes: {
            "allowed": True,
            "reason": "so",
        }
        self.server = FaultServer(self._answer)
        self.running = self.max_running = 0
        self._lock = threading.Lock()

    def _answer(self, wire: Wire) -> None:
        with self._lock:
            self.running += 1
            self.max_running = max(self.max_running, self.running)
        attributes = json.loads(wire.request.body)["spec"]["resourceAttributes"]
        status = self.decide(attributes)
        with self._lock:
            self.running -= 1
        wire.respond(201, json.dumps({"kind": "SelfSubjectAccessReview", "status": status}).encode())

    @property
    def requests(self) -> list[dict[str, str]]:
        return [json.loads(one.body)["spec"]["resourceAttributes"] for one in self.server.requests]

    def review(
        self, *checks: ResourceAttributes, person: str = "dana", budget: Budget | None = None
    ) -> list[ReviewResult]:
        connection = make_connection(self.server, person=person)
        found = review(connection, Client(connection), checks, budget or Budget())
        return [found[check] for check in checks]

    def review_states(self, *checks: ResourceAttributes, **more: Any) -> list[str]:
        return [answer.state for answer in self.review(*checks, **more)]


@pytest.fixture
def review_server() -> Iterator[ReviewServer]:
    made = ReviewServer()
    with made.server:
        yield made


def test_it_asks_strictly_and_only_what_is_meant(review_server: ReviewServer) -> None:
    assert review_server.review(PODS) == [ReviewResult("allowed", "so", "kubernetes")]
    assert review_server.requests == [
        {"verb": "list", "version": "v1", "resource": "pods", "namespace": "shop"}
    ]
    assert review_server.server.requests[0].target == f"{reviews.REVIEW_PATH}?fieldValidation=Strict"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"allowed": True}, "allowed"),
        ({"allowed": True, "evaluationError": "half of it"}, "allowed"),
        ({"allowed": False}, "denied"),
        ({"allowed": False, "denied": True}, "denied"),
        ({"allowed": False, "evaluationError": "webhook down"}, "unknown"),
        ({"allowed": False, "denied": True, "evaluationError": "webhook down"}, "unknown"),
        ({"allowed": False, "conditionSetChain": [{}]}, "unknown"),
        ({"allowed": "true"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_it_distinguishes_three_results(
    review_server: ReviewServer, status: dict[str, Any], state: str
) -> None:
    review_server.decide = lambda _attributes: status
    assert review_server.review_states(PODS) == [state]
    kept = len(review_server.requests)
    assert review_server.review_states(PODS) == [state]
    assert len(review_server.requests) == (kept + 1 if state == "unknown" else kept), "unknown is never kept"


@pytest.mark.parametrize(
    "behaviour",
    [
        respond_with(500, b"Internal error: webhook", "text/plain"),
        faults.respond_status(403, "Forbidden"),
        respond_with(429, b"", "text/plain"),
        respond_with(201, b"<html>"),
        respond_with(201, []),
        faults.respond_html(502),
        faults.truncate_body,
    ],
)
def test_a_review_that_fails_is_unknown_and_not_kept(behaviour: faults.Behaviour) -> None:
    with FaultServer(behaviour) as server:
        connection = make_connection(server)
        for _ in range(2):
            answer = review(connection, Client(connection), [PODS], Budget())[PODS]
            assert (answer.state, answer.source) == ("unknown", "kubernetes")
            assert answer.reason
        assert len(server.requests) >= 2


def test_it_does_not_ask_a_dead_cluster_forty_times() -> None:
    with FaultServer(faults.truncate_body) as server:
        connection = make_connection(server)
        checks = [ResourceAttributes("list", resource=f"kind{number}") for number in range(40)]
        found = review(connection, Client(connection), checks, Budget())
        assert {answer.state for answer in found.values()} == {"unknown"}
        assert server.connections <= 22  # the ten that were on their way, each once more


def test_it_asks_without_the_name_first(review_server: ReviewServer) -> None:
    checks = [
        ResourceAttributes("delete", resource="pods", namespace="shop", name=f"web-{number}")
        for number in range(20)
    ]
    assert review_server.review_states(*checks) == ["allowed"] * 20
    assert review_server.requests == [{"verb": "delete", "resource": "pods", "namespace": "shop"}]


def test_it_asks_by_name_where_that_is_denied(review_server: ReviewServer) -> None:
    review_server.decide = lambda attributes: {"allowed": attributes.get("name") == "web"}
    checks = [
        ResourceAttributes("get", resource="secrets", namespace="shop", name=name) for name in ("web", "db")
    ]
    assert review_server.review_states(
        *checks, ResourceAttributes("list", resource="secrets", namespace="shop")
    ) == [
        "allowed",
        "denied",
        "denied",
    ]
    assert len(review_server.requests) == 4


@pytest.mark.parametrize("verb", ["create", "deletecollection"])
def test_it_never_asks_to_create_by_name(review_server: ReviewServer, verb: str) -> None:
    review_server.decide = lambda attributes: {"allowed": "name" in attributes}
    assert review_server.review_states(
        ResourceAttributes(verb, resource="pods", namespace="shop", name="web")
    ) == ["denied"]
    assert all("name" not in attributes for attributes in review_server.requests)


def test_it_asks_for_a_subresource_by_name(review_server: ReviewServer) -> None:
    """POST of pods/web/exec has the name in its path, so there the name counts."""
    review_server.decide = lambda attributes: {"allowed": attributes.get("name") == "web"}
    check = ResourceAttributes("create", resource="pods", subresource="exec", namespace="shop", name="web")
    assert review_server.review_states(check) == ["allowed"]


def test_it_asks_for_one_namespace_with_its_name_twice(review_server: ReviewServer) -> None:
    review_server.decide = lambda attributes: {
        "allowed": attributes.get("namespace") == attributes.get("name") == "shop"
    }
    assert review_server.review_states(ResourceAttributes("get", resource="namespaces", name="shop")) == [
        "allowed"
    ]
    assert review_server.requests[0] == {"verb": "get", "resource": "namespaces"}
    assert review_server.review_states(
        ResourceAttributes("get", resource="namespaces", name="shop", namespace="shop")
    ) == ["allowed"]


def test_beyond_the_budget_it_is_unknown(review_server: ReviewServer) -> None:
    budget = Budget(limit=3)
    found = review_server.review(
        *(ResourceAttributes("list", resource=f"kind{number}") for number in range(5)), budget=budget
    )
    assert [answer.source for answer in found] == ["kubernetes"] * 3 + ["budget"] * 2
    assert [answer.state for answer in found] == ["allowed"] * 3 + ["unknown"] * 2
    assert len(review_server.requests) == 3
    assert review_server.review_states(ResourceAttributes("list", resource="kind0"), budget=budget) == [
        "allowed"
    ], "a kept answer costs nothing"


def test_the_budget_reaches_for_names_last(review_server: ReviewServer) -> None:
    review_server.decide = lambda _attributes: {"allowed": False}
    check = ResourceAttributes("get", resource="secrets", namespace="shop", name="web")
    assert review_server.review(check, budget=Budget(limit=1)) == [
        ReviewResult("unknown", reviews.BEYOND_BUDGET, "budget")
    ]


def test_ten_go_side_by_side_and_no_more(review_server: ReviewServer) -> None:
    together = threading.Barrier(10)

    def decide(_attributes: dict[str, str]) -> dict[str, Any]:
        together.wait(10)
        return {"allowed": True}

    review_server.decide = decide
    checks = [ResourceAttributes("list", resource=f"kind{number}") for number in range(30)]
    assert review_server.review_states(*checks) == ["allowed"] * 30
    assert review_server.max_running == 10


def test_it_keeps_answers_for_half_a_minute_for_that_person_only(
    review_server: ReviewServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert review_server.review_states(PODS) == ["allowed"]
    review_server.decide = lambda _attributes: {"allowed": False}
    assert review_server.review_states(PODS) == ["allowed"]
    assert review_server.review_states(PODS, person="stan") == ["denied"]
    monkeypatch.setattr(reviews._cache, "_seconds", 0.0)
    assert review_server.review_states(PODS) == ["denied"]


def test_it_forgets_a_credential_even_in_the_middle_of_a_review(review_server: ReviewServer) -> None:
    fingerprint = make_connection(review_server.server).fingerprint
    assert review_server.review_states(PODS) == ["allowed"]
    reviews.forget(fingerprint)
    assert review_server.review_states(PODS) == ["allowed"]
    assert len(review_server.requests) == 2
    reviews.forget(fingerprint)

    def decide(_attributes: dict[str, str]) -> dict[str, Any]:
        reviews.forget(fingerprint)  # the binding went while the answer was on its way
        return {"allowed": True}

    review_server.decide = decide
    review_server.review_states(PODS)
    review_server.decide = lambda _attributes: {"allowed": False}
    assert review_server.review_states(PODS) == ["denied"]


def test_a_401_forgets_what_was_known() -> None:
    refused: list[bool] = []

    def behaviour(wire: Wire) -> None:
        (
            faults.respond_status(401, "Unauthorized")
            if refused
            else respond_with(201, {"status": {"allowed": True}})
        )(wire)

    with FaultServer(behaviour) as server:
        connection = make_connection(server)
        client = Client(connection)
        other = ResourceAttributes("get", resource="pods")
        assert review(connection, client, [PODS], Budget())[PODS].state == "allowed"
        refused.append(True)
        assert review(connection, client, [other], Budget())[other].state == "unknown"
        assert review(connection, client, [PODS], Budget())[PODS].state == "unknown"


@pytest.mark.parametrize("how", BOTH)
def test_a_403_on_any_call_drops_what_was_known(how: str) -> None:
    def behaviour(wire: Wire) -> None:
        is_review = wire.request.target.startswith(reviews.REVIEW_PATH)
        (
            respond_with(201, {"status": {"allowed": True}})
            if is_review
            else faults.respond_status(403, "Forbidden")
        )(wire)

    with FaultServer(behaviour) as server:
        connection = make_connection(server)
        for _ in range(2):
            review(connection, Client(connection), [PODS], Budget())
        assert [one.method for one in server.requests] == ["POST"]
        with pytest.raises(errors.Forbidden):
            fetch(how, connection)
        review(connection, Client(connection), [PODS], Budget())
        assert [one.method for one in server.requests] == ["POST", "GET", "POST"]


def test_feeds_ask_uncached_and_hear_of_failures(review_server: ReviewServer) -> None:
    async def run() -> list[str]:
        streams, connection = Streams(), make_connection(review_server.server)
        try:
            first = await review_async(streams, connection, PODS)
            review_server.decide = lambda attributes: {"allowed": attributes.get("name") == "web"}
            second = await review_async(streams, connection, PODS)
            named = ResourceAttributes("watch", resource="pods", namespace="shop", name="web")
            return [first.state, second.state, (await review_async(streams, connection, named)).state]
        finally:
            await streams.close()

    assert asyncio.run(run()) == ["allowed", "denied", "allowed"]


def test_feeds_hear_of_a_401() -> None:
    async def run(server: FaultServer) -> None:
        streams = Streams()
        try:
            await review_async(streams, make_connection(server), PODS)
        finally:
            await streams.close()

    with (
        FaultServer(faults.respond_status(401, "Unauthorized")) as server,
        pytest.raises(errors.Unauthorized),
    ):
        asyncio.run(run(server))


RULES = {
    "status": {
        "incomplete": False,
        "resourceRules": [
            {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]},
            {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*"]},
            {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["web"]},
            {"verbs": ["update"], "apiGroups": ["*"], "resources": ["*/scale"]},
        ],
    }
}


@pytest.mark.parametrize(
    ("verb", "group", "resource", "state"),
    [
        ("list", "", "pods", "allowed"),
        ("get", "", "pods/log", "allowed"),
        ("get", "", "pods/exec", "denied"),
        ("delete", "", "pods", "denied"),
        ("list", "apps", "deployments", "allowed"),
        ("list", "batch", "jobs", "denied"),
        ("get", "", "secrets", "unknown"),
        ("update", "example.com", "widgets/scale", "allowed"),
        ("update", "example.com", "widgets", "denied"),
    ],
)
def test_rules_color_a_menu(verb: str, group: str, resource: str, state: str) -> None:
    assert read_rules(RULES).evaluate(verb, group, resource) == state
    incomplete = {"status": RULES["status"] | {"incomplete": True}}
    assert read_rules(incomplete).evaluate(verb, group, resource) == (
        "unknown" if state == "denied" else state
    )
    assert read_rules({}).evaluate(verb, group, resource) == "unknown"
