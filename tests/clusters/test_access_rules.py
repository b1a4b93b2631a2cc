"""What may a menu show without a review of each entry? What rules allow, and never more than reviews do."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from clusters.access import Ask, Budget, by_rules, review, rules
from clusters.api.client import Client
from tests.clusters.api.calls import of_cast, to
from tests.clusters.api.faults import FaultServer, says
from tests.controlplane.cast import CAST
from tests.controlplane.controlplane import ControlPlane

PODS = Ask("list", resource="pods", version="v1", namespace="shop")


def test_real_rules_colour_a_menu(controlplane: ControlPlane) -> None:
    found = rules(Client(of_cast(controlplane, "dana")), "shop")
    assert not found.incomplete
    assert (found.may("list", "", "pods"), found.may("list", "", "nodes")) == ("allowed", "denied")
    assert found.may("create", "", "pods/exec") == "allowed"


MENU = (
    PODS,
    Ask("list", resource="pods", version="v1"),
    Ask("list", resource="nodes", version="v1"),
    Ask("list", resource="namespaces", version="v1"),
    Ask("list", group="apps", resource="deployments", version="v1", namespace="shop"),
    Ask("list", group="rbac.authorization.k8s.io", resource="clusterroles", version="v1"),
)


def in_state(state: str, client: Client, asks: Sequence[Ask]) -> set[Ask]:
    return {ask for ask, told in by_rules(client, asks).items() if told == state}


@pytest.mark.parametrize("name", [one.name for one in CAST])
def test_what_rules_allow_for_a_menu_reviews_allow_too(controlplane: ControlPlane, name: str) -> None:
    """Among them a kind of the whole cluster for somebody whose binding is in one namespace."""
    connection = of_cast(controlplane, name)
    client = Client(connection)
    allowed = in_state("allowed", client, MENU)
    reviewed = review(connection, client, MENU, Budget())
    assert {ask for ask in MENU if reviewed[ask].state == "allowed"} == allowed


@pytest.mark.parametrize("is_incomplete", [False, True])
def test_rules_cost_one_question_for_each_namespace(is_incomplete: bool) -> None:
    rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": []}
    body = {
        "kind": "SelfSubjectRulesReview",
        "status": {"resourceRules": [rule], "incomplete": is_incomplete},
    }
    with FaultServer(says(201, body)) as server:
        client = Client(to(server, person="ada"))
        everywhere = [Ask("list", resource=kind) for kind in ("pods", "nodes", "services")]
        assert in_state("allowed", client, [PODS, *everywhere]) == {PODS, everywhere[0]}
        assert [json.loads(one.body)["spec"]["namespace"] for one in server.requests] == ["shop", "-"]


@pytest.mark.parametrize("name", [one.name for one in CAST])
def test_what_complete_rules_deny_reviews_deny_too(controlplane: ControlPlane, name: str) -> None:
    connection = of_cast(controlplane, name)
    client = Client(connection)
    reviewed = review(connection, client, MENU, Budget())
    assert in_state("denied", client, MENU) == {ask for ask in MENU if reviewed[ask].state == "denied"}


def test_rules_that_are_incomplete_deny_nothing() -> None:
    body = {"kind": "SelfSubjectRulesReview", "status": {"resourceRules": [], "incomplete": True}}
    with FaultServer(says(201, body)) as server:
        assert in_state("denied", Client(to(server, person="ada")), [PODS]) == set()


def test_a_rules_review_that_fails_allows_nothing_and_is_asked_once() -> None:
    with FaultServer(says(500, {"kind": "Status", "code": 500})) as server:
        asks = [PODS, Ask("list", resource="secrets", namespace="shop")]
        assert in_state("allowed", Client(to(server, person="ada")), asks) == set()
        assert len(server.requests) == 1
