"""May each of a world's people do what they are for, and no more?"""

from __future__ import annotations

import pytest

from simulator.requests.authentication import User
from simulator.requests.rbac import Attributes
from simulator.worlds.world import World, build

RBAC = "rbac.authorization.k8s.io"
SECRETS = [("get", "", "secrets", ns) for ns in ("shop", "payments", "kube-system")]
# (verb, group, resource/subresource, namespace)
MAY = {
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
MAY_NOT = {
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


def may(world: World, name: str, verb: str, group: str, resource: str, namespace: str) -> bool:
    person = world.people[name]
    plural, _, part = resource.partition("/")
    asked = Attributes(verb, group, plural, part, namespace)
    return world.cluster.rbac.decide(User(name, (*person.groups, "system:authenticated")), asked).is_allowed


@pytest.mark.parametrize("name", MAY)
def test_they_may_do_what_they_are_for(world: World, name: str) -> None:
    assert [one for one in MAY[name] if not may(world, name, *one)] == []


@pytest.mark.parametrize("name", MAY_NOT)
def test_they_may_do_no_more(world: World, name: str) -> None:
    assert [one for one in MAY_NOT[name] if may(world, name, *one)] == []


def test_each_of_them_has_a_token_and_a_sentence(world: World) -> None:
    assert set(world.people) == set(MAY)
    assert len({one.token for one in world.people.values()}) == len(MAY)
    assert all(one.about for one in world.people.values())
