"""Rules review for menus: one SelfSubjectRulesReview in place of a review for each entry."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from clusters.access.reviews import Budget, review, review_by_rules, rules
from clusters.api.client import Client
from clusters.api.resource_attributes import ResourceAttributes
from tests.clusters.api.calls import connect_as, make_connection
from tests.clusters.api.faults import FaultServer, respond_with
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS

PODS = ResourceAttributes("list", resource="pods", version="v1", namespace="shop")


def test_real_rules_color_a_menu(controlplane: ControlPlane) -> None:
    found = rules(Client(connect_as(controlplane, "dana")), "shop")
    assert not found.incomplete
    assert (found.evaluate("list", "", "pods"), found.evaluate("list", "", "nodes")) == ("allowed", "denied")
    assert found.evaluate("create", "", "pods/exec") == "allowed"


MENU = (
    PODS,
    ResourceAttributes("list", resource="pods", version="v1"),
    ResourceAttributes("list", resource="nodes", version="v1"),
    ResourceAttributes("list", resource="namespaces", version="v1"),
    ResourceAttributes("list", group="apps", resource="deployments", version="v1", namespace="shop"),
    ResourceAttributes("list", group="rbac.authorization.k8s.io", resource="clusterroles", version="v1"),
)


def select_by_state(
    state: str, client: Client, checks: Sequence[ResourceAttributes]
) -> set[ResourceAttributes]:
    return {check for check, found in review_by_rules(client, checks).items() if found == state}


@pytest.mark.parametrize("name", [one.name for one in USERS])
def test_what_rules_allow_for_a_menu_reviews_allow_too(controlplane: ControlPlane, name: str) -> None:
    """Among them a kind of the whole cluster for somebody whose binding is in one namespace."""
    connection = connect_as(controlplane, name)
    client = Client(connection)
    allowed = select_by_state("allowed", client, MENU)
    reviewed = review(connection, client, MENU, Budget())
    assert {check for check in MENU if reviewed[check].state == "allowed"} == allowed


@pytest.mark.parametrize("is_incomplete", [False, True])
def test_rules_cost_one_question_for_each_namespace(is_incomplete: bool) -> None:
    rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": []}
    body = {
        "kind": "SelfSubjectRulesReview",
        "status": {"resourceRules": [rule], "incomplete": is_incomplete},
    }
    with FaultServer(respond_with(201, body)) as server:
        client = Client(make_connection(server, person="ada"))
        everywhere = [ResourceAttributes("list", resource=kind) for kind in ("pods", "nodes", "services")]
        assert select_by_state("allowed", client, [PODS, *everywhere]) == {PODS, everywhere[0]}
        assert [json.loads(one.body)["spec"]["namespace"] for one in server.requests] == ["shop", "-"]


@pytest.mark.parametrize("name", [one.name for one in USERS])
def test_what_complete_rules_deny_reviews_deny_too(controlplane: ControlPlane, name: str) -> None:
    connection = connect_as(controlplane, name)
    client = Client(connection)
    reviewed = review(connection, client, MENU, Budget())
    assert select_by_state("denied", client, MENU) == {
        check for check in MENU if reviewed[check].state == "denied"
    }


def test_rules_that_are_incomplete_deny_nothing() -> None:
    body = {"kind": "SelfSubjectRulesReview", "status": {"resourceRules": [], "incomplete": True}}
    with FaultServer(respond_with(201, body)) as server:
        assert select_by_state("denied", Client(make_connection(server, person="ada")), [PODS]) == set()


def test_a_rules_review_that_fails_allows_nothing_and_is_sent_once() -> None:
    with FaultServer(respond_with(500, {"kind": "Status", "code": 500})) as server:
        checks = [PODS, ResourceAttributes("list", resource="secrets", namespace="shop")]
        assert select_by_state("allowed", Client(make_connection(server, person="ada")), checks) == set()
        assert len(server.requests) == 1
