"""Budgets: which select a pod, whether they block it, whose they are; and how fast blocked pods are tried."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clusters.drains.budgets import Budget, describe_owner, may_block, read_budget_name, select_budgets
from clusters.drains.pacing import Bucket, Pacing
from clusters.drains.pods import Pod
from clusters.models import OperationItem


def make_budget(selector: Any, **metadata: Any) -> Budget:
    whole = {"metadata": {"name": "guard", "namespace": "shop", **metadata}, "spec": {"selector": selector}}
    return msgspec.convert(whole, Budget)


def make_pod(labels: dict[str, str], *, ready: bool = True, phase: str = "Running") -> Pod:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    whole = {"metadata": {"labels": labels}, "status": {"phase": phase, "conditions": conditions}}
    return msgspec.convert(whole, Pod)


@pytest.mark.parametrize(
    ("selector", "labels", "is_selected"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "web", "x": "y"}, True),
        ({"matchLabels": {"app": "web"}}, {"app": "api"}, False),
        ({}, {}, True),
        (None, {}, False),
        (
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]},
            {"app": "api"},
            True,
        ),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, {}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, {}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {"app": ""}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, {"app": ""}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Like", "values": ["w"]}]}, {"app": "w"}, False),
    ],
)
def test_selectors_follow_the_rules_of_kubernetes(
    selector: Any, labels: dict[str, str], is_selected: bool
) -> None:
    assert bool(select_budgets([make_budget(selector)], make_pod(labels))) is is_selected


def test_pods_that_are_not_ready_are_blocked_unless_the_policy_allows_it() -> None:
    budget = make_budget({})
    assert may_block(budget, make_pod({}))
    assert may_block(budget, make_pod({}, ready=False))
    assert not may_block(budget, make_pod({}, phase="Failed"))
    budget.spec.unhealthyPodEvictionPolicy = "AlwaysAllow"
    assert not may_block(budget, make_pod({}, ready=False))
    budget.status.disruptionsAllowed = 1
    assert not may_block(budget, make_pod({}))


def test_an_owner_is_what_the_budget_says_of_itself() -> None:
    owner = {"kind": "Operator", "name": "db", "controller": True}
    fields = [{"manager": "kubectl-create"}, {"manager": "controller", "subresource": "status"}]
    assert describe_owner(make_budget({}, ownerReferences=[owner])) == "Operator db"
    assert (
        describe_owner(make_budget({}, annotations={"meta.helm.sh/release-name": "web"}))
        == "Helm release web"
    )
    assert describe_owner(make_budget({}, labels={"app.kubernetes.io/managed-by": "Argo"})) == "Argo"
    assert describe_owner(make_budget({}, managedFields=fields)) == "kubectl-create"
    assert describe_owner(make_budget({})) == ""


def test_the_budget_is_read_from_the_api_servers_words() -> None:
    assert read_budget_name("The disruption budget web needs 5 healthy pods and has 5 currently") == "web"
    assert read_budget_name("too many requests") == ""


def test_of_blocked_pods_one_of_eight_is_tried_or_as_many_as_are_allowed() -> None:
    blocked = [
        OperationItem(
            namespace="shop", name=f"p{n}", uid=str(n), state="blocked", detail={"blocked_by": "guard"}
        )
        for n in range(20)
    ]
    other = OperationItem(namespace="shop", name="free", uid="free", state="waiting", detail={})
    due = {one.uid: float(number) for number, one in enumerate([*reversed(blocked), other])}
    budgets = {"shop/guard": {"allowed": 0}}
    pacing = Pacing(budgets, 1000.0)
    assert [one.name for one in pacing.choose(due, [*blocked, other], set())] == ["free", "p19", "p18", "p17"]
    assert pacing.choose(due, blocked, set()) == []
    budgets["shop/guard"]["allowed"] = 5
    assert len(pacing.choose(due, blocked, {"shop/guard"})) == 5
    del budgets["shop/guard"]
    assert len(pacing.choose(due, blocked, set())) == 20


def test_a_drain_sends_no_more_than_its_bucket_holds() -> None:
    now = [0.0]
    bucket = Bucket(5.0, 8, lambda: now[0])
    assert [bucket.spend(6), bucket.spend(6), bucket.spend(6)] == [6, 2, 0]
    now[0] = 1.0
    assert bucket.spend(100) == 5
    now[0] = 100.0
    assert bucket.spend(100) == 8
