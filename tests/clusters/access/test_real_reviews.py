"""Access reviews on a real API server: they agree with kubectl and with what a list answers."""

from __future__ import annotations

import pytest

from clusters.access import reviews
from clusters.access.reviews import Budget, review
from clusters.api import errors
from clusters.api.client import Client
from clusters.api.resource_attributes import ResourceAttributes
from tests.clusters.access.test_reviews import PODS
from tests.clusters.api.calls import connect_as
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS

QUESTIONS = [
    ResourceAttributes("list", resource="pods", namespace="shop"),
    ResourceAttributes("list", resource="pods", namespace="pay"),
    ResourceAttributes("list", resource="pods"),
    ResourceAttributes("list", resource="namespaces"),
    ResourceAttributes("list", resource="nodes"),
    ResourceAttributes("list", resource="secrets", namespace="shop"),
    ResourceAttributes("get", resource="secrets", namespace="shop", name="web"),
    ResourceAttributes("get", resource="namespaces", name="shop"),
    ResourceAttributes("get", resource="namespaces", name="ops"),
    ResourceAttributes("create", resource="pods", subresource="exec", namespace="shop", name="x"),
    ResourceAttributes("patch", "apps", "v1", "deployments", namespace="shop", name="web"),
    ResourceAttributes("list", "example.com", "v1", "widgets", namespace="shop"),
    ResourceAttributes("list", "example.com", "v1", "gadgets", namespace="shop"),
    ResourceAttributes("list", "rbac.authorization.k8s.io", "v1", "roles", namespace="shop"),
]


@pytest.mark.parametrize("name", [one.name for one in USERS])
def test_each_user_has_the_permissions_that_kubectl_reports(controlplane: ControlPlane, name: str) -> None:
    connection = connect_as(controlplane, name)
    found = review(connection, Client(connection), QUESTIONS, Budget())
    assert {check: answer.state for check, answer in found.items()} == {
        check: "allowed" if _can_i(controlplane, name, check) else "denied" for check in QUESTIONS
    }


def _can_i(plane: ControlPlane, name: str, check: ResourceAttributes) -> bool:
    """`kubectl auth can-i`, for one Namespace with that namespace, as the real call would have it."""
    kind = f"{check.resource}.{check.group}" if check.group else check.resource
    thing = f"{kind}/{check.name}" if check.name else kind
    namespace = check.name if check.resource == "namespaces" else check.namespace
    where = ["-n", namespace] if namespace else ["-A"]
    sub = [f"--subresource={check.subresource}"] if check.subresource else []
    printed = plane.kubectl("auth", "can-i", check.verb, thing, *where, *sub, person=name, check=False)
    return printed.strip().splitlines()[-1] == "yes"


def test_lists_agree_with_their_reviews(controlplane: ControlPlane) -> None:
    """The real call is the judge: a list is 403 exactly where its review was denied."""
    for name in ("dana", "rene", "stan", "aude"):
        connection = connect_as(controlplane, name)
        client = Client(connection)
        lists = [check for check in QUESTIONS if check.verb == "list" and not check.group]
        for check, answer in review(connection, client, lists, Budget()).items():
            where = f"/namespaces/{check.namespace}" if check.namespace else ""
            try:
                client.get(f"/api/v1{where}/{check.resource}", query=[("limit", "1")])
                real = "allowed"
            except errors.Forbidden:
                real = "denied"
            assert (name, check, answer.state) == (name, check, real)


def test_an_allowed_answer_names_its_binding(controlplane: ControlPlane) -> None:
    connection = connect_as(controlplane, "dana")
    answer = review(connection, Client(connection), [PODS], Budget())[PODS]
    assert 'RoleBinding "dana-edit/shop"' in answer.reason


def test_a_real_review_refuses_a_misspelt_field(controlplane: ControlPlane) -> None:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    spec = {"resourceAttributes": {"verb": "list", "ressource": "pods"}}
    with pytest.raises(errors.BadRequest):
        Client(connect_as(controlplane, "dana")).post(
            reviews.REVIEW_PATH, body | {"spec": spec}, query=reviews.STRICT
        )
