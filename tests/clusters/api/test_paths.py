"""API paths: a name in a path is quoted or refused, and leads nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusters.api.connection import Server
from clusters.api.errors import BadRequest
from clusters.api.paths import checked_path, resource_path, url
from clusters.api.resource_attributes import ResourceAttributes
from tests.clusters.api.calls import BOTH, fetch, make_connection
from tests.clusters.api.faults import FaultServer, respond_with

BAD_SEGMENTS = ["", ".", "..", "a/b", "a%2fb", "a%b", "a\\b", "a\x00", "a\nb", "\x7f"]


PODS = ResourceAttributes("list", version="v1", resource="pods")
POD = replace(PODS, verb="get", namespace="shop", name="web")
DEPLOYMENTS = ResourceAttributes("list", "apps", "v1", "deployments", namespace="shop")


@pytest.mark.parametrize(
    ("attributes", "method", "path"),
    [
        (PODS, "GET", "/api/v1/pods"),
        (replace(PODS, verb="watch", name="web"), "GET", "/api/v1/pods"),
        (DEPLOYMENTS, "GET", "/apis/apps/v1/namespaces/shop/deployments"),
        (
            replace(DEPLOYMENTS, verb="create", name="web"),
            "POST",
            "/apis/apps/v1/namespaces/shop/deployments",
        ),
        (
            replace(DEPLOYMENTS, verb="deletecollection"),
            "DELETE",
            "/apis/apps/v1/namespaces/shop/deployments",
        ),
        (POD, "GET", "/api/v1/namespaces/shop/pods/web"),
        (replace(POD, verb="update"), "PUT", "/api/v1/namespaces/shop/pods/web"),
        (replace(POD, verb="delete"), "DELETE", "/api/v1/namespaces/shop/pods/web"),
        (replace(POD, subresource="log"), "GET", "/api/v1/namespaces/shop/pods/web/log"),
        (replace(POD, verb="create", subresource="exec"), "POST", "/api/v1/namespaces/shop/pods/web/exec"),
        (
            replace(POD, verb="create", subresource="eviction"),
            "POST",
            "/api/v1/namespaces/shop/pods/web/eviction",
        ),
        (
            replace(DEPLOYMENTS, verb="patch", name="web", subresource="scale"),
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/web/scale",
        ),
        (replace(PODS, verb="get", resource="namespaces", name="shop"), "GET", "/api/v1/namespaces/shop"),
        (
            replace(POD, verb="update", resource="namespaces", subresource="finalize", name="shop"),
            "PUT",
            "/api/v1/namespaces/shop/finalize",
        ),
    ],
)
def test_it_builds_method_and_path_from_the_attributes(
    attributes: ResourceAttributes, method: str, path: str
) -> None:
    assert (attributes.method, resource_path(attributes)) == (method, path)


@pytest.mark.parametrize("verb", ["get", "update", "patch", "delete"])
def test_a_verb_for_one_object_never_reaches_the_collection(verb: str) -> None:
    with pytest.raises(BadRequest, match=f"“{verb}” needs the name"):
        resource_path(replace(POD, verb=verb, name=""))


@pytest.mark.parametrize(
    "attributes",
    [
        replace(POD, verb="deletecollection"),
        replace(POD, verb="deletecollection", name="", subresource="status"),
        replace(POD, verb="create", name="", subresource="exec"),
        replace(PODS, subresource="log"),
    ],
)
def test_it_refuses_attributes_that_fit_no_path(attributes: ResourceAttributes) -> None:
    with pytest.raises(BadRequest):
        resource_path(attributes)


@pytest.mark.parametrize("verb", ["*", "bind", "impersonate", ""])
def test_a_verb_that_is_only_reviewed_has_no_method(verb: str) -> None:
    with pytest.raises(BadRequest, match="no request"):
        _ = replace(POD, verb=verb).method


def test_it_quotes_what_names_may_hold() -> None:
    path = resource_path(
        ResourceAttributes("get", "rbac.authorization.k8s.io", "v1", "clusterroles", name="system:über #1?")
    )
    assert path == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:%C3%BCber%20%231%3F"
    assert checked_path(path) == path


@pytest.mark.parametrize("segment", BAD_SEGMENTS)
@pytest.mark.parametrize("part", ["group", "version", "resource", "namespace", "name", "subresource"])
def test_it_refuses_a_segment_that_is_none(part: str, segment: str) -> None:
    if segment == "" and part in ("group", "namespace", "subresource"):
        return  # none of its own is what these mean when they are empty
    parts = {
        "group": "g",
        "version": "v1",
        "resource": "p",
        "namespace": "n",
        "name": "x",
        "subresource": "s",
    }
    with pytest.raises(BadRequest):
        resource_path(ResourceAttributes("get", **(parts | {part: segment})))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "api",
        "//evil.example/api",
        "/api//v1",
        "/api/v1//",
        "/api/../x",
        "/api/..",
        "/./api",
        "/api/%2e%2e/x",
        "/api/%2E./x",
        "/api/%252e%252e/x",
        "/api%2fv1",
        "/api%5cv1",
        "/api\\v1",
        "/api/v1?watch=1",
        "/api#x",
        "/api/%00",
        "/api/%0d%0aX-Evil:%201",
        "/api/ x",
        "/api/é",
        "/api/%ff",
        "/api/%g1",
        "https://evil.example/",
    ],
)
def test_it_refuses_a_path_that_is_not_canonical(path: str) -> None:
    with pytest.raises(BadRequest):
        checked_path(path)


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/",
        "/apis/g/v1/p/a%20b",
        "/api/v1/namespaces/x/services/http:web:80/proxy/",
        "/x/%C3%BC~;,=",
        "/x/%41%7E",
    ],
)
def test_it_sends_exactly_the_bytes_that_it_checked(how: str, path: str) -> None:
    with FaultServer(respond_with(200)) as server:
        fetch(how, make_connection(server, url=f"{server.url}/k8s/clusters/c-1"), path)
        assert server.requests[0].target == f"/k8s/clusters/c-1{path}"


def test_it_encodes_queries_whole() -> None:
    query = [("labelSelector", "env in (a,b),!c"), ("command", "a;b"), ("command", "ü&x")]
    assert url(Server("https://h/"), "/api", query) == (
        "https://h/api?labelSelector=env%20in%20%28a%2Cb%29%2C%21c&command=a%3Bb&command=%C3%BC%26x"
    )
