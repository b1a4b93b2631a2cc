"""Permissions of a world's people: what each can do, and no more."""

from __future__ import annotations

import pytest

from simulator.requests.authentication import User
from simulator.requests.rbac import Attributes
from simulator.worlds.world import World, build

RBAC = "rbac.authorization.k8s.io"
SECRETS = [("get", "", "secrets", ns) for ns in ("shop", "payments", "kube-system")]
# (verb, group, resource/subresource, namespace)
ALLOWED = {
    "alice": [("delete", "", "nodes", ""), ("create", RBAC, "clusterroles", ""), *SECRETS],
    "dana": [
        ("patch", "apps", "deployments", "shop"),
        ("patch", "apps", "deployments/scale", "shop"),
        ("create", "", "pods/exec", "shop"),
        ("get", "", "secrets", "shop"),
        ("list", "cert-manager.io", "certificates", "shop"),
        ("create", "batch", "jobs", "shop"),
    ],
    "pavel": [("patch", "apps", "deployments", "payments"), ("get", "", "pods/log", "payments")],
    "olga": [
        ("list", "", "pods", ""),
        ("watch", "", "nodes", ""),
        ("list", "", "namespaces", ""),
        ("patch", "apps", "deployments", "payments"),
        ("create", "", "pods/exec", "shop"),
        ("create", "", "pods/eviction", "shop"),
        ("patch", "", "nodes", ""),
        ("list", "postgresql.cnpg.io", "clusters", ""),
    ],
    "ada": [
        ("list", "", "pods", ""),
        ("get", "", "pods/log", "shop"),
        ("list", RBAC, "clusterrolebindings", ""),
        ("list", RBAC, "roles", "payments"),
        ("list", "", "configmaps", ""),
    ],
    "noah": [],
}
DENIED = {
    "alice": [],
    "dana": [
        ("list", "", "pods", "payments"),
        ("list", "", "pods", ""),
        ("list", "", "nodes", ""),
        ("list", "", "namespaces", ""),
        ("get", "", "secrets", "payments"),
        ("create", RBAC, "rolebindings", "shop"),
    ],
    "pavel": [("list", "", "pods", "shop"), ("get", "", "secrets", "shop")],
    "olga": [*SECRETS, ("create", RBAC, "rolebindings", "shop"), ("delete", "apps", "deployments", "shop")],
    "ada": [
        *SECRETS,
        ("delete", "", "pods", "shop"),
        ("patch", "apps", "deployments", "shop"),
        ("create", "", "pods/exec", "shop"),
    ],
    "noah": [
        ("list", "", "pods", "shop"),
        ("list", "", "namespaces", ""),
        ("get", "apps", "deployments", "shop"),
    ],
}


@pytest.fixture(scope="module", params=["production-eu", "staging"])
def world(request: pytest.FixtureRequest) -> World:
    return build(request.param, seed=7, speed=0)


def is_allowed(world: World, name: str, verb: str, group: str, resource: str, namespace: str) -> bool:
    person = world.people[name]
    plural, _, part = resource.partition("/")
    attributes = Attributes(verb, group, plural, part, namespace)
    return world.cluster.rbac.decide(
        User(name, (*person.groups, "system:authenticated")), attributes
    ).is_allowed


@pytest.mark.parametrize("name", ALLOWED)
def test_they_can_do_their_job(world: World, name: str) -> None:
    assert [one for one in ALLOWED[name] if not is_allowed(world, name, *one)] == []


@pytest.mark.parametrize("name", DENIED)
def test_they_can_do_no_more(world: World, name: str) -> None:
    assert [one for one in DENIED[name] if is_allowed(world, name, *one)] == []


def test_each_of_them_has_a_token_and_a_sentence(world: World) -> None:
    assert set(world.people) == set(ALLOWED)
    assert len({one.token for one in world.people.values()}) == len(ALLOWED)
    assert all(one.about for one in world.people.values())
