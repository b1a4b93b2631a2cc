"""Resource attributes: a request is read as Kubernetes reads it, and goes where its attributes say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusters.api.paths import resource_path
from clusters.api.resource_attributes import METHODS, ResourceAttributes, parse_attributes
from clusters.discovery import Resource

Query = tuple[tuple[str, str], ...]
PODS = Resource("", "v1", "pods", "Pod", namespaced=True, verbs=frozenset())
NODES = Resource("", "v1", "nodes", "Node", namespaced=False, verbs=frozenset())
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False, verbs=frozenset())
WIDGETS = Resource("example.com", "v1", "widgets", "Widget", namespaced=True, verbs=frozenset())

REQUESTS: list[tuple[str, str, Query, ResourceAttributes]] = [
    ("GET", "/api/v1/pods", (), ResourceAttributes("list", "", "v1", "pods")),
    ("GET", "/api/v1/pods", (("watch", "true"),), ResourceAttributes("watch", "", "v1", "pods")),
    (
        "GET",
        "/api/v1/namespaces/shop",
        (),
        ResourceAttributes("get", "", "v1", "namespaces", "", "shop", "shop"),
    ),
    ("GET", "/api/v1/namespaces", (), ResourceAttributes("list", "", "v1", "namespaces")),
    (
        "PUT",
        "/api/v1/namespaces/shop/finalize",
        (),
        ResourceAttributes("update", "", "v1", "namespaces", "finalize", "shop", "shop"),
    ),
    (
        "PATCH",
        "/apis/apps/v1/namespaces/shop/deployments/web/scale",
        (),
        ResourceAttributes("patch", "apps", "v1", "deployments", "scale", "shop", "web"),
    ),
    (
        "DELETE",
        "/apis/apps/v1/namespaces/shop/deployments",
        (),
        ResourceAttributes("deletecollection", "apps", "v1", "deployments", "", "shop"),
    ),
    (
        "GET",
        "/api/v1/namespaces/shop/pods",
        (("fieldSelector", "metadata.name=web-0"), ("watch", "1")),
        ResourceAttributes("watch", "", "v1", "pods", "", "shop", "web-0"),
    ),
    (
        "GET",
        "/api/v1/namespaces/shop/pods",
        (("fieldSelector", "metadata.name=web-0"),),
        ResourceAttributes("list", "", "v1", "pods", "", "shop", "web-0"),
    ),
    (
        "DELETE",
        "/api/v1/namespaces/shop/pods",
        (("fieldSelector", "metadata.name=web-0"),),
        ResourceAttributes("deletecollection", "", "v1", "pods", "", "shop"),
    ),
    (
        "GET",
        "/api/v1/namespaces/shop/pods/web-0/log",
        (("watch", "true"),),
        ResourceAttributes("get", "", "v1", "pods", "log", "shop", "web-0"),
    ),
    (
        "GET",
        "/api/v1/watch/namespaces/shop/pods/web-0",
        (),
        ResourceAttributes("watch", "", "v1", "pods", "", "shop", "web-0"),
    ),
    ("GET", "/apis/x.io/v1/as/b%3Ac", (), ResourceAttributes("get", "x.io", "v1", "as", "", "", "b:c")),
    ("GET", "/version", (), ResourceAttributes("get", name="/version")),
    ("GET", "/apis/apps/v1", (), ResourceAttributes("get", name="/apis/apps/v1")),
    ("POST", "/api/v1/nodes", (), ResourceAttributes("create", "", "v1", "nodes")),
]


@pytest.mark.parametrize(("method", "path", "query", "read"), REQUESTS)
def test_it_reads_a_request_as_kubernetes_does(
    method: str, path: str, query: Query, read: ResourceAttributes
) -> None:
    assert parse_attributes(method, path, query) == read


@pytest.mark.parametrize("verb", METHODS)
@pytest.mark.parametrize("resource", [PODS, NODES, NAMESPACES, WIDGETS], ids=lambda one: one.kind)
def test_a_request_is_authorized_as_what_it_was_built_from(resource: Resource, verb: str) -> None:
    attributes = resource.attributes(verb, "shop", "" if verb == "deletecollection" else "web")
    query = (("watch", "true"),) if verb == "watch" else ()
    read = parse_attributes(attributes.method, resource_path(attributes), query)
    assert read == replace(attributes, name="" if attributes.is_of_collection else "web")


def test_a_namespace_is_in_the_namespace_of_its_own_name() -> None:
    one = NAMESPACES.attributes("patch", "other", "shop", "status")
    assert (one.namespace, one.name, resource_path(one)) == ("shop", "shop", "/api/v1/namespaces/shop/status")
    assert NAMESPACES.attributes("create", "other", "shop").namespace == ""
    assert NODES.attributes("get", "other", "n").namespace == ""
