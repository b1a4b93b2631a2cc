"""API paths: a name in a path is quoted or refused, and leads nowhere else."""

from __future__ import annotations

import pytest

from clusters.api.connection import Server
from clusters.api.errors import BadRequest
from clusters.api.paths import checked_path, resource_path, url
from tests.clusters.api.calls import BOTH, fetch, make_connection
from tests.clusters.api.faults import FaultServer, respond_with

BAD_SEGMENTS = ["", ".", "..", "a/b", "a%2fb", "a%b", "a\\b", "a\x00", "a\nb", "\x7f"]


def test_it_builds_the_paths_of_the_api() -> None:
    assert resource_path("", "v1", "pods") == "/api/v1/pods"
    assert (
        resource_path("apps", "v1", "deployments", namespace="shop")
        == "/apis/apps/v1/namespaces/shop/deployments"
    )
    assert (
        resource_path("", "v1", "pods", namespace="shop", name="web", subresource="log")
        == "/api/v1/namespaces/shop/pods/web/log"
    )
    assert (
        resource_path("", "v1", "nodes", name="n", subresource="proxy/metrics")
        == "/api/v1/nodes/n/proxy/metrics"
    )


def test_it_quotes_what_names_may_hold() -> None:
    path = resource_path("rbac.authorization.k8s.io", "v1", "clusterroles", name="system:über #1?")
    assert path == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:%C3%BCber%20%231%3F"
    assert checked_path(path) == path


@pytest.mark.parametrize("segment", BAD_SEGMENTS)
@pytest.mark.parametrize("part", ["group", "version", "plural", "namespace", "name", "subresource"])
def test_it_refuses_a_segment_that_is_none(part: str, segment: str) -> None:
    parts = {"group": "g", "version": "v1", "plural": "p", "namespace": "n", "name": "x", "subresource": "s"}
    if segment == "" and part in ("group", "namespace", "subresource"):
        return  # none of its own is what these mean when they are empty
    if segment == "a/b" and part == "subresource":
        return  # pods/x/proxy/path
    if segment == "" and part == "name":
        parts["subresource"] = "s"
    with pytest.raises(BadRequest):
        resource_path(**(parts | {part: segment}))


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
